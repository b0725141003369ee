/** The budget of a session: what may be spent, how it is measured, and which variant a probe goes to. */
import type { Processor } from '../core/cost-facts.ts';
import type { Selected } from '../probes/types.ts';
import type { Budget, CostMeter } from '../session/ports.ts';
import { createSteps, type Ladder } from './ladder.ts';

export type BudgetOptions = {
  /** Of each CPU at work; null for no limit. */
  readonly share: number | null;
  readonly processor: Processor;
  readonly ladders: readonly Ladder[];
  /** Reported which variant a probe has from now on. */
  readonly take: (probe: string, rung: Selected) => void;
  readonly createMeter: () => CostMeter | null;
};

/** Without a limit the cost is estimated and reported; nothing is measured, and no setting touched. */
export const createBudget = ({ share, processor, ladders, take, createMeter }: BudgetOptions): Budget => {
  const steps = createSteps(ladders, share, (probe, rung) => {
    if (rung !== null) take(probe, rung);
  });
  // Measuring switches the kernel's code, and an emulator was seen to run into what is being switched (ADR 0015).
  const meter = share === null || processor.isEmulated ? null : createMeter();
  return { meter, share, processor, observe: steps.observe };
};

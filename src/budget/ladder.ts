/**
 * The variants of each probe that the budget may choose among: the one selected for this host, those its manifest
 * calls cheaper, one after the other, and in the end none.
 */
import type { CostBasis, ProbeInUse } from '../core/record.ts';
import type { HostFacts } from '../host/facts.ts';
import type { TargetRequest } from '../host/targets.ts';
import { findVariant } from '../probes/catalogue.ts';
import { selectProbes } from '../probes/choose.ts';
import { estimatesOf } from '../probes/in-use.ts';
import type { Selected } from '../probes/types.ts';
import type { BudgetReading, BudgetStep } from './governor.ts';
import { createGovernor } from './governor.ts';

/** The most informative first. */
export type Ladder = readonly Selected[];

export const laddersOf = (
  selected: readonly Selected[],
  facts: HostFacts,
  request: TargetRequest,
): Promise<readonly Ladder[]> =>
  Promise.all(selected.filter(({ variant }) => variant !== null).map((top) => ladderOf(top, facts, request)));

const ladderOf = async (top: Selected, facts: HostFacts, request: TargetRequest): Promise<Ladder> => {
  const { manifest, folder, scripts } = top;
  const rungs = [top];
  for (let name = top.variant?.cheaper; name !== undefined; name = findVariant(manifest, name).cheaper) {
    const entry = { manifest, folder, ...(scripts === undefined ? {} : { scripts }) };
    const [rung] = await selectProbes([entry], new Map([[manifest.id, name]]), facts, request);
    if (rung !== undefined && rung.variant !== null) rungs.push(rung);
  }
  return rungs;
};

export type Steps = {
  /** The probes that must change now, as they will be. */
  observe(reading: BudgetReading & { readonly by: CostBasis }): readonly ProbeInUse[];
};

/** @param take is given which variant a probe has from now on; null when it is dropped */
export const createSteps = (
  ladders: readonly Ladder[],
  share: number | null,
  take: (probe: string, rung: Selected | null) => void,
): Steps => {
  const byProbe = new Map(ladders.map((ladder) => [ladder[0]?.manifest.id ?? '', ladder]));
  if (share === null) return { observe: () => [] };
  const governor = createGovernor(
    [...byProbe].map(([probe, ladder]) => ({ probe, rungs: ladder.length + 1 })),
    share,
  );
  return {
    observe: (reading) =>
      governor.observe(reading).flatMap((step) => {
        const ladder = byProbe.get(step.probe);
        if (ladder === undefined) return [];
        take(step.probe, ladder[step.rung] ?? null);
        return [standingAt(ladder, step, reading.by)];
      }),
  };
};

const standingAt = (ladder: Ladder, step: BudgetStep, by: CostBasis): ProbeInUse => {
  const rung = ladder[step.rung];
  const counts = (one: Selected | undefined): string[] => Object.keys(one?.variant?.counts ?? {});
  const now = new Set(counts(rung));
  const uncounted = counts(ladder[0])
    .filter((name) => !now.has(name))
    .map((name) => `${step.probe}.${name}`);
  return {
    id: step.probe,
    variant: rung?.variant?.id ?? null,
    state: rung === undefined ? 'detached' : 'attached',
    reason: reasonOf(step, by),
    ...(uncounted.length === 0 ? {} : { uncounted }),
    ...(rung === undefined ? {} : estimatesOf(rung)),
  };
};

const reasonOf = ({ direction, share, limit }: BudgetStep, by: CostBasis): string =>
  direction === 'down'
    ? `over the budget: its events took ${by === 'measured' ? '' : 'about '}${percent(share)} of a CPU, all probes may take ${percent(limit)}`
    : 'back: all probes together took less than half of the budget';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

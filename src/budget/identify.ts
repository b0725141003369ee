/**
 * Whose the programs are that a tracer holds. bpftrace keeps them in the order of the script, each kind for itself; where
 * their number is not the one expected, nothing is guessed: a program is any of those that have one of its kind.
 */
import type { AttachedProgram, ProgramCost } from '../core/cost-facts.ts';
import { isProvider, PROVIDERS } from '../probes/provider.ts';

export type Identified = {
  readonly program: ProgramCost;
  /** What it may be: one of the script, where their numbers agree. */
  readonly points: readonly AttachedProgram[];
};

export const identify = (
  script: readonly AttachedProgram[],
  held: readonly ProgramCost[],
): readonly Identified[] =>
  [...new Set(held.map(({ kind }) => kind))].flatMap((kind) => {
    const programs = held.filter((program) => program.kind === kind);
    const points = script.filter(({ provider }) => isProvider(provider) && PROVIDERS[provider] === kind);
    const isKnown = points.length === programs.length;
    return programs.map((program, index) => ({
      program,
      points: isKnown ? points.slice(index, index + 1) : points,
    }));
  });

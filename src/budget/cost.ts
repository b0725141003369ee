/**
 * What the probes cost those who run into them. The kernel measures how long each BPF program runs; what it takes to
 * get there (the event's record, a breakpoint, a trampoline) it does not, so that is added per run, by the kind of
 * attach point, from a table measured by `npm run overhead`.
 */
import type { AttachedProgram, Processor, ProgramCost } from '../core/cost-facts.ts';
import { isProvider, type Provider } from '../probes/provider.ts';
import { identify } from './identify.ts';

/** What the runs of one program, or of several that nothing distinguishes, came to. */
export type Measured = {
  readonly owner: string | null;
  readonly provider: string;
  readonly runs: number;
  /** Run time and traps together. */
  readonly ns: number;
};

/** What one run takes beside the program, in ns. */
const TRAP_NS: Readonly<Record<Provider, number>> = {
  fentry: 30,
  fexit: 50,
  interval: 200,
  kfunc: 30,
  kprobe: 150,
  kretfunc: 50,
  kretprobe: 250,
  rawtracepoint: 40,
  software: 200,
  tracepoint: 120,
  uprobe: 2_000,
  uretprobe: 3_000,
  usdt: 2_000,
};

/** A breakpoint in a virtual machine leaves it and comes back: 13 µs where it was measured. */
const VIRTUAL_UPROBE_FACTOR = 6;
/** The program itself, where it was not measured: a look into a map or two, and a count. */
const TYPICAL_RUN_NS = 150;
/**
 * How much longer the same takes where every instruction is emulated: two programs of `inode` that take 0.2 and 0.4 µs
 * took 3.6 and 9.2 µs in a guest of kernel 6.1 under TCG.
 */
const EMULATED_FACTOR = 20;

/** What one run takes, program and all, before it was ever measured here. */
export const typicalRunNs = (provider: string, processor: Processor): number =>
  (trapOf(provider, processor) + TYPICAL_RUN_NS) * (processor.isEmulated ? EMULATED_FACTOR : 1);

/** What ran between two readings of the same programs. */
export const costsBetween = (
  script: readonly AttachedProgram[],
  before: readonly ProgramCost[],
  after: readonly ProgramCost[],
  processor: Processor,
): readonly Measured[] => {
  const earlier = new Map(before.map((program) => [program.id, program]));
  return identify(script, after).map(({ program, points }): Measured => {
    const owners = new Set(points.map(({ owner }) => owner));
    const provider = points[0]?.provider ?? '';
    const start = earlier.get(program.id);
    const runs = program.runs - (start?.runs ?? 0);
    const ns = program.runNs - (start?.runNs ?? 0) + runs * trapOf(provider, processor);
    return { owner: owners.size === 1 ? (points[0]?.owner ?? null) : null, provider, runs, ns };
  });
};

const trapOf = (provider: string, { isVirtual, isEmulated }: Processor): number => {
  const trapNs = isProvider(provider) ? TRAP_NS[provider] : 0;
  const isBreakpoint = provider === 'uprobe' || provider === 'uretprobe' || provider === 'usdt';
  return isVirtual && !isEmulated && isBreakpoint ? trapNs * VIRTUAL_UPROBE_FACTOR : trapNs;
};

/**
 * What the probes cost those who run into them. The kernel measures how long each BPF program runs; what it takes to
 * get there (the event's record, a breakpoint, a trampoline) it does not, so that is added per run, by the kind of
 * attach point, from a table measured by `npm run overhead`. bpftrace keeps its programs in the order of the script,
 * each kind for itself; where their number is not the one expected, nothing is guessed: a kind that belongs to one
 * probe alone is that probe's, any other is nobody's.
 */
export type ProgramKind = 'tracepoint' | 'perf' | 'probe' | 'raw' | 'fentry' | 'other';

/** One program, cumulative while statistics are on. */
export type ProgramCost = {
  readonly id: string;
  readonly kind: ProgramKind;
  readonly runNs: number;
  readonly runs: number;
};

/** One attach point of a script. */
export type AttachedProgram = {
  /** The probe, or null for the frame. */
  readonly owner: string | null;
  /** What stands before the first colon of the attach point: `tracepoint`, `uprobe`. */
  readonly provider: string;
};

/** Which kind of program each provider makes, and what one run takes beside the program, in ns. */
const PROVIDERS: Readonly<Record<string, { readonly kind: ProgramKind; readonly trapNs: number }>> = {
  fentry: { kind: 'fentry', trapNs: 30 },
  fexit: { kind: 'fentry', trapNs: 50 },
  interval: { kind: 'perf', trapNs: 200 },
  kfunc: { kind: 'fentry', trapNs: 30 },
  kprobe: { kind: 'probe', trapNs: 150 },
  kretfunc: { kind: 'fentry', trapNs: 50 },
  kretprobe: { kind: 'probe', trapNs: 250 },
  rawtracepoint: { kind: 'raw', trapNs: 40 },
  software: { kind: 'perf', trapNs: 200 },
  tracepoint: { kind: 'tracepoint', trapNs: 120 },
  uprobe: { kind: 'probe', trapNs: 2_000 },
  uretprobe: { kind: 'probe', trapNs: 3_000 },
  usdt: { kind: 'probe', trapNs: 2_000 },
};

/** A breakpoint in a virtual machine leaves it and comes back: 13 µs where it was measured. */
const VIRTUAL_UPROBE_FACTOR = 6;

/** Owner to ns, run time and traps together, between two readings of the same programs; under null what is nobody's. */
export const costByOwner = (
  script: readonly AttachedProgram[],
  before: readonly ProgramCost[],
  after: readonly ProgramCost[],
  isVirtual: boolean,
): ReadonlyMap<string | null, number> => {
  const costs = new Map<string | null, number>();
  const earlier = new Map(before.map((program) => [program.id, program]));
  for (const kind of new Set(after.map((program) => program.kind))) {
    const programs = after.filter((program) => program.kind === kind);
    const points = script.filter(({ provider }) => PROVIDERS[provider]?.kind === kind);
    const owners = new Set(points.map(({ owner }) => owner));
    for (const [index, program] of programs.entries()) {
      const point =
        points.length === programs.length ? points[index] : owners.size === 1 ? points[0] : undefined;
      const start = earlier.get(program.id);
      const runs = program.runs - (start?.runs ?? 0);
      const runNs = program.runNs - (start?.runNs ?? 0);
      const owner = point?.owner ?? null;
      const trapNs = trapOf(point?.provider ?? points[0]?.provider, isVirtual);
      costs.set(owner, (costs.get(owner) ?? 0) + runNs + runs * trapNs);
    }
  }
  return costs;
};

const trapOf = (provider: string | undefined, isVirtual: boolean): number => {
  const { trapNs } = PROVIDERS[provider ?? ''] ?? { trapNs: 0 };
  const isBreakpoint = provider === 'uprobe' || provider === 'uretprobe' || provider === 'usdt';
  return isVirtual && isBreakpoint ? trapNs * VIRTUAL_UPROBE_FACTOR : trapNs;
};

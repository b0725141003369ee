/** What is known of the cost of tracing: programs and their runs, and the machine they run on. */
export type ProgramKind = 'tracepoint' | 'perf' | 'probe' | 'raw' | 'fentry' | 'other';

/** One program, cumulative while statistics are on. */
export type ProgramCost = {
  readonly id: string;
  readonly kind: ProgramKind;
  readonly runNs: number;
  readonly runs: number;
  /** Runs that the kernel skipped since it was loaded, because a program ran on that CPU already; 0 where it does not say (before 5.12). */
  readonly missed: number;
};

/** One attach point of a script. */
export type AttachedProgram = {
  /** The probe, or null for the frame. */
  readonly owner: string | null;
  /** What stands before the first colon of the attach point: `tracepoint`, `uprobe`. */
  readonly provider: string;
  /** Metric ids of what may be wrong where a run of it was skipped. */
  readonly metrics: readonly string[];
};

/** What the machine is, as far as it decides what a run costs. */
export type Processor = {
  /** A breakpoint leaves a virtual machine and comes back. */
  readonly isVirtual: boolean;
  /** Every instruction is emulated: all of it takes longer, and the kernel's code is not patched unless it must be. */
  readonly isEmulated: boolean;
};

/** One metric whose counts stand for runs. */
export type CountedRuns = {
  /** Metric id: of a probe, or of the host. */
  readonly metric: string;
  readonly owner: string;
  /** Provider to runs for one count. */
  readonly runs: Readonly<Record<string, number>>;
};

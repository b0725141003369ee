/** What a living process of this machine can be asked on demand, beyond what is recorded of it (host/inspect.ts). */
export type OpenFile = {
  readonly path: string;
  readonly sizeBytes: number;
  /** In how many pieces it lies; null where nobody asked yet, or nobody can say and `problem` says why. */
  readonly extents: number | null;
  readonly problem: string | null;
};

export type Inspection = {
  readonly pid: number;
  readonly user: string | null;
  /** One letter of /proc/PID/stat. */
  readonly state: string | null;
  /** The kernel function it sleeps in; null when it runs, or may not be read. */
  readonly waitChannel: string | null;
  /** Innermost first; empty unless it is in D state. */
  readonly kernelStack: readonly string[];
  readonly stackProblem: string | null;
  /** The largest regular files it has open. */
  readonly files: readonly OpenFile[];
  readonly moreFiles: number;
  readonly filesProblem: string | null;
};

/** Asked while the page of a process is open, one at a time. Never rejects; null when it is gone. */
export type Inspect = (
  pid: number,
  startMs: number | null,
  wantExtents: boolean,
) => Promise<Inspection | null>;

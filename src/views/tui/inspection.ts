/** What a living process of this machine can be asked on demand, beyond what is recorded of it. */
export type OpenFile = {
  readonly path: string;
  readonly sizeBytes: number | null;
  /** How many pieces it lies in; null where nobody here can tell, `reason` says why. */
  readonly extents: number | null;
  readonly reason?: string | undefined;
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

/** Asked while the page is open, never for more than one process at a time. Never rejects. */
export type Inspect = (pid: number, startMs: number | null) => Promise<Inspection | null>;

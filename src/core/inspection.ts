/** What a living process of this machine can be asked on demand, beyond what is recorded of it (host/inspect.ts). */
import type { ExtentCount } from './file-extents.ts';

/** Without a count and a problem, nobody asked yet. */
export type OpenFile = ExtentCount & {
  readonly path: string;
  readonly sizeBytes: number;
  /** Which file it is, while its name may come to mean another; absent where the file system does not say. */
  readonly birth?: FileBirth | undefined;
};

export type FileBirth = { readonly ino: number; readonly bornMs: number };

export type Thread = {
  readonly tid: number;
  readonly comm: string;
  /** One letter. */
  readonly state: string;
  /** Since it began, user and system, in steps of 10 ms. */
  readonly cpuMs: number;
  /** The kernel function it sleeps in; null when it runs, or may not be read. */
  readonly waitChannel: string | null;
};

export type ThreadList = {
  readonly threads: readonly Thread[];
  /** That are not listed; of those, some may not even have been looked at. */
  readonly more: number;
  readonly unread: number;
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
  /** null when nobody asked for them. */
  readonly threads: ThreadList | null;
};

/** What costs the host something, and is asked for by a key. */
export type Wanted = { readonly extents: boolean; readonly threads: boolean };

/** Asked while the page of a process is open, one at a time. Never rejects; null when it is gone. */
export type Inspect = (pid: number, startMs: number | null, wanted: Wanted) => Promise<Inspection | null>;

/**
 * What comes with the tool besides its code: probes, recordings, runbooks, pages. Nobody asks where it lies: beside the
 * modules in a checkout, or within the one file that carries everything.
 */
export type Assets = {
  readonly version: string;
  /** The names in a folder of it, in order; none when there is no such folder. */
  names(folder: string): readonly string[];
  /** Throws what the system says, or an Error, when it is not there. */
  bytes(path: string): Buffer;
  text(path: string): string;
  /** As a user is shown it. */
  place(path: string): string;
};

/**
 * Processes that live, whether or not a probe counts them: one without a row reads as one that does nothing, though it
 * may burn a CPU, or do what a probe cannot see of it. One that lives and dies between two looks is not found.
 */

/** A young process may still be loading its program: it is looked at once more. */
const GROWN_US = 1_000_000;
/** Of each sample: reading one takes some 0.1 ms, and at the start all are new. */
const MAX_LOOKS = 512;

export type Newcomers = {
  /**
   * Each new process once, and once more when it has grown.
   * @param living PIDs, in any order
   * @param isWanted whether it belongs to the session
   */
  find(living: readonly number[], bootUs: number, isWanted: (pid: number) => boolean): readonly number[];
  /** It is gone; who has its PID by now is another. */
  forget(pid: number): void;
  /** Nobody is known any more: whoever lives is new. */
  restart(): void;
};

export const createNewcomers = (): Newcomers => {
  /** PID to when it is looked at once more; never for those that were. */
  let seen = new Map<number, number>();
  return {
    find: (living, bootUs, isWanted) => {
      const still = new Map<number, number>();
      const due: number[] = [];
      for (const pid of living) {
        const againUs = seen.get(pid);
        const isDue = againUs === undefined || againUs <= bootUs;
        if (isDue && due.length < MAX_LOOKS) {
          due.push(pid);
          still.set(pid, againUs === undefined ? bootUs + GROWN_US : Number.POSITIVE_INFINITY);
        } else if (againUs !== undefined) still.set(pid, againUs);
      }
      seen = still;
      return due.filter(isWanted);
    },
    forget: (pid) => {
      seen.delete(pid);
    },
    restart: () => {
      seen = new Map();
    },
  };
};

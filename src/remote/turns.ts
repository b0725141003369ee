/**
 * Which processes are read for the next block. Those nobody has read yet come first, then those that did something when they
 * were last read, then the others in turns, the longest unread first; so many that reading takes no more of a CPU there than
 * `MOST_CPU_SHARE`.
 */
export type Turns = {
  next(pids: Iterable<number>): readonly number[];
  /** It was read now; `moved` when it says something else than before. */
  read(pid: number, moved: boolean): void;
  /** It did something when it was read last, or nobody knows; or its size is due all the same. */
  isMoving(pid: number): boolean;
  keepOnly(living: ReadonlySet<number>): void;
  /** What reading has cost there so far, and when. */
  cost(cpuMs: number, atMs: number): void;
};

export const MOST_CPU_SHARE = 0.01;
const FEWEST = 32;
const MOST = 2_048;
const FIRST = 128;
const STEP = 32;
/** What does nothing has a size that changes seldom, and stat says when it does. */
const SIZES_EVERY = 16;
/** Its CPU time is known to 10 ms: over less time than this a share would be noise. */
const SPAN_MS = 5_000;

type Read = { readonly turn: number; readonly moved: boolean };

export const createTurns = (): Turns => {
  const known = new Map<number, Read>();
  let most = FIRST;
  let turn = 0;
  let since: { readonly cpuMs: number; readonly atMs: number } | null = null;

  const urgency = (pid: number): number => {
    const read = known.get(pid);
    if (read === undefined) return Number.NEGATIVE_INFINITY;
    return read.moved ? read.turn - MOST : read.turn;
  };

  return {
    next: (pids) => {
      turn += 1;
      const all = [...pids];
      return all.length <= most
        ? all
        : all
            .map((pid) => ({ pid, at: urgency(pid) }))
            .sort((a, b) => a.at - b.at)
            .slice(0, most)
            .map(({ pid }) => pid);
    },
    read: (pid, moved) => {
      known.set(pid, { turn, moved });
    },
    isMoving: (pid) => (known.get(pid)?.moved ?? true) || (turn + pid) % SIZES_EVERY === 0,
    keepOnly: (living) => {
      for (const pid of known.keys()) if (!living.has(pid)) known.delete(pid);
    },
    cost: (cpuMs, atMs) => {
      if (since !== null && atMs - since.atMs < SPAN_MS) return;
      if (since !== null) {
        const share = (cpuMs - since.cpuMs) / (atMs - since.atMs);
        if (share > MOST_CPU_SHARE) most = Math.max(FEWEST, Math.floor(most * 0.7));
        else if (share < MOST_CPU_SHARE * 0.7) most = Math.min(MOST, most + STEP);
      }
      since = { cpuMs, atMs };
    },
  };
};

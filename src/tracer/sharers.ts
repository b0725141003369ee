/**
 * PIDs that two processes had within one interval. The kernel counts by PID, and of an interval only the sum is known:
 * what one counted before its end cannot be distinguished from what the next counted after its beginning. Who ended is known from
 * the exit lines, which may come after the interval's own maps, so the interval before is remembered too.
 */
export type Life = {
  readonly startMs: number | null;
  readonly comm: string;
  /** null while it lives. */
  readonly exitedUs: number | null;
};

export type Sharing = {
  readonly pid: number;
  /** In the order in which they ended; the last may live. */
  readonly lives: readonly Life[];
  /** Metric to what they counted together. */
  readonly amounts: ReadonlyMap<string, number>;
};

type Interval = {
  readonly fromUs: number;
  readonly toUs: number;
  readonly grown: ReadonlyMap<number, ReadonlyMap<string, number>>;
};

export const createSharers = () => {
  /** Of the last two intervals. */
  const ended = new Map<number, Life[]>();
  let grown = new Map<number, Map<string, number>>();
  let last: Interval | null = null;
  const reported = new Set<string>();

  const sharingIn = ({ fromUs, toUs, grown: by }: Interval, pid: number, owner: Life | null) => {
    const amounts = by.get(pid);
    if (amounts === undefined) return null;
    const lives = (ended.get(pid) ?? []).filter(
      ({ startMs, exitedUs }) => (exitedUs ?? 0) > fromUs && (startMs === null || startMs * 1000 < toUs),
    );
    const isLater = owner !== null && lives.every(({ startMs }) => startMs !== owner.startMs);
    if (isLater && owner.exitedUs === null && (owner.startMs ?? 0) * 1000 < toUs) lives.push(owner);
    if (lives.length < 2) return null;
    const id = `${pid} ${fromUs} ${lives.length}`;
    if (reported.has(id)) return null;
    reported.add(id);
    return { pid, lives, amounts };
  };

  return {
    /** A process ended. What it shared with others in the interval before, if its line came late. */
    ended: (pid: number, life: Life, owner: Life | null): Sharing | null => {
      const lives = ended.get(pid);
      if (lives === undefined) ended.set(pid, [life]);
      else lives.push(life);
      return last === null ? null : sharingIn(last, pid, owner);
    },
    grew: (pid: number, metric: string, by: number): void => {
      const amounts = grown.get(pid);
      if (amounts === undefined) grown.set(pid, new Map([[metric, by]]));
      else amounts.set(metric, (amounts.get(metric) ?? 0) + by);
    },
    /** The interval from the last reading of the tracer to this one is over. */
    close: (fromUs: number, toUs: number, ownerOf: (pid: number) => Life | null): readonly Sharing[] => {
      last = { fromUs, toUs, grown };
      grown = new Map();
      reported.clear();
      const interval = last;
      const sharings = [...ended.keys()].flatMap((pid) => sharingIn(interval, pid, ownerOf(pid)) ?? []);
      for (const [pid, lives] of ended) {
        const kept = lives.filter(({ exitedUs }) => (exitedUs ?? 0) > fromUs);
        if (kept.length === 0) ended.delete(pid);
        else ended.set(pid, kept);
      }
      return sharings;
    },
    restart: (): void => {
      ended.clear();
      grown = new Map();
      last = null;
    },
  };
};

/**
 * What a sample has to say. Each reading of the tracer is compared with the one before, once: what moved, and what each
 * metric grew by. Cumulative values that did not move are left out; every `FULL_EVERY_SAMPLES`th sample carries all of
 * them, so that a reader who missed something is whole again within a minute at 1 s.
 */
import { accountOf, advance, forgetPid, hostStep, type Key, keyOf, type Ledger } from '../core/ledger.ts';
import type { CounterEntry } from '../core/record.ts';

const FULL_EVERY_SAMPLES = 60;

export type Counters = ReadonlyMap<string, readonly CounterEntry[]>;

/** Metric to what it has grown by, over all processes together. */
export type Grown = ReadonlyMap<string, number>;

export type Moved = {
  readonly entry: CounterEntry;
  readonly key: Key;
  /** What the key has grown by since it was last reported. */
  readonly by: number;
  /** false where it is mentioned only because the sample is full. */
  readonly isNews: boolean;
};

export type Compared = {
  readonly grown: Grown;
  /** By metric, the entries that moved (all, in a full sample). */
  readonly moved: ReadonlyMap<string, readonly Moved[]>;
};

export type HostCompared = {
  /** Values that changed (all, in a full sample). */
  readonly changed: Record<string, number>;
  /** Since the last sample for which the tracer was read; empty where it was not read. */
  readonly grown: Grown;
};

export type Changes = {
  /** Begins a sample; true when it must be full. One for which the tracer was not read never is. */
  begin(counted: boolean): boolean;
  /** Compares what was read with the reading before. */
  read(counters: Counters): Compared;
  /**
   * PIDs whose keys the kernel has deleted without a word that reached us: they are in none of these maps, and were in none of the
   * maps that this was asked of last.
   */
  absent(counters: Counters): readonly number[];
  /** The entries of a metric to report; those that are not `wanted` (yet) stay news. */
  report(
    metric: string,
    moved: readonly Moved[],
    wanted: (pid: number) => boolean,
    grew: (pid: number, by: number) => void,
  ): CounterEntry[];
  host(values: Readonly<Record<string, number>>): HostCompared;
  /** Of control groups, values that changed (all, in a full sample); null for nothing. */
  cgroups(values: Counters): Record<string, CounterEntry[]> | null;
  forget(pid: number): void;
  /** A new life of the tracer: every counter starts again. */
  restart(): void;
};

/** @param histograms the metrics of which a forgotten PID has no buckets left */
export const createChanges = (histograms: ReadonlySet<string>): Changes => {
  const ledger: Ledger = new Map();
  /** By metric and key: growth that was read and is not reported, because the process is not wanted, or has no name yet. */
  const unreported = new Map<string, Map<Key, number>>();
  /** `last` is what a counter's growth is of. */
  const host = new Map<string, { reported: number | null; last: number | null }>();
  /** By metric, what of each group was reported last. */
  let groups = new Map<string, Map<number, number>>();
  let samples = 0;
  let counted = true;
  let full = true;
  let missing: ReadonlySet<number> = new Set();

  const readMetric = (metric: string, entries: readonly CounterEntry[]) => {
    const account = accountOf(ledger, metric);
    const waiting = unreported.get(metric);
    const moved: Moved[] = [];
    let grown = 0;
    for (const entry of entries) {
      const key = keyOf(entry);
      const { delta, changed } = advance(account, key, entry.at(-1) ?? 0);
      grown += delta;
      const before = waiting?.get(key);
      const isNews = changed || before !== undefined;
      if (full || isNews) moved.push({ entry, key, by: delta + (before ?? 0), isNews });
    }
    return { grown, moved };
  };

  const keepUntold = (metric: string, { key, by }: Moved): void => {
    const waiting = unreported.get(metric);
    if (waiting === undefined) unreported.set(metric, new Map([[key, by]]));
    else waiting.set(key, by);
  };

  return {
    begin: (isCounted) => {
      counted = isCounted;
      full = counted && samples % FULL_EVERY_SAMPLES === 0;
      if (counted) samples += 1;
      return full;
    },
    read: (counters) => {
      const grown = new Map<string, number>();
      const moved = new Map<string, readonly Moved[]>();
      for (const [metric, entries] of counters) {
        const one = readMetric(metric, entries);
        grown.set(metric, one.grown);
        moved.set(metric, one.moved);
      }
      return { grown, moved };
    },
    absent: (counters) => {
      const before = missing;
      missing = missingIn(ledger, counters);
      return [...missing].filter((pid) => before.has(pid));
    },
    report: (metric, moved, wanted, grew) => {
      const reported: CounterEntry[] = [];
      for (const one of moved) {
        const pid = one.entry[0] ?? 0;
        if (!wanted(pid)) {
          if (one.isNews) keepUntold(metric, one);
          continue;
        }
        unreported.get(metric)?.delete(one.key);
        if (one.by > 0) grew(pid, one.by);
        reported.push(one.entry);
      }
      return reported;
    },
    host: (values) => {
      const changed: Record<string, number> = {};
      const grown = new Map<string, number>();
      for (const [metric, value] of Object.entries(values)) {
        const known = host.get(metric) ?? { reported: null, last: null };
        host.set(metric, known);
        if (full || known.reported !== value) changed[metric] = value;
        known.reported = value;
        if (!counted) continue;
        const { delta, last } = hostStep(known.last ?? value, value);
        known.last = last;
        grown.set(metric, delta);
      }
      return { changed, grown };
    },
    cgroups: (values) => {
      const changed: Record<string, CounterEntry[]> = {};
      const reported = new Map<string, Map<number, number>>();
      for (const [metric, entries] of values) {
        const before = groups.get(metric);
        reported.set(metric, new Map(entries.map(([id = 0, value = 0]) => [id, value])));
        const news = entries.filter(([id = 0, value]) => full || before?.get(id) !== value);
        if (news.length > 0) changed[metric] = [...news];
      }
      groups = reported;
      return Object.keys(changed).length === 0 ? null : changed;
    },
    forget: (pid) => {
      forgetPid(ledger, pid, histograms);
      forgetPid(unreported, pid, histograms);
    },
    restart: () => {
      ledger.clear();
      unreported.clear();
      for (const known of host.values()) known.last = null;
      missing = new Set();
      samples = 0;
    },
  };
};

/** Who has a key of its own in none of the maps, but had one. Keys with dimensions stay behind, whoever is forgotten. */
const missingIn = (ledger: Ledger, counters: Counters): ReadonlySet<number> => {
  const there = new Set<number>();
  for (const entries of counters.values())
    for (const entry of entries) if (entry.length === 2) there.add(entry[0] ?? 0);
  const missing = new Set<number>();
  for (const metric of counters.keys())
    for (const key of ledger.get(metric)?.keys() ?? [])
      if (typeof key === 'number' && !there.has(key)) missing.add(key);
  return missing;
};

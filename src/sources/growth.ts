/**
 * How much metrics have grown since they were last asked, over all processes together. Keys that were deleted take
 * nothing away, and one that came back counts from zero; so a storm of processes that come and go is seen in full.
 */
import { keyOf } from '../core/baseline.ts';
import type { CounterEntry } from '../core/record.ts';

export type Growth = {
  /** Cumulative entries of a probe's metric, all of them. */
  counter(metric: string, entries: readonly CounterEntry[]): void;
  /** A counter of the host, running since before we looked. */
  host(metric: string, value: number): void;
  /** Metric to what it has grown by since the last call. */
  take(): ReadonlyMap<string, number>;
  /** Counters begin at zero again. */
  restart(): void;
};

export const createGrowth = (): Growth => {
  const last = new Map<string, ReadonlyMap<number | string, number>>();
  const host = new Map<string, number>();
  let grown = new Map<string, number>();
  const grow = (metric: string, by: number): void => {
    grown.set(metric, (grown.get(metric) ?? 0) + by);
  };
  return {
    counter: (metric, entries) => {
      const before = last.get(metric);
      const now = new Map<number | string, number>();
      let by = 0;
      for (const entry of entries) {
        const key = keyOf(entry);
        const value = entry.at(-1) ?? 0;
        const earlier = before?.get(key) ?? 0;
        by += value < earlier ? value : value - earlier;
        now.set(key, value);
      }
      last.set(metric, now);
      grow(metric, by);
    },
    host: (metric, value) => {
      grow(metric, Math.max(0, value - (host.get(metric) ?? value)));
      host.set(metric, value);
    },
    take: () => {
      const taken = grown;
      grown = new Map();
      return taken;
    },
    restart: () => {
      last.clear();
      host.clear();
      grown = new Map();
    },
  };
};

/**
 * What a sample has to say. Cumulative values that did not move are left out; every `FULL_EVERY_SAMPLES`th sample
 * carries all of them, so that a reader who missed something is whole again within a minute at 1 s.
 */
import { keyOf } from '../core/baseline.ts';
import type { CounterEntry } from '../core/record.ts';

const FULL_EVERY_SAMPLES = 60;

export type Changes = {
  /** Begins a sample; true when it must be full. One for which the tracer was not read never is. */
  begin(counted: boolean): boolean;
  /** Entries of a metric that changed (all, in a full sample) among those `wanted`. */
  counters(
    metric: string,
    entries: readonly CounterEntry[],
    wanted: (pid: number) => boolean,
  ): CounterEntry[];
  /** Host values that changed (all, in a full sample). */
  host(values: Readonly<Record<string, number>>): Record<string, number>;
  forget(pid: number): void;
  /** A new life of the tracer: every counter starts again. */
  restart(): void;
};

export const createChanges = (): Changes => {
  const counters = new Map<string, Map<number | string, number>>();
  const host = new Map<string, number>();
  let samples = 0;
  let full = true;

  return {
    begin: (counted) => {
      full = counted && samples % FULL_EVERY_SAMPLES === 0;
      if (counted) samples += 1;
      return full;
    },
    counters: (metric, entries, wanted) => {
      let last = counters.get(metric);
      if (last === undefined) {
        last = new Map();
        counters.set(metric, last);
      }
      const changed: CounterEntry[] = [];
      for (const entry of entries) {
        const key = keyOf(entry);
        const value = entry.at(-1) ?? 0;
        if (!full && last.get(key) === value) continue;
        if (!wanted(entry[0] ?? 0)) continue;
        last.set(key, value);
        changed.push(entry);
      }
      return changed;
    },
    host: (values) => {
      const changed: Record<string, number> = {};
      for (const [metric, value] of Object.entries(values)) {
        if (!full && host.get(metric) === value) continue;
        host.set(metric, value);
        changed[metric] = value;
      }
      return changed;
    },
    forget: (pid) => {
      for (const last of counters.values()) last.delete(pid);
    },
    restart: () => {
      counters.clear();
      samples = 0;
    },
  };
};

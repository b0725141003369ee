/**
 * Waits that go on, of the tracer's map of them: what they have lasted so far is added to what the ended ones took, so
 * that a thread that waits for ten minutes counts all the while and not when it is done. For any probe that has the
 * metrics `open` (internal, by PID and a number of the wait's own), `ns`, `max_ns` and `now`; `io_ns` where its variant
 * distinguishes waits for block I/O.
 */
import type { CounterEntry } from '../../core/record.ts';
import type { Derivation } from '../../session/ports.ts';
import type { Manifest } from '../manifest.ts';

type Open = { count: number; ns: number; ioNs: number; longestNs: number };

export const createOpenWaits = (manifest: Pick<Manifest, 'id' | 'variants'>): Derivation => {
  const [NS, IO_NS, MAX_NS, NOW, OPEN] = ['ns', 'io_ns', 'max_ns', 'now', 'open'].map(
    (name) => `${manifest.id}.${name}`,
  ) as [string, string, string, string, string];
  /** What was said last, by metric: a wait that ends between the printing of two maps is in neither. */
  let said: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map();
  let waiting: ReadonlySet<number> = new Set();
  /** Not by the variants that cannot say. */
  let tellsIo = true;

  return {
    internal: { [OPEN]: [NS, IO_NS, MAX_NS, NOW] },
    complete: (counters, tickUs) => {
      const open = openBy(counters.get(OPEN) ?? [], tickUs);
      const whole = new Map(counters);
      const now = new Map<string, ReadonlyMap<number, number>>();
      const complete = (metric: string, amounts: (one: Open) => number, put: typeof Math.max): void => {
        const ended = new Map((counters.get(metric) ?? []).map(([pid = 0, value = 0]) => [pid, value]));
        const values = new Map<number, number>();
        for (const pid of new Set([...ended.keys(), ...open.keys(), ...waiting])) {
          const waits = open.get(pid);
          const value = put(ended.get(pid) ?? 0, waits === undefined ? 0 : amounts(waits));
          const least = waiting.has(pid) ? (said.get(metric)?.get(pid) ?? 0) : 0;
          values.set(pid, Math.max(value, least));
        }
        now.set(metric, values);
        if (values.size > 0) whole.set(metric, [...values]);
      };
      complete(NS, ({ ns }) => ns, sum);
      if (tellsIo) complete(IO_NS, ({ ioNs }) => ioNs, sum);
      complete(MAX_NS, ({ longestNs }) => longestNs, Math.max);
      const levels: CounterEntry[] = [...new Set([...open.keys(), ...waiting])].map((pid) => [
        pid,
        open.get(pid)?.count ?? 0,
      ]);
      if (levels.length > 0) whole.set(NOW, levels);
      said = now;
      waiting = new Set(open.keys());
      return whole;
    },
    read: () => [],
    restart: (probes) => {
      const chosen = probes.find(({ id }) => id === manifest.id)?.variant;
      tellsIo = manifest.variants.some(({ id, counts }) => id === chosen && 'io_ns' in counts);
      said = new Map();
      waiting = new Set();
    },
    uncovered: () => ({}),
  };
};

const sum = (a: number, b: number): number => a + b;

/** Entries are PID, number, and twice the time of the beginning in µs, 1 more for block I/O; 0 for a thread that waits no more. */
const openBy = (entries: readonly CounterEntry[], atUs: number): ReadonlyMap<number, Open> => {
  const byPid = new Map<number, Open>();
  for (const [pid = 0, , reported = 0] of entries) {
    if (reported === 0) continue;
    const ns = Math.max(0, atUs - Math.floor(reported / 2)) * 1_000;
    const one = byPid.get(pid) ?? { count: 0, ns: 0, ioNs: 0, longestNs: 0 };
    one.count += 1;
    one.ns += ns;
    one.ioNs += reported % 2 === 1 ? ns : 0;
    one.longestNs = Math.max(one.longestNs, ns);
    byPid.set(pid, one);
  }
  return byPid;
};

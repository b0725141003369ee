/**
 * A kernel that counts, small enough to be right by inspection: processes live, work, end and give their PID to
 * others, the tracer is sampled, forgets the dead and crashes. It yields the records that a live source would, and
 * the truth to hold a Snapshot against.
 */
import fc from 'fast-check';
import type { CounterEntry, StreamRecord } from '../../src/core/record.ts';
import { START_US, sampleOf } from './stream.ts';

export type Step =
  | { readonly do: 'work'; readonly pid: number; readonly metric: number; readonly by: number }
  | { readonly do: 'end' | 'forget'; readonly pid: number }
  | { readonly do: 'sample'; readonly full: boolean; readonly host: number }
  | { readonly do: 'crash' };

export type Truth = {
  readonly records: StreamRecord[];
  /** Row id to metric to count. */
  readonly lives: Map<string, Map<string, number>>;
};

const METRICS = ['iomap.iter', 'iomap.by_order'] as const;

const pid = fc.integer({ min: 1, max: 6 });

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('work' as const),
        pid,
        metric: fc.nat(1),
        by: fc.integer({ min: 1, max: 1000 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('sample' as const), full: fc.boolean(), host: fc.nat(1000) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), pid }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('forget' as const), pid }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  ),
  { maxLength: 120 },
);

type Life = { readonly id: string; readonly startMs: number; introduced: boolean; ended: boolean };

export const play = (script: readonly Step[]): Truth => {
  const records: StreamRecord[] = [];
  const lives = new Map<string, Map<string, number>>();
  const owners = new Map<number, Life>();
  const kernel = new Map<string, Map<string, number>>(METRICS.map((metric) => [metric, new Map()]));
  const reported = new Map<string, number>();
  const unreported = new Set<number>();
  let seq = 0;
  let epoch = 0;
  let births = 0;
  let faults = 0;
  const now = (): number => START_US + seq * 1_000_000 - 1;

  const introduce = (who: number): void => {
    const life = owners.get(who);
    if (life === undefined || life.introduced) return;
    life.introduced = true;
    records.push({ type: 'process', bootUs: now(), pid: who, startMs: life.startMs, comm: `c${who}` });
  };

  const sample = (full: boolean, host: number): void => {
    faults += host;
    const counters: Record<string, CounterEntry[]> = {};
    for (const [metric, keys] of kernel) {
      const entries = [...keys].filter(([key, value]) => full || reported.get(`${metric} ${key}`) !== value);
      for (const [key, value] of entries) {
        reported.set(`${metric} ${key}`, value);
        introduce(Number(key.split(',')[0]));
      }
      if (entries.length > 0)
        counters[metric] = entries.map(([key, value]) => [...key.split(',').map(Number), value]);
    }
    records.push(sampleOf(seq, counters, { epoch, full, host: { 'vm.pgfault': faults, 'mem.free': host } }));
    seq += 1;
    unreported.clear();
  };

  const act: { readonly [Kind in Step['do']]: (step: Extract<Step, { do: Kind }>) => void } = {
    work: ({ pid: who, metric, by }) => {
      let life = owners.get(who);
      if (life === undefined || life.ended) {
        // A PID is given away again only after what its last owner did was reported.
        if (unreported.has(who)) sample(false, 1);
        births += 1;
        life = { id: `${who}@${births * 10}`, startMs: births * 10, introduced: false, ended: false };
        owners.set(who, life);
      }
      const name = METRICS[metric] ?? METRICS[0];
      const key = metric === 0 ? `${who}` : `${who},${by % 3},-1`;
      const keys = kernel.get(name) ?? new Map();
      keys.set(key, (keys.get(key) ?? 0) + by);
      const counts = lives.get(life.id) ?? new Map<string, number>();
      lives.set(life.id, counts.set(name, (counts.get(name) ?? 0) + by));
      unreported.add(who);
    },
    end: ({ pid: who }) => {
      const life = owners.get(who);
      if (life === undefined || life.ended) return;
      life.ended = true;
      life.introduced = true;
      records.push({ type: 'exit', bootUs: now(), pid: who, startMs: life.startMs, comm: `c${who}` });
    },
    forget: ({ pid: who }) => {
      if (owners.get(who)?.ended !== true || unreported.has(who)) return;
      kernel.get('iomap.iter')?.delete(`${who}`);
      reported.delete(`iomap.iter ${who}`);
      records.push({ type: 'forget', bootUs: now(), pid: who });
    },
    sample: ({ full, host }) => sample(full, host),
    crash: () => {
      sample(false, 0);
      const fromBootUs = now();
      epoch += 1;
      for (const keys of kernel.values()) keys.clear();
      reported.clear();
      records.push({ type: 'gap', bootUs: fromBootUs + 1, fromBootUs, reason: 'crash' });
    },
  };
  for (const step of script) (act[step.do] as (step: Step) => void)(step);
  sample(true, 0);
  return { records, lives };
};

/**
 * Processes that come and go for as long as a session lasts, some of whose last lines are lost: what is held of the dead has a
 * bound, in what is counted as in what watches it, and every count stays right.
 */
import { describe, expect, it } from 'vitest';
import { createCostWatch } from '../../src/budget/cost-watch.ts';
import type { CounterEntry, StreamRecord } from '../../src/core/record.ts';
import type { HostPort } from '../../src/session/ports.ts';
import { createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { createHoldings } from '../../src/tracer/holdings.ts';
import { createLossTally } from '../../src/tracer/losses.ts';
import { createProcesses } from '../../src/tracer/processes.ts';
import { createSampling } from '../../src/tracer/sampling.ts';
import { createWhose } from '../../src/tracer/whose.ts';
import { headerOf, START_US } from '../helpers/stream.ts';

const METRIC = 'iomap.iter';
const SELECTION = { pids: [], comm: null, command: null };
const NOBODY = { tracerPid: () => null, script: () => null, probes: () => [] };

/** A /proc in which nobody lives long enough to be seen. */
const HOST: HostPort = {
  metrics: [],
  cgroups: () => ({ begun: [], ended: [], values: new Map() }),
  sample: () => ({}),
  process: () => null,
  image: () => null,
  living: () => [],
  uncoveredBy: () => ({}),
  own: () => false,
  unnamed: null,
  reading: () => null,
  cpuWaits: () => null,
  waits: () => ({ threads: 0, byChannel: new Map() }),
  cost: () => ({ cpuMs: 0, rssBytes: 0 }),
  bpfObjects: () => ({ mapBytes: 0, programs: [] }),
};

/** Samples of a kernel whose map is `keys`, and the session that comes of them. */
const begin = () => {
  const header = headerOf();
  const session = createSession(header);
  const records: StreamRecord[] = [];
  let nowUs = START_US;
  const clock = { bootUs: () => nowUs, realMs: () => nowUs / 1000 };
  const losses = createLossTally();
  const emit = (record: StreamRecord): void => {
    records.push(record);
    foldInto(session, record);
  };
  const whose = createWhose({ host: HOST, ids: () => null, commandPid: null, pids: [] });
  const shared = { host: HOST, losses, emit };
  const processes = createProcesses({
    ...{ ...shared, selection: SELECTION, commandPid: null, wantsComm: () => true, whose },
  });
  const sampling = createSampling({
    ...{ ...shared, clock, processes, intervalMs: 1_000, mapKeys: 10_240, derivations: [] },
    costs: createCostWatch(null, NOBODY),
    holdings: createHoldings(HOST, NOBODY, losses),
    tracerPid: () => null,
  });
  sampling.begin({ probes: [], metrics: header.metrics, countsSinceMs: START_US / 1000 });
  const keys = new Map<number, number>();
  return {
    session,
    keys,
    records,
    exit: (pid: number) =>
      processes.event({
        kind: 'exit',
        pid,
        bootUs: nowUs,
        startMs: Math.floor(nowUs / 1e4) * 10,
        comm: 'sh',
      }),
    forget: (pid: number) => {
      processes.forget(pid, nowUs);
      sampling.forget(pid);
      emit({ type: 'forget', bootUs: nowUs, pid });
    },
    sample: () => {
      nowUs += 1_000_000;
      const entries: CounterEntry[] = [...keys];
      sampling.take({
        ...{ bootUs: nowUs, tickUs: nowUs, counted: true, final: false },
        counters: new Map([[METRIC, entries]]),
      });
    },
    total: () => snapshotOf(session).totals[METRIC]?.total ?? 0,
  };
};

/** How many there are in all that a session holds, by where: maps, sets and lists; not what is made once at its full length. */
const entriesIn = (root: object): number => {
  const seen = new Set<object>();
  let entries = 0;
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object' || seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    const inner =
      value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
    if (value instanceof Map || value instanceof Set || Array.isArray(value)) entries += inner.length;
    for (const one of inner) visit(one);
  };
  visit(root);
  return entries;
};

describe('generations of short processes', () => {
  it('a PID whose keys went without a word counts from zero when another process has it', () => {
    const { keys, exit, sample, total, records } = begin();
    keys.set(7, 5);
    exit(7);
    sample();
    keys.delete(7);
    for (let seconds = 0; seconds < 130; seconds += 1) sample();
    keys.set(7, 7);
    sample();
    expect(total()).toBe(12);
    expect(records.filter(({ type }) => type === 'forget')).toHaveLength(1);
  });

  it('leave no more behind after three times as many, whatever lines of theirs are lost', () => {
    const { session, keys, exit, forget, sample, total } = begin();
    const waiting: number[] = [];
    let born = 0;
    let counted = 0;
    const run = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        for (let one = 0; one < 10; one += 1) {
          born += 1;
          const pid = 1_000 + (born % 30_000);
          const value = 1 + (born % 5);
          keys.set(pid, value);
          counted += value;
          if (born % 3 > 0) exit(pid);
          waiting.push(pid);
        }
        sample();
        for (const pid of waiting.splice(0, Math.max(0, waiting.length - 60))) {
          keys.delete(pid);
          if (pid % 4 > 0) forget(pid);
        }
      }
    };
    run(200);
    const entries = entriesIn(session);
    run(400);
    expect(born).toBe(6_000);
    expect(total()).toBe(counted);
    expect(entriesIn(session)).toBeLessThan(entries * 1.1);
    expect([...session.state.baselines.values()].reduce((sum, { size }) => sum + size, 0)).toBeLessThan(
      60 + 10 * 130,
    );
  });
});

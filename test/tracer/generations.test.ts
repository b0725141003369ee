/** Processes whose last lines are lost, and those that have their PIDs after them: every count stays right. */
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
  const session = createSession(header, { watched: false });
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
    ...{ ...shared, clock, processes, isSelected: whose.isSelected, intervalMs: 1_000, mapKeys: 10_240 },
    derivations: [],
    costs: createCostWatch(null, NOBODY),
    holdings: createHoldings(HOST, NOBODY, losses),
    tracerPid: () => null,
  });
  sampling.begin({ probes: [], metrics: header.metrics, countsSinceMs: START_US / 1000 });
  const keys = new Map<number, number>();
  return {
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
});

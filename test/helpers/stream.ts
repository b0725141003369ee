/** Records built by hand, and a Snapshot as plain values that two of them can be compared by. */
import { fold } from '../../src/core/fold.ts';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { CounterEntry, HeaderRecord, SampleRecord, StreamRecord } from '../../src/core/record.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { createState, type SessionState } from '../../src/core/state.ts';
import type { InsightView, WatchedSnapshot } from '../../src/insight/recognised.ts';
import { createSession, foldInto, type Session, snapshotOf } from '../../src/session/session.ts';

export const START_US = 1_000_000_000;

export const metricOf = (id: string, more: Partial<MetricDescriptor> = {}): MetricDescriptor => ({
  id,
  probe: id.split('.')[0] ?? id,
  scope: 'pid',
  kind: 'counter',
  unit: 'count',
  label: id.split('.')[1] ?? id,
  help: `Counts ${id}.`,
  ...more,
});

export const headerOf = (change: Partial<HeaderRecord> = {}): HeaderRecord => ({
  type: 'header',
  format: 'stallscope-recording',
  version: 1,
  tool: { name: 'stallscope', version: '0.1.0' },
  host: { hostname: 'lab', kernel: '6.18.0', arch: 'x86_64', cpus: 2, memoryBytes: 2 ** 32 },
  bpftrace: '0.17.0',
  clock: { bootUs: START_US, realMs: 1_700_000_000_000 },
  intervalMs: 1000,
  mapKeys: 64,
  selection: { pids: [], comm: null, command: null },
  probes: [{ id: 'iomap', variant: 'tracepoint', state: 'attached' }],
  metrics: [
    metricOf('iomap.iter', { lane: true }),
    metricOf('iomap.seek_max_ns', { kind: 'max', unit: 'ns' }),
    metricOf('iomap.by_order', { dims: ['order', 'node'] }),
    metricOf('vm.pgfault', { probe: 'host', scope: 'host' }),
    metricOf('mem.free', { probe: 'host', scope: 'host', kind: 'gauge', unit: 'KiB' }),
  ],
  ...change,
});

export const sampleOf = (
  seq: number,
  counters: Readonly<Record<string, readonly CounterEntry[]>> = {},
  change: Partial<SampleRecord> = {},
): SampleRecord => ({
  type: 'sample',
  seq,
  bootUs: START_US + seq * 1_000_000,
  epoch: 0,
  counted: true,
  full: false,
  counters,
  host: {},
  self: { cpuMs: 10 * seq, rssBytes: 1e6, tracerCpuMs: 5 * seq, tracerRssBytes: 2e6, mapBytes: 4096 },
  ...change,
});

export const foldAll = (
  records: readonly StreamRecord[],
  header: HeaderRecord = headerOf(),
  state: SessionState = createState(header),
): SessionState => {
  for (const record of records) fold(state, record);
  return state;
};

export const sessionAfter = (
  records: readonly StreamRecord[],
  header: HeaderRecord = headerOf(),
  session: Session = createSession(header),
): Session => {
  for (const record of records) foldInto(session, record);
  return session;
};

export const snapshotAfter = (records: readonly StreamRecord[], header?: HeaderRecord): WatchedSnapshot =>
  snapshotOf(sessionAfter(records, header));

const PAST_SAMPLES = 70;

/** Everything a view can get out of a Snapshot, its functions called too; what is `explained` on demand takes longest. */
export const plain = (
  snapshot: Snapshot & { readonly insight?: InsightView },
  explained = true,
): Record<string, unknown> => {
  const { breakdown, history, insight, ...data } = snapshot;
  const { links, incidents, ...recognised } = insight ?? {};
  const host = snapshot.metrics.filter(({ scope }) => scope === 'host');
  const counted = snapshot.metrics.filter(({ scope }) => scope === 'pid');
  return {
    ...data,
    insight: recognised,
    ...(explained ? { incidents: incidents?.(), links: links?.() } : {}),
    times: [...history.times(PAST_SAMPLES)],
    countedUs: [...history.countedUs(PAST_SAMPLES)],
    hostHistory: host.map(({ id }) => [...history.host(id, PAST_SAMPLES)]),
    allHistory: counted.map(({ id }) => [...history.all(id, PAST_SAMPLES)]),
    rowHistory: snapshot.rows.map((row) =>
      Object.keys(row.metrics).map((metric) => [...history.row(row.id, metric, PAST_SAMPLES)]),
    ),
    breakdowns: snapshot.rows.map((row) =>
      Object.keys(row.metrics).map((metric) => breakdown(row.id, metric)),
    ),
  };
};

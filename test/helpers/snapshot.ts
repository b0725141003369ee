/** A realistic Snapshot built by hand, the same every time: an iomap and kswapd session on a small host. */
import { trustOf } from '../../src/core/coverage.ts';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { HeaderRecord } from '../../src/core/record.ts';
import type { Breakdown, Reading, Row } from '../../src/core/snapshot.ts';
import { createState } from '../../src/core/state.ts';
import type { InsightView, WatchedSnapshot } from '../../src/insight/recognised.ts';

const pidMetric = (id: string, label: string, more: Partial<MetricDescriptor> = {}): MetricDescriptor => ({
  id,
  probe: id.split('.')[0] ?? id,
  scope: 'pid',
  kind: 'counter',
  unit: 'count',
  label,
  help: `What the kernel counts as ${label}.`,
  ...more,
});

const hostMetric = (id: string, label: string, more: Partial<MetricDescriptor> = {}): MetricDescriptor => ({
  ...pidMetric(id, label, more),
  probe: 'host',
  scope: 'host',
});

export const METRICS: readonly MetricDescriptor[] = [
  pidMetric('iomap.seek_hole', 'seek_hole', { lane: true }),
  pidMetric('iomap.seek_data', 'seek_data'),
  pidMetric('iomap.iter', 'iomap_iter', { lane: true }),
  pidMetric('iomap.seek_ns', 'seek time', { unit: 'ns' }),
  pidMetric('iomap.seek_max_ns', 'slowest seek', { unit: 'ns', kind: 'max' }),
  pidMetric('kswapd.wakeups', 'kswapd wakes', { lane: true }),
  pidMetric('kswapd.wakeups_by_order', 'wakes by order', { dims: ['order', 'node'] }),
  pidMetric('kswapd.direct_reclaims', 'direct reclaim'),
  hostMetric('load.1', 'load 1m', { kind: 'gauge', unit: 'load', lane: true }),
  hostMetric('load.5', 'load 5m', { kind: 'gauge', unit: 'load' }),
  hostMetric('load.15', 'load 15m', { kind: 'gauge', unit: 'load' }),
  hostMetric('psi.cpu.some_us', 'cpu waits', { unit: 'us' }),
  hostMetric('psi.io.some_us', 'io waits', { unit: 'us', lane: true }),
  hostMetric('psi.memory.some_us', 'memory waits', { unit: 'us', lane: true }),
  hostMetric('vm.pgmajfault', 'major faults', { lane: true }),
  hostMetric('mem.available', 'available', { kind: 'gauge', unit: 'KiB' }),
  hostMetric('tasks.blocked', 'blocked tasks', { kind: 'gauge' }),
];

const MAXIMA: ReadonlySet<string> = new Set(METRICS.filter(({ kind }) => kind === 'max').map(({ id }) => id));

/** Nothing stands out. */
export const INSIGHT: InsightView = {
  findings: [],
  spikes: [],
  learning: false,
  frozenUs: null,
  incidents: () => [],
  links: () => [],
};

/** 2026-11-21 14:00:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 21, 14, 0, 0);
const START_US = 7_200_000_000;

export const HEADER: HeaderRecord = {
  type: 'header',
  format: 'stallscope-recording',
  version: 1,
  tool: { name: 'stallscope', version: '0.1.0' },
  host: { hostname: 'mirror-3', kernel: '6.12.48', arch: 'x64', cpus: 8, memoryBytes: 32 * 2 ** 30 },
  bpftrace: '0.23.2',
  clock: { bootUs: START_US, realMs: START_MS },
  intervalMs: 1000,
  mapKeys: 16_384,
  selection: { pids: [], comm: null, command: null },
  probes: [
    { id: 'iomap', variant: 'tracepoint', state: 'attached' },
    { id: 'kswapd', variant: 'tracepoint', state: 'attached' },
  ],
  metrics: METRICS,
};

const COMMANDS: readonly (readonly [string, string])[] = [
  ['qemu-img', 'qemu-img convert -p -O raw /var/lib/images/db-17.qcow2 /dev/vg0/db17'],
  ['postgres', 'postgres: checkpointer'],
  ['python3', 'python3 /opt/agent/collect.py --interval 5'],
  ['node', 'node /srv/api/dist/server.js'],
  ['kswapd0', ''],
  ['rsync', 'rsync -a --sparse /srv/images/ backup:/images/'],
];

const readings = (rank: number, ended: boolean): Record<string, Reading> => {
  const share = Math.round(3_912_480 / (rank + 1) ** 2);
  const now = ended ? 0 : 1;
  return {
    'iomap.seek_hole': { total: Math.round(share / 285), delta: now * Math.round(share / 28_495) },
    'iomap.iter': { total: share * 12, delta: now * share },
    'iomap.seek_ns': { total: share * 2400, delta: now * share * 180 },
    'iomap.seek_max_ns': { total: 8_100_000, delta: 8_100_000 },
    ...(rank % 2 === 0 ? { 'kswapd.wakeups': { total: 40 + rank, delta: now * (rank % 4) } } : {}),
  };
};

/** The process at this rank of activity, 0 the busiest. */
export const row = (rank: number, more: Partial<Row> = {}): Row => {
  const [comm, cmdline] = COMMANDS[rank % COMMANDS.length] as readonly [string, string];
  const ended = rank % 7 === 5;
  return {
    id: `${4000 + rank * 3}@${7_000_000 + rank * 10}`,
    pid: 4000 + rank * 3,
    startMs: 7_000_000 + rank * 10,
    comm,
    ppid: 1,
    uid: rank % 2 === 0 ? 0 : 1000,
    cmdline,
    cgroup: `/system.slice/${comm}.service`,
    endedBootUs: ended ? START_US + 60_000_000 : null,
    movedBootUs: START_US + 10_000_000_000,
    lateStart: rank < 3,
    metrics: readings(rank, ended),
    uncovered: {},
    ...more,
  };
};

const HOST: Readonly<Record<string, Reading>> = {
  'load.1': { total: 9.41, delta: 9.41 },
  'load.5': { total: 6.02, delta: 6.02 },
  'load.15': { total: 3.77, delta: 3.77 },
  'psi.cpu.some_us': { total: 3e6, delta: 31_000 },
  'psi.io.some_us': { total: 4e7, delta: 612_000 },
  'psi.memory.some_us': { total: 2e6, delta: 120_000 },
  'vm.pgmajfault': { total: 50_112, delta: 412 },
  'mem.available': { total: 1_402_112, delta: 1_402_112 },
  'tasks.blocked': { total: 3, delta: 3 },
};

/** A storm that began some twenty samples ago, out of quiet. */
const past = (samples: number, held: number, peak: number): Float64Array =>
  Float64Array.from({ length: samples }, (_, index) => {
    const age = samples - 1 - index;
    if (age >= held) return Number.NaN;
    if (age === 0) return peak;
    return age < 20
      ? Math.round(peak * (0.55 + 0.45 * Math.cos(age / 3) ** 2))
      : age % 9 === 0
        ? Math.round(peak / 40)
        : 0;
  });

const intervals = (count: number, samples: number): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => (count - 1 - index >= samples ? Number.NaN : 1_000_000));

export type SnapshotShape = {
  readonly processes?: number;
  /** Samples so far; one a second. */
  readonly samples?: number;
  readonly change?: Partial<WatchedSnapshot>;
  readonly rows?: readonly Row[];
};

export const buildSnapshot = ({
  processes = 6,
  samples = 100,
  change = {},
  rows: given,
}: SnapshotShape = {}): WatchedSnapshot => {
  const rows = given ?? Array.from({ length: processes }, (_, rank) => row(rank));
  const totals: Record<string, Reading> = {};
  for (const { metrics } of rows) {
    for (const [id, { total, delta }] of Object.entries(metrics)) {
      // As in a real one: largest values have no sum.
      if (MAXIMA.has(id)) continue;
      const sum = totals[id] ?? { total: 0, delta: 0 };
      totals[id] = { total: sum.total + total, delta: sum.delta + delta };
    }
  }
  const bootUs = START_US + samples * 1_000_000;
  const parts: readonly Breakdown[] = [
    { key: [0, 0], total: 31, delta: 2 },
    { key: [3, 0], total: 9, delta: 0 },
  ];
  return {
    header: HEADER,
    samples,
    bootUs,
    realMs: START_MS + samples * 1000,
    elapsedUs: samples * 1_000_000,
    intervalUs: samples < 2 ? 0 : 1_000_000,
    counted: { bootUs, intervalUs: samples < 2 ? 0 : 1_000_000 },
    procRead: { intervalUs: samples < 2 ? 0 : 1_000_000, isNew: true, readUs: bootUs },
    read: { bootUs, intervalUs: samples < 2 ? 0 : 1_000_000 },
    hostIntervalUs: samples < 2 ? 0 : 1_000_000,
    trust: trustOf(createState(HEADER)),
    metrics: METRICS,
    rows,
    totals,
    others: { processes: 0, metrics: {} },
    histograms: {},
    host: HOST,
    probes: HEADER.probes,
    coverage: Object.fromEntries(METRICS.map(({ id }) => [id, { coverage: 'exact', reasons: [] }])),
    coverageNow: {},
    losses: { lostEvents: 0, mapFull: [], rejectedLines: 0, unknownMessages: 0, byKind: {}, gaps: [] },
    marks: [],
    self: {
      cpuMs: 900,
      rssBytes: 88 * 2 ** 20,
      tracerCpuMs: 400,
      tracerRssBytes: 91 * 2 ** 20,
      mapBytes: 3 * 2 ** 20,
      probesPercent: null,
      probePercent: {},
      cpuPercent: 1.4,
      tracerCpuPercent: 0.3,
    },
    waits: null,
    ended: null,
    breakdown: (_, metric) => (metric === 'kswapd.wakeups_by_order' ? parts : []),
    insight: INSIGHT,
    history: {
      host: (metric, count) => past(count, samples, HOST[metric]?.delta ?? 0),
      all: (metric, count) => past(count, samples, totals[metric]?.delta ?? 0),
      row: (id, metric, count) =>
        past(count, samples, rows.find((candidate) => candidate.id === id)?.metrics[metric]?.delta ?? 0),
      times: (count) =>
        Float64Array.from({ length: count }, (_, index) => {
          const age = count - 1 - index;
          return age >= samples ? Number.NaN : bootUs - age * 1_000_000;
        }),
      countedUs: (count) => intervals(count, samples),
      procReadUs: (count) => intervals(count, samples),
      hostUs: (count) => intervals(count, samples),
    },
    ...change,
  };
};

// Records of a recording, built by hand: for tests, benches, and files that are made to hurt.
export const START_US = 1_000_000_000;

export const metricOf = (id, more = {}) => ({
  id,
  probe: id.split('.')[0] ?? id,
  scope: 'pid',
  kind: 'counter',
  unit: 'count',
  label: id.split('.')[1] ?? id,
  help: `Counts ${id}.`,
  ...more,
});

export const headerOf = (change = {}) => ({
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

export const sampleOf = (seq, counters = {}, change = {}) => ({
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

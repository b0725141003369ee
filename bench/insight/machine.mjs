// A third family of synthetic sessions: processes of services on one machine, with the metrics that the probes count, parents,
// control groups and disks; and chains as the kernel makes them (a reader fills the page cache, memory is reclaimed, others
// fault and wait), beside chains of which the kernel knows nothing (a program answers another), a third of all. It was
// written from what the failures of the lab do, not from src/insight/mechanisms.ts, but by the same hands: it shows
// whether knowing mechanisms helps, and real sessions (roots.mjs) by how much.
import { createRandom } from './random.mjs';
import { addBurst, addDistractors, FILL, loadOf, loseSamples, timesOf } from './services.mjs';

const DEFAULTS = { services: 9, ticks: 2700, chains: 5.4, distractors: 8, incidents: true };
const REPEATS = [1, 1, 2, 2, 3, 5];
const DISKS = ['sda', 'sdb', 'nvme0n1'];
const LATEST = 38;

/** Metric to how it behaves when nothing happens, and about how large it is. */
const OF_PROCESS = {
  'faults.read_bytes': ['heavy', 4e5],
  'faults.write_bytes': ['clumps', 2e5],
  'faults.page_cache_added': ['heavy', 100],
  'faults.major': ['rare', 4],
  'blocked.ns': ['lognormal', 4e6],
  'blocked.io_ns': ['lognormal', 3e6],
  'kswapd.direct_reclaim_ns': ['rare', 2e5],
  'sync.calls': ['rare', 3],
  'sync.ns': ['lognormal', 2e7],
  'inode.create': ['clumps', 6],
  'iomap.seek_hole': ['rare', 8],
  'proc.anon_bytes': ['level', 0],
  // What the program's own developer counts.
  'count.requests': ['busy', 300],
  'count.retries': ['rare', 3],
  'count.batches': ['job', 40],
};
const OF_HOST = {
  'vm.pgscan_kswapd': ['rare', 900],
  'vm.pgscan_direct': ['rare', 300],
  'vm.workingset_refault': ['rare', 200],
  'vm.pgmajfault': ['rare', 20],
  'vm.pgpgin': ['busy', 4000],
  'vm.pgpgout': ['busy', 3000],
  'psi.io.some_us': ['busy', 9000],
  'psi.memory.some_us': ['rare', 3000],
  'psi.cpu.some_us': ['busy', 20000],
  'cpu.busy_ms': ['level', 0],
  'tasks.blocked': ['rare', 2],
  ...Object.fromEntries(
    DISKS.flatMap((disk) => [
      [`disk.${disk}.queue_ms`, ['busy', 300]],
      [`disk.${disk}.reads`, ['busy', 60]],
      [`disk.${disk}.writes`, ['busy', 80]],
    ]),
  ),
};

/**
 * What begins, and what may follow: whose (`own`, the `host`'s, of its `disk`, of `others`, of others `beside` it on the disk),
 * which metric, and how many ticks after what came before it.
 */
const STORIES = [
  [
    'faults.read_bytes',
    ['own', 'faults.page_cache_added', 0, 1],
    ['host', 'vm.pgscan_kswapd', 1, 6],
    ['others', 'kswapd.direct_reclaim_ns', 1, 6],
    ['others', 'faults.major', 1, 10],
    ['others', 'blocked.io_ns', 0, 3],
    ['host', 'psi.memory.some_us', 0, 3],
  ],
  [
    'proc.anon_bytes',
    ['host', 'vm.pgscan_direct', 1, 12],
    ['others', 'kswapd.direct_reclaim_ns', 0, 4],
    ['others', 'faults.major', 1, 10],
    ['host', 'psi.memory.some_us', 0, 4],
  ],
  [
    'sync.calls',
    ['own', 'faults.write_bytes', 0, 1],
    ['disk', 'queue_ms', 0, 2],
    ['beside', 'sync.ns', 1, 5],
    ['beside', 'blocked.ns', 0, 3],
    ['host', 'psi.io.some_us', 0, 2],
  ],
  [
    'faults.write_bytes',
    ['disk', 'queue_ms', 1, 15],
    ['beside', 'blocked.io_ns', 0, 4],
    ['beside', 'sync.ns', 0, 6],
    ['host', 'psi.io.some_us', 0, 2],
  ],
  [
    'inode.create',
    ['disk', 'writes', 1, 10],
    ['beside', 'blocked.ns', 0, 5],
    ['host', 'tasks.blocked', 0, 2],
  ],
  [
    'iomap.seek_hole',
    ['host', 'cpu.busy_ms', 0, 1],
    ['beside', 'blocked.ns', 0, 4],
    ['host', 'psi.cpu.some_us', 0, 4],
  ],
];
/** Share of chains that are between programs. */
const UNKNOWN_SHARE = 1 / 3;

export const generateMachine = (seed, options = {}) => {
  const size = { ...DEFAULTS, ...options };
  const random = createRandom(seed * 104_729 + 5);
  const { load, storms } = loadOf(random, size.ticks);
  const processes = processesOf(random, size);
  const truth = { chains: [], bursts: [], storms, periodic: [], bystander: null };
  const session = { seed, ticks: size.ticks, series: [], values: [], truth };
  const add = (pid, metric, [kind, mean]) => {
    const one = seriesOf(random, { pid, metric, kind, mean, index: session.series.length, to: size.ticks });
    session.series.push(one);
    session.values.push(FILL[kind](random, one, load, size.ticks));
  };
  for (const [metric, how] of Object.entries(OF_HOST)) add(null, metric, how);
  for (const { pid } of processes)
    for (const [metric, how] of Object.entries(OF_PROCESS)) if (random.next() < 0.8) add(pid, metric, how);
  if (size.incidents) addChains(random, size, session, processes);
  addDistractors(random, size, session);
  const origins = new Map(processes.map((process) => [process.pid, process]));
  return { ...session, missed: loseSamples(random, session), originOf: ({ pid }) => origins.get(pid) };
};

/** Services of one to five processes, each with a parent, in a group of its own, on one disk or two. */
const processesOf = (random, { services }) =>
  Array.from({ length: services }, (_, service) => {
    const parent = 400 + 100 * service;
    const devices = new Set([random.pick(DISKS), random.pick(DISKS)]);
    return Array.from({ length: random.integer(1, 5) }, (_, number) => ({
      pid: parent + number,
      ppid: number === 0 ? 1 : parent,
      cgroup: `/system.slice/s${service}.service`,
      devices,
    }));
  }).flat();

const seriesOf = (random, { kind, mean, ...one }) => ({
  ...one,
  kind: kind === 'level' ? 'gauge' : kind,
  from: 0,
  mean: Math.max(1, mean * Math.exp(0.8 * random.normal())),
  rate: random.logUniform(5e-4, 0.03),
  follows: random.pick([0, 0.5, 1]),
  period: random.pick([20, 30, 60, 120, 300]),
});

const addChains = (random, size, session, processes) => {
  const count = Math.floor(size.chains) + (random.next() < size.chains % 1 ? 1 : 0);
  const used = new Set();
  for (let number = 0; session.truth.chains.length < count && number < 100; number += 1) {
    const chain =
      random.next() < UNKNOWN_SHARE
        ? ofPrograms(random, session, used)
        : ofKernel(random, session, used, processes);
    if (chain === null) continue;
    const times = timesOf(random, random.pick(REPEATS), size.ticks);
    const hidden = random.next() < 0.15;
    for (const time of times)
      happen(random, session, { ...chain, time, hidden, number: session.truth.chains.length });
    session.truth.chains.push({ ...chain, times, hidden });
  }
};

/** What follows lasts about as long as what it follows from. */
const happen = (random, session, { root, effects, time, hidden, number, known }) => {
  const lasts = random.integer(2, 20);
  const long = () => (known ? { lasts: Math.max(1, lasts + random.integer(-3, 6)) } : {});
  if (!hidden) addBurst(random, session, root, time, number, known ? { lasts } : {});
  for (const { series, lag, probability } of effects) {
    if (random.next() > probability) continue;
    const jitter = lag === 0 ? 0 : random.integer(-1, 1);
    addBurst(random, session, series, time + lag + jitter, number, long());
  }
};

const take = (random, { series }, used, wanted) => {
  const left = series.filter((one) => !used.has(one.index) && wanted(one));
  if (left.length === 0) return null;
  const { index } = random.pick(left);
  used.add(index);
  return index;
};

/** Nobody is the root of anything by waiting. */
const WAIT = /^(?:blocked\.|faults\.major|kswapd\.|.+\.ns$)/;

const ofPrograms = (random, session, used) => {
  const any = ({ pid }) => pid !== null;
  const deed = ({ pid, metric }) => pid !== null && !WAIT.test(metric);
  const root = take(random, session, used, deed);
  if (root === null) return null;
  const effects = Array.from({ length: random.integer(2, 4) }, () => ({
    series: take(random, session, used, any),
    lag: random.pick([0, 1, 2, 3, 5, 8, 10, 15, 20, 30]),
    probability: 0.7 + 0.3 * random.next(),
  })).filter(({ series }) => series !== null);
  return { root, effects, known: false };
};

const ofKernel = (random, session, used, processes) => {
  const [metric, ...events] = random.pick(STORIES);
  const root = take(random, session, used, (one) => one.metric === metric);
  if (root === null) return null;
  const { pid } = session.series[root];
  const { devices } = processes.find((process) => process.pid === pid);
  const [disk] = devices;
  const besides = new Set(processes.filter((other) => other.devices.has(disk)).map((other) => other.pid));
  const whose = {
    own: (one) => one.pid === pid,
    host: (one) => one.pid === null,
    disk: (one) => one.pid === null,
    others: (one) => one.pid !== null && one.pid !== pid,
    beside: (one) => one.pid !== pid && besides.has(one.pid),
  };
  let lag = 0;
  const effects = [];
  for (const [who, name, least, most] of events) {
    lag = Math.min(LATEST, lag + random.integer(least, most));
    if (random.next() < 0.3) continue;
    const wanted = who === 'disk' ? `disk.${disk}.${name}` : name;
    const series = take(random, session, used, (one) => one.metric === wanted && whose[who](one));
    if (series !== null) effects.push({ series, lag, probability: 0.8 + 0.2 * random.next() });
  }
  return effects.length < 2 ? null : { root, effects, known: true };
};

// What grows, and how: the same session with more of one thing, each measured in a process of its own, and the exponent that
// fits (1: twice as much takes twice as much). What is beyond the largest measured is extrapolated, and the table says so.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ACTIVE = 500;
const SAMPLES = 30;

/** What grows, how much of it is measured, and how much is asked about. */
const AXES = {
  living: {
    what: `processes that live, ${ACTIVE} of them active`,
    sizes: [2_500, 5_000, 10_000, 20_000],
    asked: [10_000, 50_000],
  },
  short: {
    what: 'processes that begin and end, a second',
    sizes: [250, 500, 1_000, 2_000],
    asked: [2_000, 10_000],
  },
  hours: {
    what: 'samples of a recording, 200 processes (60,000 are 2 GB, 300,000 are 10 GB)',
    sizes: [200, 400, 800],
    asked: [60_000, 300_000],
  },
};

export const measureScale = () => Object.entries(AXES).map(([axis, of]) => grown(axis, of));

const grown = (axis, { what, sizes, asked }) => {
  const points = sizes.map((size) => ({ size, ...measuredAlone(axis, size) }));
  const cpu = exponentOf(points, 'cpuMs');
  const memory = exponentOf(points, 'rssBytes');
  const at = (name, exponent, size) => {
    const last = points.at(-1);
    const known = points.find((point) => point.size === size);
    return known?.[name] ?? last[name] * (size / last.size) ** exponent;
  };
  return {
    axis,
    what,
    points,
    exponents: { cpu, memory },
    asked: asked.map((size) => ({
      size,
      measured: sizes.includes(size),
      // What is measured begins cold: whoever extrapolates from it expects no less than twice as much for twice as much.
      cpuMs: at('cpuMs', Math.max(1, cpu), size),
      rssBytes: at('rssBytes', Math.max(0, memory), size),
    })),
  };
};

/** Of the straight line through the logarithms. */
const exponentOf = (points, name) => {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map((point) => Math.log(Math.max(1e-6, point[name])));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x0, y0] = [mean(xs), mean(ys)];
  const along = xs.reduce((sum, x, at) => sum + (x - x0) * (ys[at] - y0), 0);
  return along / xs.reduce((sum, x) => sum + (x - x0) ** 2, 0);
};

const measuredAlone = (axis, size) =>
  JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), axis, String(size)], {
      encoding: 'utf8',
      timeout: 120_000,
    }),
  );

/** CPU of a sample once the session is under way (of a recording: of all of it), and the memory it then holds. */
const measureHere = async (axis, size) => {
  const { createSession, foldInto, snapshotOf } = await import('../dist/session/session.js');
  const { headerOf, sessionOf } = await import('./recording/generator.mjs');
  const header = headerOf();
  const session = createSession(header);
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  const beganMs = cpu();
  if (axis === 'hours') {
    for (const record of sessionOf({ samples: size, processes: 200, header })) foldInto(session, record);
    gc();
    return { cpuMs: cpu() - beganMs, rssBytes: process.memoryUsage().rss };
  }
  const metrics = header.metrics.filter(
    ({ scope, kind, dims }) => scope === 'pid' && kind === 'counter' && !dims,
  );
  let warmMs = 0;
  for (let seq = 0; seq < SAMPLES; seq += 1) {
    if (seq === SAMPLES / 2) warmMs = cpu();
    for (const record of STREAMS[axis](size, seq, header, metrics.slice(0, 10))) foldInto(session, record);
    snapshotOf(session);
  }
  const cpuMs = (cpu() - warmMs) / (SAMPLES / 2);
  gc();
  return { cpuMs, rssBytes: process.memoryUsage().rss };
};

const range = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const NO_COST = { cpuMs: 0, rssBytes: 0, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 };
const sample = (seq, bootUs, counters) => ({
  ...{ type: 'sample', seq, bootUs, epoch: 0, counted: true, full: false },
  ...{ counters, host: {}, self: NO_COST },
});
const born = (pid, bootUs) => ({
  type: 'process',
  bootUs,
  pid,
  startMs: Math.floor(bootUs / 1e4) * 10,
  comm: 'w',
  ppid: 1,
});

/** The records of one sample. */
const STREAMS = {
  living: (size, seq, { clock }, metrics) => {
    const bootUs = clock.bootUs + (seq + 1) * 1e6;
    const count = seq === 0 ? size : ACTIVE;
    const entries = (step) => range(count, (at) => [1_000 + at, (seq + 1) * step]);
    return [
      ...(seq === 0 ? range(size, (at) => born(1_000 + at, bootUs)) : []),
      sample(seq, bootUs, Object.fromEntries(metrics.map(({ id }, at) => [id, entries(at + 1)]))),
    ];
  },
  short: (size, seq, { clock }, metrics) => {
    const bootUs = clock.bootUs + (seq + 1) * 1e6;
    const pids = range(size, (at) => 1_000 + ((seq * size + at) % 60_000));
    return [
      ...pids.flatMap((pid) => [born(pid, bootUs), { ...born(pid, bootUs), type: 'exit' }]),
      sample(
        seq,
        bootUs,
        Object.fromEntries(metrics.slice(0, 3).map(({ id }) => [id, pids.map((pid) => [pid, 3])])),
      ),
      ...pids.map((pid) => ({ type: 'forget', bootUs, pid })),
    ];
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [axis, size] = process.argv.slice(2);
  const done = axis === undefined ? measureScale() : await measureHere(axis, Number(size));
  console.log(JSON.stringify(done, null, axis === undefined ? 1 : 0));
}

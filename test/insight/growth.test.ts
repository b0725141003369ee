/** Memory of programs of which only the size is known: what leaks is named however it leaks, what is on its way is not. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ProcessRecord, StreamRecord } from '../../src/core/record.ts';
import { leakFindings } from '../../src/insight/leaks.ts';
import { START_US } from '../helpers/stream.ts';
import { cgroupMetric, hostMetric, pidMetric, recordsOf, type Tick, watchedAfter } from './sessions.ts';

const MIB = 2 ** 20;
const METRICS = [
  pidMetric('proc.anon_bytes', 'gauge'),
  hostMetric('vm.pswpin'),
  cgroupMetric('cgroup.memory_limit', 'gauge'),
];
const PID = 7;

type Scene = {
  readonly who?: Partial<ProcessRecord>;
  /** Pages a second that the machine reads back from swap. */
  readonly swappedIn?: number;
  readonly limitMebibytes?: number;
};

/** After how many seconds it is named first; null where it never is. `held` is in MiB, a value a second. */
const namedAfter = (
  held: readonly number[],
  { who = {}, swappedIn = 0, limitMebibytes }: Scene = {},
): number | null => {
  const ticks = held.map(
    (mebibytes): Tick => ({
      pids: { 'proc.anon_bytes': { [PID]: Math.round(mebibytes * MIB) } },
      host: { 'vm.pswpin': swappedIn },
      cgroups: limitMebibytes === undefined ? {} : { 'cgroup.memory_limit': { 1: limitMebibytes * MIB } },
    }),
  );
  const records = recordsOf(ticks, METRICS, { [PID]: 'collectd' }).map(
    (record): StreamRecord => (record.type === 'process' ? { ...record, ...who } : record),
  );
  const group: StreamRecord[] =
    limitMebibytes === undefined ? [] : [{ type: 'cgroup', bootUs: START_US, id: 1, path: '/lab' }];
  const all = [...group, ...records];
  for (let until = 30; until <= held.length; until += 10) {
    const seen = all.filter((record) => record.type !== 'sample' || record.seq < until);
    const { watch, state } = watchedAfter(seen, METRICS);
    if (leakFindings(watch.leaks, state).length > 0) return until;
  }
  return null;
};

const series = (seconds: number, mebibytes: (at: number) => number): number[] =>
  Array.from({ length: seconds }, (_, at) => mebibytes(at));

/** Reproducible, from 0 to 1. */
const noise = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};

/** What `each` second adds, summed from `from` on. */
const summed = (seconds: number, each: (at: number) => number, from = 40): number[] => {
  let sum = from;
  return series(seconds, (at) => {
    sum += each(at);
    return sum;
  });
};

const NODE = { comm: 'node', cmdline: 'node /app/server.js' };
const random = noise(7);
const leaps = noise(3);

describe('a leak', () => {
  it.each<[string, readonly number[], Scene, number]>([
    ['of 1 MiB a second', series(120, (at) => 40 + at), {}, 90],
    ['of 10 MiB a second', series(120, (at) => 40 + 10 * at), {}, 90],
    ['that is seen from the middle of a life on', series(120, (at) => 900 + 2 * at), {}, 100],
    ['by requests that come by chance', summed(120, () => 4 * random()), {}, 100],
    ['beside what comes and goes', series(120, (at) => 60 + 2 * at + 30 * random()), {}, 100],
    ['by requests that rise and fall with the hour', summed(600, (at) => 2 + Math.sin(at / 40)), {}, 420],
    [
      'of a program whose heap is collected',
      series(600, (at) => 60 + at + 12 * random()),
      { who: NODE },
      420,
    ],
    [
      'of such a program, of 10 MiB a second: it matters before',
      series(200, (at) => 60 + 10 * at),
      { who: NODE },
      120,
    ],
    [
      'of such a program in a control group with little room',
      series(200, (at) => 60 + at),
      { who: { ...NODE, cgroup: '/lab' }, limitMebibytes: 512 },
      100,
    ],
    ['toward the end of memory, 60 MiB a second', series(130, (at) => 60 + 60 * at), { who: NODE }, 90],
    [
      'of the emulator beside its guest',
      series(200, (at) => 1_100 + 3 * at),
      { who: { comm: 'qemu-system-x86', cmdline: 'qemu-system-x86_64 -smp 2 -m 1024 -nographic' } },
      100,
    ],
  ])('%s is named', (_, held, scene, within) => {
    const after = namedAfter(held, scene);
    expect(after).not.toBeNull();
    expect(after).toBeLessThanOrEqual(within);
  });
});

describe('memory on its way', () => {
  it.each<[string, readonly number[], Scene]>([
    ['a heap that is collected, and young', series(250, (at) => 60 + at), { who: NODE }],
    ['a heap that grows by leaps', summed(250, (at) => (at % 11 === 0 ? 22 * leaps() : 0)), {}],
    ['a cache that fills to its bound', series(280, (at) => 40 + 300 * (1 - Math.exp(-at / 90))), {}],
    [
      'a cache that fills, in the time of a long build',
      series(900, (at) => 40 + 2_000 * (1 - Math.exp(-at / 300))),
      {},
    ],
    [
      'a guest that touches its memory',
      series(400, (at) => 200 + 8 * at),
      { who: { comm: 'qemu-system-x86', cmdline: 'qemu-system-x86_64 -m size=4G,slots=2 -display none' } },
    ],
    [
      'a guest of which nobody knows how large it is',
      series(400, (at) => 200 + 8 * at),
      { who: { comm: 'kvm' } },
    ],
    [
      'a JVM below its heap',
      series(700, (at) => 200 + 2 * at),
      { who: { comm: 'java', cmdline: 'java -server -Xmx2g -jar app.jar' } },
    ],
    [
      'a JVM with nothing asked for, below a quarter of memory',
      series(700, (at) => 200 + 2 * at),
      { who: { comm: 'java', cmdline: 'java -jar app.jar' } },
    ],
    ['what comes back from swap', series(200, (at) => 40 + 2 * at), { swappedIn: 512 }],
    ['a job that ends within a minute', series(58, (at) => 40 + 7 * at), {}],
  ])('%s is named no leak', (_, held, scene) => {
    expect(namedAfter(held, scene)).toBeNull();
  });
});

/** Read from /proc every two seconds, of work on a busy machine: seconds since it was met, and MiB of its own. */
type Read = {
  readonly comm: string;
  readonly what: string;
  readonly points: readonly (readonly [seconds: number, mebibytes: number])[];
};
const ORDINARY = readFileSync('test/fixtures/growth/ordinary.ndjson', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Read);

describe('memory that was read of ordinary work', () => {
  it.each(ORDINARY.map((one) => [one.what, one] as const))('%s is named no leak', (_, { comm, points }) => {
    const seconds = Math.ceil(points.at(-1)?.[0] ?? 0);
    const held = series(seconds, (at) => points.findLast(([since]) => since <= at)?.[1] ?? 0);
    expect(held.length).toBeGreaterThan(80);
    expect(namedAfter(held, { who: { comm, cmdline: comm } })).toBeNull();
  });
});

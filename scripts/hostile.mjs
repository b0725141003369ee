// Recordings that were made to hurt: each class is a way to make a reader hold, or compute, more than it can. A seed gives the
// same file every time. Used by npm run torture and by test/cli/hostile.test.ts.
import { crc32, gzipSync } from 'node:zlib';
import { packedSeal } from '../dist/recording/seal.js';
import { randomOf } from './fuzz-recordings.mjs';
import { headerOf, metricOf, START_US, sampleOf } from './records.mjs';

const YEAR_US = 3.156e13;

const metric = (id, more) => metricOf(id, { label: id.slice(0, 14), help: 'Made to hurt.', ...more });

const header = (change) =>
  headerOf({
    metrics: [
      metric('iomap.iter'),
      metric('iomap.by_order', { dims: ['order'] }),
      metric('vm.pgfault', { probe: 'host', scope: 'host' }),
      metric('mem.free', { probe: 'host', scope: 'host', kind: 'gauge', unit: 'KiB' }),
    ],
    ...change,
  });

const NO_COST = { cpuMs: 0, rssBytes: 0, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 };

const sample = (seq, counters, change) =>
  sampleOf(seq, counters, { host: { 'vm.pgfault': seq, 'mem.free': 5 }, self: NO_COST, ...change });

const range = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const linesOf = (records) => Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
const between = (random, least, most) => Math.floor(least + random() * (most - least));

const sealed = (text) => {
  const packed = text.length === 0 ? Buffer.alloc(0) : gzipSync(text);
  const at = { fromUs: 0, toUs: 0, samples: 0, checkpoint: false };
  const seal = { bytes: packed.length, crc32: crc32(text), textBytes: text.length, ...at };
  return Buffer.concat([packed, packedSeal(seal, crc32)]);
};

/** Class to what makes a file of it. */
export const CLASSES = {
  'a crowd of processes': (random) => {
    const each = between(random, 60_000, 90_000);
    return linesOf([
      header(),
      ...range(5, (seq) => sample(seq, { 'iomap.iter': range(each, (pid) => [seq * each + pid, seq + 1]) })),
    ]);
  },
  'names without end': (random) => {
    const each = between(random, 5_000, 8_000);
    const named = (seq, at) => ({
      type: 'process',
      bootUs: START_US + seq * 1e6,
      pid: seq * each + at + 1,
      startMs: 5,
      comm: `c${at}`,
      cmdline: `/x-${seq}-${at}-`.padEnd(2_000, 'y'),
    });
    return linesOf([
      header(),
      ...range(5, (seq) => [...range(each, (at) => named(seq, at)), sample(seq)]).flat(),
    ]);
  },
  'parts of counts without end': (random) => {
    const each = between(random, 60_000, 90_000);
    const parts = (seq) => range(each, (at) => [5, seq * each + at, 1]);
    return linesOf([header(), ...range(5, (seq) => sample(seq, { 'iomap.by_order': parts(seq) }))]);
  },
  'metrics that nobody described': (random) => {
    const each = between(random, 6_000, 8_000);
    const counted = (seq) => Object.fromEntries(range(each, (at) => [`z.m${seq}_${at}`, [[5, seq + 1]]]));
    return linesOf([header(), ...range(10, (seq) => sample(seq, counted(seq)))]);
  },
  'control groups and probes without end': (random) =>
    linesOf([
      header(),
      ...range(between(random, 10_000, 20_000), (id) => [
        { type: 'cgroup', bootUs: START_US, id, path: `/c${id}`.padEnd(1_000, 'c') },
        { type: 'probe', bootUs: START_US, id: `p${id}`, variant: null, state: 'refused', reason: 'r' },
      ]).flat(),
      sample(0),
    ]),
  'years between two samples': (random) => {
    const years = between(random, 3, 33);
    const late = (seq) => ({ bootUs: START_US + years * YEAR_US + seq * 1e6 });
    return linesOf([
      header({ intervalMs: between(random, 1, 1_000) }),
      ...range(30, (seq) => sample(seq, { 'iomap.iter': [[5, seq]] })),
      ...range(30, (seq) => sample(30 + seq, { 'iomap.iter': [[5, 30 + seq]] }, late(seq))),
    ]);
  },
  'clocks and numbers beyond all bounds': (random) => {
    const huge = [1e308, -1e308, 1.7e308][between(random, 0, 3)];
    const cost = Object.fromEntries(Object.keys(NO_COST).map((name) => [name, huge]));
    const counted = (seq) => ({ 'iomap.iter': range(4, (pid) => [pid, seq % 2 === 0 ? huge : 0]) });
    const beyond = { host: { 'vm.pgfault': huge, 'mem.free': huge }, self: cost };
    return linesOf([
      header({ clock: { bootUs: START_US, realMs: huge } }),
      ...range(20, (seq) => sample(seq, counted(seq), seq % 3 === 0 ? beyond : {})),
    ]);
  },
  'seals of nothing': (random) =>
    Buffer.concat([
      sealed(linesOf([header(), sample(0)])),
      ...Array(between(random, 50_000, 100_000)).fill(sealed(Buffer.alloc(0))),
    ]),
  'seals of next to nothing': (random) =>
    Buffer.concat([
      sealed(linesOf([header(), sample(0)])),
      ...Array(between(random, 10_000, 20_000)).fill(sealed(Buffer.from('\n'))),
    ]),
};

export const hostileFile = (name, seed) => CLASSES[name](randomOf(seed));

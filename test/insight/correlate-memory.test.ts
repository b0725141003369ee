/** Of a busy session hundreds of thousands of pairs are looked at; they are not held at once. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { built } from '../helpers/tool.ts';

/** All pairs of them with 200 bytes each would be 60. */
const HEAP_MIB = 32;

/** 2,121 spikes are the most that are compared in ten minutes, each here of another series: 290,000 pairs near each other. */
const PROGRAM = `
const { correlate } = await import(process.argv[1]);
let state = 7;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const spikes = Array.from({ length: 6000 }, (_, series) => ({
  series, tick: Math.floor(next() * 600), score: 3 + next() * 8, identity: { pid: series, startMs: series, metric: 'm', comm: 'c' },
})).sort((x, y) => x.tick - y.tick);
const twice = [100, 300, 500].flatMap((tick) => [0, 1].map((at) => ({
  ...spikes[at], series: 7000 + at, tick: tick + at, score: 12, identity: { ...spikes[at].identity, pid: 7000 + at },
})));
const { links, tested } = correlate([...spikes, ...twice], 600, 3);
console.log(JSON.stringify({ tested, links: links.map(({ a, b, matches }) => [a, b, matches.length]) }));
`;

it('links of 290,000 pairs are found within a small heap', async () => {
  const words = [`--max-old-space-size=${HEAP_MIB}`, '--input-type=module', '-e', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, [...words, built('insight/correlate.js')]);
  const { tested, links } = JSON.parse(stdout);
  expect(tested).toBeGreaterThan(2_000_000);
  expect(links).toContainEqual([7000, 7001, 3]);
}, 60_000);

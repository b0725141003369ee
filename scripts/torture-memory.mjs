// What a process holds over time, and whether that is a flat line: of the minutes after those in which it fills, the slope by
// least squares, with its standard error. A mean of each minute, because what waits to be collected makes neighbours alike.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './root.mjs';

const FILLS_S = 300;
const MINUTE_S = 60;
const MOST_MIB = 200;
/** Of less than this nobody would notice anything in a day. */
const FLAT_MIB_A_MINUTE = 0.25;
/** Fewer minutes have no slope worth the name. */
const LEAST_MINUTES = 4;
const MIB = 2 ** 20;

const SPY = pathToFileURL(join(root, 'scripts', 'torture-heap.mjs')).href;

/** What to start a tool with, so that it says what it holds. */
export const spiedOn = (env, folder) => {
  mkdirSync(folder, { recursive: true });
  return {
    ...env,
    STALLSCOPE_HEAP: folder,
    NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --import ${SPY}`.trim(),
  };
};

/** By time: seconds of its life, and MiB. */
export const heldBy = (pid, folder) => {
  const name = `${pid}.ndjson`;
  if (!readdirSync(folder).includes(name)) return [];
  return readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ atMs, rss, heapTotal, heapUsed, arrayBuffers }) => ({
      atS: atMs / 1000,
      rss: rss / MIB,
      heap: heapTotal / MIB,
      used: heapUsed / MIB,
      arrays: arrayBuffers / MIB,
    }));
};

/** Why it failed, or null; and what was seen. */
export const judged = (samples, fromS) => {
  if (samples.length === 0) return { why: 'nobody saw what it held', seen: '' };
  const means = (read, from) =>
    minutesOf(
      samples.filter(({ atS }) => atS >= fromS + from),
      read,
    );
  const line = slopeOf(means(({ rss }) => rss, FILLS_S));
  const most = Math.max(...samples.map(({ rss }) => rss));
  const held = means(({ used, arrays }) => used + arrays, 0);
  const seen = [
    `MiB by the minute: ${rounded(means(({ rss }) => rss, 0))}; at most ${most.toFixed(0)}`,
    `in use: ${rounded(held)}`,
    ...(line === null
      ? []
      : [`slope ${line.slope.toFixed(2)} ± ${line.error.toFixed(2)} MiB a minute after ${FILLS_S / 60}`]),
  ].join('; ');
  if (most > MOST_MIB) return { why: `${most.toFixed(0)} MiB, and ${MOST_MIB} are the most`, seen };
  const grows = line !== null && line.slope > FLAT_MIB_A_MINUTE && line.slope > 2 * line.error;
  return { why: grows ? 'it grows' : null, seen };
};

const rounded = (values) => values.map((value) => value.toFixed(0)).join(' ');

const minutesOf = (samples, read) => {
  const minutes = new Map();
  const firstS = samples[0]?.atS ?? 0;
  for (const sample of samples) {
    const minute = Math.floor((sample.atS - firstS) / MINUTE_S);
    minutes.set(minute, [...(minutes.get(minute) ?? []), read(sample)]);
  }
  return [...minutes.values()].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
};

/** Least squares of values a minute apart, and the standard error; null of too few. */
export const slopeOf = (values) => {
  if (values.length < LEAST_MINUTES) return null;
  const x0 = (values.length - 1) / 2;
  const y0 = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, _, at) => sum + (at - x0) ** 2, 0);
  const slope = values.reduce((sum, value, at) => sum + (at - x0) * (value - y0), 0) / spread;
  const rest = values.reduce((sum, value, at) => sum + (value - y0 - slope * (at - x0)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (values.length - 2) / spread) };
};

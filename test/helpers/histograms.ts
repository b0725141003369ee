/** What must be true of a histogram that the tool counted, whatever the calls took. */
import { expect } from 'vitest';
import { addToHistogram, belowUs, callsIn, histogramOf, leastUs } from '../../src/core/histogram.ts';
import type { Summary } from './tool.ts';

type Person = Summary['pids'][number];

/** Calls by bucket, as `summary --json` has them of a process. */
export const histogramIn = ({ breakdown }: Person, metric: string): readonly number[] =>
  histogramOf(breakdown[metric] ?? []);

/** All calls are in it, and the time that they took together, counted apart from it, is no other than its buckets allow. */
export const expectHistogram = (row: Person, metric: string, calls: number, ns: number): void => {
  const histogram = histogramIn(row, metric);
  expect(callsIn(histogram), metric).toBe(calls);
  expect(row.metrics[metric], metric).toBe(calls);
  const sumUs = (edgeUs: (bucket: number) => number): number =>
    histogram.reduce((sum, count, bucket) => (count === 0 ? sum : sum + count * edgeUs(bucket)), 0);
  expect(ns / 1000, metric).toBeGreaterThanOrEqual(sumUs(leastUs));
  expect(ns / 1000, metric).toBeLessThan(sumUs(belowUs));
};

/** Of any time, no fewer calls stayed below it by the kernel's clock than by that of who called, who waited longer. */
export const expectNoSlower = (kernel: readonly number[], caller: readonly number[]): void => {
  let ours = 0;
  let theirs = 0;
  for (const [bucket, calls] of caller.entries()) {
    ours += kernel[bucket] ?? 0;
    theirs += calls;
    expect(ours, `below ${belowUs(bucket)} us`).toBeGreaterThanOrEqual(theirs);
  }
};

export const sumOfHistograms = (histograms: readonly (readonly number[])[]): readonly number[] => {
  const sum: number[] = [];
  for (const histogram of histograms)
    for (const [bucket, calls] of histogram.entries()) if (calls > 0) addToHistogram(sum, bucket, calls);
  return sum;
};

/**
 * How many of the calls that a metric times took how long: a counter by bucket, where each bucket is twice as wide as the
 * one before. Bucket 0 is below 1 µs, bucket k from 2^(k-1) to below 2^k µs, and the last has no upper end. In a recording
 * it is a counter with one dimension, so that also those can add it up who have never heard of histograms.
 */
import type { MetricDescriptor } from './metric.ts';

/** What the number after the PID is. */
export const BUCKET = 'log2_us';
/** From 34 s on. */
export const LAST_BUCKET = 26;

export const BUCKETS: readonly number[] = Array.from({ length: LAST_BUCKET + 1 }, (_, bucket) => bucket);

/** Calls by bucket, from 0 on, without the empty ones at the end. */
export type Histogram = readonly number[];

export const isHistogram = ({ histogramOf }: Pick<MetricDescriptor, 'histogramOf'>): boolean =>
  histogramOf !== undefined;

/** What each call in it took at least. */
export const leastUs = (bucket: number): number => (bucket === 0 ? 0 : 2 ** (bucket - 1));
/** What each call in it took less than. */
export const belowUs = (bucket: number): number =>
  bucket >= LAST_BUCKET ? Number.POSITIVE_INFINITY : 2 ** bucket;

/** A damaged line may name any bucket: what is beyond the last is in it. */
export const addToHistogram = (histogram: number[], bucket: number, calls: number): void => {
  const at = Math.min(Math.max(0, Math.trunc(bucket)), LAST_BUCKET);
  while (histogram.length <= at) histogram.push(0);
  histogram[at] = (histogram[at] ?? 0) + calls;
};

export const histogramOf = (
  parts: Iterable<{ readonly key: readonly number[]; readonly total: number }>,
): Histogram => {
  const histogram: number[] = [];
  for (const { key, total } of parts) addToHistogram(histogram, key[0] ?? 0, total);
  return histogram;
};

export const callsIn = (histogram: Histogram): number => histogram.reduce((sum, calls) => sum + calls, 0);

/** The least bound that so large a share of the calls (0 to 1) stayed below, in µs; null without calls. */
export const shareBelowUs = (histogram: Histogram, share: number): number | null => {
  const due = callsIn(histogram) * share;
  let calls = 0;
  for (const [bucket, more] of histogram.entries()) {
    calls += more;
    if (calls > 0 && calls >= due) return belowUs(bucket);
  }
  return null;
};

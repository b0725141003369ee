import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addToHistogram,
  BUCKETS,
  belowUs,
  callsIn,
  LAST_BUCKET,
  leastUs,
  shareBelowUs,
} from '../../src/core/histogram.ts';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const LATENCY: MetricDescriptor = {
  ...metricOf('sync.latency', { probe: 'sync', unit: 'count' }),
  dims: ['log2_us'],
  histogramOf: 'sync.ns',
};
const header = headerOf({ metrics: [LATENCY] });
const calls = (seq: number, entries: readonly (readonly number[])[]): StreamRecord =>
  sampleOf(seq, { 'sync.latency': entries });

describe('a histogram', () => {
  it('has buckets that join, from nothing to any time', () => {
    expect(leastUs(0)).toBe(0);
    for (const bucket of BUCKETS.slice(1)) expect(leastUs(bucket)).toBe(belowUs(bucket - 1));
    expect(belowUs(LAST_BUCKET)).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes what a damaged line says for what it can be, and loses no call', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ noNaN: true }), fc.nat())), (entries) => {
        const histogram: number[] = [];
        for (const [bucket, count] of entries) addToHistogram(histogram, bucket, count);
        expect(callsIn(histogram)).toBe(entries.reduce((sum, [, count]) => sum + count, 0));
        expect(histogram.length).toBeLessThanOrEqual(BUCKETS.length);
      }),
    );
  });

  it('says below which bound a share of the calls stayed', () => {
    const histogram = [0, 0, 1, 0, 98, 1];
    expect(shareBelowUs(histogram, 0.01)).toBe(4);
    expect(shareBelowUs(histogram, 0.5)).toBe(16);
    expect(shareBelowUs(histogram, 0.99)).toBe(16);
    expect(shareBelowUs(histogram, 1)).toBe(32);
    expect(shareBelowUs([], 0.5)).toBeNull();
  });
});

describe('a histogram of a session', () => {
  it('is that of all processes, also of those that ended, by the keys that the kernel deletes', () => {
    const snapshot = snapshotAfter(
      [
        calls(0, [[7, 3, 5]]),
        calls(1, [
          [7, 3, 8],
          [8, 26, 1],
        ]),
        { type: 'exit', bootUs: START_US + 2e6, pid: 7, startMs: 0, comm: 'one' },
        { type: 'forget', bootUs: START_US + 2e6, pid: 7 },
        // Another process of that number counts from zero, in a bucket that the first one had filled further.
        calls(2, [[7, 3, 2]]),
      ],
      header,
    );
    const expected = Array.from({ length: 27 }, () => 0);
    expected[3] = 10;
    expected[26] = 1;
    expect(snapshot.histograms['sync.latency']).toEqual(expected);
    expect(snapshot.totals['sync.latency']?.total).toBe(11);
  });
});

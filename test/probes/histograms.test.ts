/** Buckets of the dead: all of them go, and a bpftrace that reports what was not there is not made to. */
import { expect, it } from 'vitest';
import { LAST_BUCKET } from '../../src/core/histogram.ts';
import { bucketDeletes } from '../../src/probes/histograms.ts';

const deletes = (hasKey: boolean): string => bucketDeletes(['@sync_latency'], { hasKey }).join('\n');

it.each([false, true])('deletes every bucket of a histogram (asked first: %s)', (hasKey) => {
  const text = deletes(hasKey);
  expect(text).toContain(`unroll(${LAST_BUCKET + 1})`);
  expect(text).toContain('delete(@sync_latency[$old, $bucket]);');
  expect(text.includes('if (has_key(@sync_latency, ($old, $bucket)))')).toBe(hasKey);
});

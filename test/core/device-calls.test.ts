import { describe, expect, it } from 'vitest';
import { between } from '../../src/core/between.ts';
import { checkpointOf } from '../../src/core/checkpoint.ts';
import { MAX_DEVICES } from '../../src/core/device-calls.ts';
import { fold } from '../../src/core/fold.ts';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { SampleRecord } from '../../src/core/record.ts';
import { restoreState } from '../../src/core/restore.ts';
import { createState, type SessionState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { headerOf, metricOf, sampleOf } from '../helpers/stream.ts';

const METRIC = 'disk.device_latency';
const LATENCY: MetricDescriptor = {
  ...metricOf(METRIC, { probe: 'disk', unit: 'count' }),
  ...{ scope: 'device', dims: ['log2_us'], histogramOf: 'disk.device_ns' },
};
const header = headerOf({ metrics: [LATENCY] });
const calls = (seq: number, entries: readonly (readonly number[])[], epoch = 0): SampleRecord => ({
  ...sampleOf(seq, {}),
  ...{ epoch, deviceCounters: { [METRIC]: entries } },
});
const stateAfter = (records: readonly SampleRecord[]): SessionState => {
  const state = createState(header);
  for (const record of records) fold(state, record);
  return state;
};
const histogramsOf = (state: SessionState) => takeSnapshot(state).devices?.[METRIC];

const VDA = 254 * 2 ** 20;
const FIRST = [
  calls(0, [[VDA, 3, 5]]),
  calls(1, [
    [VDA, 3, 8],
    [7, 1, 2],
  ]),
];

describe('what is counted of a device', () => {
  it('is added up by bucket, of whoever asked: a number is no PID', () => {
    const state = stateAfter([...FIRST]);
    // A process of the same number ends, and its keys go: the device's stay.
    fold(state, { type: 'forget', bootUs: state.bootUs, pid: 7 });
    fold(state, calls(2, [[7, 1, 3]]));
    expect(histogramsOf(state)).toEqual([
      { device: VDA, histogram: [0, 0, 0, 8] },
      { device: 7, histogram: [0, 3] },
    ]);
    expect(takeSnapshot(state).rows).toEqual([]);
  });

  it('goes on where another tracer counts from zero, however much that counted', () => {
    const state = stateAfter([...FIRST, calls(2, [[VDA, 3, 20]], 1)]);
    expect(histogramsOf(state)?.[0]).toEqual({ device: VDA, histogram: [0, 0, 0, 28] });
  });

  it('goes on from a checkpoint, also in the middle of an epoch', () => {
    const before = stateAfter([...FIRST, calls(2, [[VDA, 3, 20]], 1)]);
    const restored = restoreState(header, JSON.parse(JSON.stringify(checkpointOf(before))));
    if (restored === null) throw new Error('no state');
    for (const state of [before, restored])
      fold(
        state,
        calls(
          3,
          [
            [VDA, 3, 21],
            [VDA, 5, 1],
          ],
          1,
        ),
      );
    expect(histogramsOf(restored)).toEqual(histogramsOf(before));
    expect(histogramsOf(restored)?.[0]?.histogram).toEqual([0, 0, 0, 29, 0, 1]);
  });

  it('of a stretch is what came in it', () => {
    const [first, ...rest] = FIRST;
    const state = stateAfter(first === undefined ? [] : [first]);
    const earlier = takeSnapshot(state);
    for (const record of rest) fold(state, record);
    expect(between(earlier, takeSnapshot(state)).devices?.[METRIC]).toEqual([
      { device: VDA, histogram: [0, 0, 0, 3] },
      { device: 7, histogram: [0, 2] },
    ]);
  });

  it('is bounded, whatever a damaged line names', () => {
    const state = stateAfter([
      calls(0, [
        [1, 99, 4],
        [1, -3, 2],
        [1, 4, -5],
      ]),
      calls(
        1,
        Array.from({ length: MAX_DEVICES + 3 }, (_, device) => [device + 1, 0, 2]),
      ),
    ]);
    const known = histogramsOf(state) ?? [];
    expect(known).toHaveLength(MAX_DEVICES);
    expect(known[0]?.histogram).toHaveLength(27);
    expect(known[0]?.histogram.at(0)).toBe(2);
    expect(known[0]?.histogram.at(-1)).toBe(4);
    expect(takeSnapshot(state).losses.byKind['over-limit']).toBe(3);
  });

  it('is not known of recordings that have none', () => {
    const old = createState(headerOf({ metrics: [] }));
    fold(old, calls(0, [[VDA, 3, 5]]));
    expect(takeSnapshot(old)).not.toHaveProperty('devices');
  });
});

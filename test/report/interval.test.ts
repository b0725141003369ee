import { describe, expect, it } from 'vitest';
import type { SampleRecord } from '../../src/core/record.ts';
import { endLine, intervalLine } from '../../src/report/interval.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const HEADER = headerOf({
  metrics: [
    metricOf('iomap.iter'),
    metricOf('iomap.seek_max_ns', { kind: 'max', unit: 'ns' }),
    metricOf('vm.pgfault', { probe: 'host', scope: 'host' }),
  ],
});

const at = (seconds: number, change: Partial<SampleRecord> = {}): Partial<SampleRecord> => ({
  bootUs: START_US + seconds * 1e6,
  host: { 'vm.pgfault': seconds * 100 },
  ...change,
});
const SAMPLES: readonly SampleRecord[] = [
  sampleOf(0, {}, at(0)),
  sampleOf(1, { 'iomap.iter': [[7, 40]], 'iomap.seek_max_ns': [[7, 900]] }, at(1)),
  sampleOf(2, {}, at(2.5, { counted: false })),
  sampleOf(3, { 'iomap.iter': [[7, 100]] }, at(3)),
  sampleOf(4, {}, at(4)),
];
const lineAfter = (samples: number): object => intervalLine(snapshotAfter(SAMPLES.slice(0, samples), HEADER));

describe('an interval of the machine output', () => {
  it('has what each process did in it', () => {
    expect(lineAfter(2)).toMatchObject({
      type: 'interval',
      elapsedMs: 1000,
      intervalMs: 1000,
      counted: true,
      countedMs: 1000,
      pids: [
        {
          pid: 7,
          delta: { 'iomap.iter': 40 },
          total: { 'iomap.iter': 40, 'iomap.seek_max_ns': 900 },
        },
      ],
      host: { 'vm.pgfault': 100 },
    });
  });

  it('in which the tracer could not be read has the machine, and no process', () => {
    expect(lineAfter(3)).toMatchObject({
      intervalMs: 1500,
      counted: false,
      countedMs: 0,
      pids: [],
      host: { 'vm.pgfault': 150 },
    });
  });

  it('after it has all that was missed, and the time it took', () => {
    expect(lineAfter(4)).toMatchObject({
      intervalMs: 500,
      counted: true,
      countedMs: 2000,
      pids: [{ pid: 7, delta: { 'iomap.iter': 60 }, total: { 'iomap.iter': 100 } }],
      host: { 'vm.pgfault': 50 },
    });
  });

  it('in which nobody did anything is counted all the same', () => {
    expect(lineAfter(5)).toMatchObject({ counted: true, countedMs: 1000, pids: [] });
  });

  it('adds up to the totals, whatever was held up', () => {
    const sum = SAMPLES.map(
      (_, index) => lineAfter(index + 1) as { pids: { delta: Record<string, number> }[] },
    )
      .flatMap(({ pids }) => pids)
      .reduce((all, { delta }) => all + (delta['iomap.iter'] ?? 0), 0);
    expect(sum).toBe(100);
  });
});

describe('the last line', () => {
  it('says whether the recording is whole', () => {
    expect(endLine(snapshotAfter(SAMPLES, HEADER))).toMatchObject({
      type: 'end',
      samples: 5,
      complete: false,
      reason: 'the recording is truncated',
    });
    const trailer = {
      type: 'trailer',
      bootUs: START_US + 4e6,
      reason: 'the command ended',
      samples: 5,
      records: 6,
    } as const;
    expect(endLine(snapshotAfter([...SAMPLES, trailer], HEADER))).toMatchObject({
      complete: true,
      reason: 'the command ended',
    });
  });
});

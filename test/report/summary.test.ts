import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { summaryObject } from '../../src/report/summary/object.ts';
import { summaryLines } from '../../src/report/summary/page.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const HEADER = headerOf({
  tool: { name: 'stallscope', version: '1', pid: 50 },
  metrics: [
    metricOf('iomap.iter', { label: 'steps' }),
    metricOf('iomap.read_bytes', { label: 'read', unit: 'bytes' }),
  ],
});
const TRAILER: StreamRecord = {
  type: 'trailer',
  bootUs: START_US + 2e6,
  reason: 'asked',
  samples: 2,
  records: 3,
};
const started = (pid: number, comm: string, more: object = {}): StreamRecord => ({
  type: 'process',
  bootUs: START_US,
  pid,
  startMs: 2e6,
  comm,
  ...more,
});
const COUNTED: StreamRecord[] = [
  started(7, 'steps'),
  started(8, 'bytes'),
  started(9, 'both'),
  started(50, 'node'),
  sampleOf(0),
  sampleOf(1, {
    'iomap.iter': [
      [7, 900],
      [8, 1],
      [9, 99],
      [50, 5],
    ],
    'iomap.read_bytes': [
      [8, 2 ** 30],
      [9, 2 ** 20],
    ],
  }),
];
const linesOf = (records: readonly StreamRecord[], sort?: string, header = HEADER): string[] =>
  summaryLines(snapshotAfter(records, header), 'x.ndjson', sort);
const commands = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /^ +\d+ {2}(\w+)/.exec(line)?.[1] ?? []);

describe('the order of a summary', () => {
  it('is by shares, which can be compared where bytes and counts cannot, and is reported', () => {
    const lines = linesOf([...COUNTED, TRAILER]);
    expect(commands(lines)).toEqual(['bytes', 'steps', 'both']);
    expect(lines.join('\n')).toContain('order   by the largest part that a process has in any one metric');
  });

  it('is what was asked for: a metric, the PID, the name', () => {
    expect(commands(linesOf([...COUNTED, TRAILER], 'iomap.iter'))).toEqual(['steps', 'both', 'bytes']);
    expect(commands(linesOf([...COUNTED, TRAILER], 'pid'))).toEqual(['steps', 'bytes', 'both']);
    expect(commands(linesOf([...COUNTED, TRAILER], 'comm'))).toEqual(['both', 'bytes', 'steps']);
  });
});

it('has how long each device took, under the name that people know it by', () => {
  const vda = 254 * 2 ** 20;
  const own = { ...metricOf('disk.latency', { label: 'disk latency' }), dims: ['log2_us'] };
  const device = { ...metricOf('disk.device_latency', { label: 'device latency' }), dims: ['log2_us'] };
  const plain = headerOf({
    metrics: [
      { ...own, histogramOf: 'disk.ns' },
      { ...device, scope: 'device', histogramOf: 'disk.device_ns' },
    ],
  });
  const header = { ...plain, host: { ...plain.host, devices: [{ major: 254, minor: 0, device: 'vda' }] } };
  const records: StreamRecord[] = [
    started(7, 'reader'),
    sampleOf(0),
    {
      ...sampleOf(1, { 'disk.latency': [[7, 4, 9]] }),
      deviceCounters: {
        'disk.device_latency': [
          [vda, 4, 9],
          [vda, 12, 1],
        ],
      },
    },
  ];
  const text = linesOf(records, undefined, header).join('\n');
  expect(text).toMatch(/device latency +vda +10 timed, half below 16us, 99 % below 4\.1ms/);
  expect(summaryObject(snapshotAfter(records, header))).toMatchObject({
    devices: [
      { device: 'vda', histograms: { 'disk.device_latency': [0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1] } },
    ],
  });
});

describe('the last lines of a summary', () => {
  const closing = (records: readonly StreamRecord[], header = HEADER): string =>
    linesOf([...records, TRAILER], undefined, header)
      .slice(-6)
      .join('\n');

  it('say that every count is exact where it is', () => {
    expect(closing(COUNTED)).toContain('Nothing was lost: every count is exact.');
  });

  it('say what is no count', () => {
    const shared: StreamRecord = {
      type: 'loss',
      bootUs: START_US,
      kind: 'shared-steps',
      count: 3,
      metric: 'iomap.iter',
    };
    expect(closing([...COUNTED, shared])).not.toContain('every count is exact');
    expect(closing([...COUNTED, shared])).toMatch(/≈ 3 shared out .*: steps/);
  });

  it('say of whom something cannot be counted', () => {
    const uncovered = started(8, 'bytes', { uncovered: { 'iomap.read_bytes': 'no symbols' } });
    const text = closing([...COUNTED, uncovered]);
    expect(text).not.toContain('every count is exact');
    expect(text).toContain('– no symbols: bytes (8)');
  });

  it('say that an import is as exact as what it was made from', () => {
    const header = { ...HEADER, probes: [{ id: 'import', variant: 'import', state: 'attached' as const }] };
    expect(closing(COUNTED, header)).toContain('Imported: as exact as what it was made from.');
    expect(closing(COUNTED, header)).not.toContain('every count');
  });

  it('show what is not covered as – with the reason', () => {
    const refused: StreamRecord = {
      type: 'probe',
      bootUs: START_US,
      id: 'iomap',
      variant: null,
      state: 'refused',
      reason: 'no such tracepoint',
    };
    const text = linesOf([sampleOf(0), refused, sampleOf(1), TRAILER]).join('\n');
    expect(text).toContain('iomap (no variant refused): –, not covered');
    expect(text).not.toContain('every count is exact');
    expect(text).toContain('– probe iomap is refused: no such tracepoint');
  });
});

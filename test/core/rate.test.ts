/** Readings that come too close to each other: a late one, and 22 ms after it the next, in time. */
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import { mostPerSecond } from '../../src/core/rate.ts';
import type { SampleRecord, StreamRecord } from '../../src/core/record.ts';
import { createState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { intervalLine } from '../../src/report/interval.ts';
import { rateNow } from '../../src/screen/signals/series.ts';
import { createSession, foldInto } from '../../src/session/session.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const HEADER = headerOf({
  metrics: [
    metricOf('iomap.iter', { lane: true }),
    metricOf('iomap.by_order', { dims: ['order', 'node'] }),
    metricOf('disk.sda.busy_ms', { probe: 'host', scope: 'host', unit: 'ms' }),
    metricOf('vm.pgfault', { probe: 'host', scope: 'host' }),
  ],
});

/** All of it grows by 1,000 a second, in bursts or not; the disk is busy all the time. */
const at = (seq: number, seconds: number, more: Partial<SampleRecord> = {}): SampleRecord =>
  sampleOf(
    seq,
    { 'iomap.iter': [[7, seconds * 1000]], 'iomap.by_order': [[7, 2, 0, seconds * 1000]] },
    {
      bootUs: START_US + seconds * 1e6,
      host: { 'disk.sda.busy_ms': seconds * 1000, 'vm.pgfault': seconds * 1000 },
      ...more,
    },
  );

const LATE = [at(0, 0), at(1, 1), at(2, 2.9), at(3, 2.922), at(4, 4)];

const rateOfRow = (records: readonly StreamRecord[]): number => {
  const snapshot = snapshotAfter(records, HEADER);
  return rateNow(snapshot, 'iomap.iter', snapshot.rows[0]?.metrics['iomap.iter']?.delta ?? Number.NaN);
};

describe('a reading too soon after the last', () => {
  it('counts at once, and grows with the next one', () => {
    const rates = LATE.map((_, index) => rateOfRow(LATE.slice(0, index + 1)));
    expect(rates.slice(1).map(Math.round)).toEqual([1000, 1000, 1000, 1000]);
    const totals = LATE.map(
      (_, index) => snapshotAfter(LATE.slice(0, index + 1), HEADER).rows[0]?.metrics['iomap.iter']?.total,
    );
    expect(totals).toEqual([0, 1000, 2900, 2922, 4000]);
    const { counted, breakdown, rows, totals: sums } = snapshotAfter(LATE, HEADER);
    expect(counted.intervalUs).toBe(1_100_000);
    expect(breakdown(rows[0]?.id ?? '', 'iomap.by_order')).toEqual([
      { key: [2, 0], total: 4000, delta: 1100 },
    ]);
    expect(sums['iomap.iter']).toMatchObject({ total: 4000, delta: 1100 });
  });

  it('is a blank in the past, of processes and of the machine', () => {
    const { history } = snapshotAfter(LATE, HEADER);
    const { NaN: unknown } = Number;
    expect([...history.countedUs(4)]).toEqual([1e6, 1.9e6, unknown, 1.1e6]);
    expect([...history.hostUs(4)]).toEqual([1e6, 1.9e6, unknown, 1.1e6]);
    expect([...history.row('7@?', 'iomap.iter', 4)]).toEqual([1000, 1900, 0, 1100]);
    expect([...history.host('disk.sda.busy_ms', 4)]).toEqual([1000, 1900, 0, 1100]);
    expect(snapshotAfter(LATE.slice(0, 4), HEADER).hostIntervalUs).toBe(1_900_000);
  });

  it('is not a tick of its own for insight, which sees no more than there was', () => {
    const session = createSession(HEADER);
    const ticks = LATE.map((record) => {
      foldInto(session, record);
      return session.watch?.insight.ticks;
    });
    expect(ticks[3]).toBe(ticks[2]);
    const seen = [...(session.watch?.readings.hostRates.values() ?? [])];
    expect(Math.max(...seen)).toBeLessThanOrEqual(1000);
  });

  it('is reported in NDJSON as it came, so that sums are the totals', () => {
    const lines = LATE.map(
      (_, index) =>
        intervalLine(snapshotAfter(LATE.slice(0, index + 1), HEADER)) as {
          countedMs: number;
          pids: { delta: Record<string, number> }[];
          host: Record<string, number>;
        },
    );
    const deltas = lines.map(({ pids }) => pids[0]?.delta['iomap.iter'] ?? 0);
    expect(deltas).toEqual([0, 1000, 1900, 22, 1078]);
    expect(lines.map(({ countedMs }) => countedMs)).toEqual([0, 1000, 1900, 22, 1078]);
    expect(lines.map(({ host }) => host['vm.pgfault'])).toEqual([0, 1000, 1900, 22, 1078]);
  });

  it('several in a row are one with what comes after them', () => {
    const many = [at(0, 0), at(1, 1), at(2, 1.1), at(3, 1.2), at(4, 1.3), at(5, 2)];
    expect(Math.round(rateOfRow(many.slice(0, 4)))).toBe(1000);
    expect(Math.round(rateOfRow(many))).toBe(1000);
    expect(snapshotAfter(many, HEADER).counted.intervalUs).toBe(1_000_000);
  });

  it('is none for what comes first after a gap, part of which was counted while probes attached', () => {
    const gap: StreamRecord = {
      type: 'gap',
      bootUs: START_US + 5e6,
      fromBootUs: START_US + 1e6,
      reason: 'crash',
    };
    const again = (seq: number, seconds: number, value: number): SampleRecord =>
      sampleOf(seq, { 'iomap.iter': [[7, value]] }, { bootUs: START_US + seconds * 1e6, epoch: 1 });
    // Three seconds of attaching, reported half a second after its end.
    const records = [at(0, 0), at(1, 1), gap, again(2, 5.5, 3500), again(3, 6.5, 4500)];
    const [first, second] = [records.slice(0, 4), records].map((some) => snapshotAfter(some, HEADER));
    expect(rateOfRow(records.slice(0, 4))).toBeNaN();
    expect(rateOfRow(records)).toBe(1000);
    expect(first?.coverageNow['iomap.iter']).toBe('lower-bound');
    expect(second?.coverageNow['iomap.iter']).toBe('exact');
    // All of it counts.
    expect(second?.totals['iomap.iter']?.total).toBe(1000 + 4500);
    const session = createSession(HEADER);
    for (const record of records) foldInto(session, record);
    const rates = [...(session.watch?.readings.processes.values() ?? [])].map(
      (of) => of.get('iomap.iter') ?? 0,
    );
    expect(Math.max(0, ...rates)).toBeLessThanOrEqual(1000);
  });
});

describe('what the host reads out', () => {
  it('is over the time between its own readings, where the tracer was read late', () => {
    const records = [
      at(0, 0),
      at(1, 1, { hostUs: START_US + 1_400_000, host: { 'disk.sda.busy_ms': 1400 } }),
      at(2, 2, { host: { 'disk.sda.busy_ms': 2000 } }),
    ];
    const snapshots = records.map((_, index) => snapshotAfter(records.slice(0, index + 1), HEADER));
    expect(snapshots.map(({ hostIntervalUs }) => hostIntervalUs)).toEqual([0, 1_400_000, 600_000]);
    expect(snapshots.map(({ host }) => host['disk.sda.busy_ms']?.delta)).toEqual([0, 1400, 600]);
  });

  it('is never more than all of the time of a device, a CPU, a stall', () => {
    const header = headerOf();
    expect(mostPerSecond('disk.nvme0n1.busy_ms', header)).toBe(1000);
    expect(mostPerSecond('disk.nvme0n1.queue_ms', header)).toBe(Number.POSITIVE_INFINITY);
    expect(mostPerSecond('psi.io.some_us', header)).toBe(1e6);
    expect(mostPerSecond('cpu.busy_ms', header)).toBe(2000);
    expect(mostPerSecond('vm.pgfault', header)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is a share of the time since the sample before the last that was in time, for our own cost', () => {
    const snapshot = takeSnapshotOf(LATE.slice(0, 4));
    // 10 ms a sample: over 22 ms they would be 45 %.
    expect(snapshot.self.cpuPercent).toBeLessThan(2);
  });
});

const takeSnapshotOf = (records: readonly StreamRecord[]) => {
  const state = createState(HEADER);
  for (const record of records) fold(state, record);
  return takeSnapshot(state);
};

import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const header = headerOf({
  metrics: [
    metricOf('iomap.iter'),
    metricOf('proc.rss_bytes', { probe: 'host', kind: 'gauge', unit: 'bytes' }),
    metricOf('proc.minor_faults', { probe: 'host' }),
  ],
});
const rss = (seq: number, ...entries: readonly [number, number][]): StreamRecord =>
  sampleOf(seq, { 'iomap.iter': [[7, seq]], 'proc.rss_bytes': entries });
const who: StreamRecord = { type: 'process', bootUs: START_US, pid: 7, startMs: 10, comm: 'a' };
const gone: StreamRecord = { type: 'exit', bootUs: START_US, pid: 7, startMs: 10, comm: 'a' };

describe('a level of a process', () => {
  it('is what was last read, up or down, and never added up', () => {
    const { rows, totals } = snapshotAfter([who, rss(1, [7, 500]), rss(2, [7, 300])], header);
    expect(rows[0]?.metrics['proc.rss_bytes']).toEqual({ total: 300, delta: 300 });
    expect(totals).not.toHaveProperty('proc.rss_bytes');
  });

  it('stays where it is while it is not mentioned', () => {
    const { rows, history } = snapshotAfter(
      [who, rss(1, [7, 500]), rss(2), rss(3), rss(4, [7, 300]), rss(5)],
      header,
    );
    expect(rows[0]?.metrics['proc.rss_bytes']?.total).toBe(300);
    expect([...history.row(rows[0]?.id ?? '', 'proc.rss_bytes', 6)]).toEqual([
      ...[Number.NaN, 500, 500, 500, 300, 300],
    ]);
  });

  it('has no value after the end of the process', () => {
    const { rows, history } = snapshotAfter([who, rss(1, [7, 500]), gone, rss(2), rss(3)], header);
    expect(rows[0]?.metrics['proc.rss_bytes']?.total).toBe(500);
    expect([...history.row(rows[0]?.id ?? '', 'proc.rss_bytes', 3)]).toEqual([500, Number.NaN, Number.NaN]);
  });

  it('begins anew with the next life of the PID', () => {
    const next: StreamRecord = { type: 'process', bootUs: START_US, pid: 7, startMs: 900, comm: 'b' };
    const { rows } = snapshotAfter([who, rss(1, [7, 500]), gone, next, rss(2, [7, 20])], header);
    expect(rows.map(({ comm, metrics }) => [comm, metrics['proc.rss_bytes']?.total]).sort()).toEqual([
      ['a', 500],
      ['b', 20],
    ]);
  });

  it('is read from the kernel itself: a gap of the tracer takes nothing from it', () => {
    const gap: StreamRecord = { type: 'gap', bootUs: START_US + 9, fromBootUs: START_US, reason: 'died' };
    const { coverage } = snapshotAfter([who, rss(1, [7, 500]), gap, rss(2)], header);
    expect(coverage['proc.rss_bytes']?.coverage).toBe('exact');
    expect(coverage['iomap.iter']?.coverage).toBe('lower-bound');
  });
});

describe('what cannot be counted for one process', () => {
  it('is told with its reason, until the process becomes another program', () => {
    const told: StreamRecord = { ...who, uncovered: { 'python.gc0': 'no markers' } };
    expect(snapshotAfter([told, rss(1, [7, 5])], header).rows[0]?.uncovered).toEqual({
      'python.gc0': 'no markers',
    });
    expect(snapshotAfter([told, rss(1, [7, 5]), who], header).rows[0]?.uncovered).toEqual({});
  });
});

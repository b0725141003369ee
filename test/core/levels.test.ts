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

  it('is a lower bound once a process with such a count has ended: nobody read what it did last', () => {
    const faults = sampleOf(1, { 'proc.minor_faults': [[7, 23]] });
    const covered = (...records: StreamRecord[]) =>
      snapshotAfter([who, faults, ...records], header).coverage['proc.minor_faults'];
    expect(covered(sampleOf(2))).toEqual({ coverage: 'exact', reasons: [] });
    expect(covered(gone, sampleOf(2))).toEqual({
      coverage: 'lower-bound',
      reasons: ['what a process did between its last reading and its end is not known'],
    });
    expect(snapshotAfter([who, rss(1, [7, 500]), gone], header).coverage['proc.rss_bytes']?.coverage).toBe(
      'exact',
    );
  });

  it('is read from the kernel itself: a gap of the tracer takes nothing from it', () => {
    const gap: StreamRecord = { type: 'gap', bootUs: START_US + 9, fromBootUs: START_US, reason: 'died' };
    const { coverage } = snapshotAfter([who, rss(1, [7, 500]), gap, rss(2)], header);
    expect(coverage['proc.rss_bytes']?.coverage).toBe('exact');
    expect(coverage['iomap.iter']?.coverage).toBe('lower-bound');
  });
});

describe('what cannot be counted for one process', () => {
  it('is reported with its reason, until the process becomes another program', () => {
    const reported: StreamRecord = { ...who, uncovered: { 'python.gc0': 'no markers' } };
    expect(snapshotAfter([reported, rss(1, [7, 5])], header).rows[0]?.uncovered).toEqual({
      'python.gc0': 'no markers',
    });
    expect(snapshotAfter([reported, rss(1, [7, 5]), who], header).rows[0]?.uncovered).toEqual({});
  });
});

describe('a process of which nothing could be counted', () => {
  it('has a row that says why, though it is over and counted nothing', () => {
    const reported: StreamRecord = { ...who, uncovered: { 'python.arenas': 'gone' } };
    const ended: StreamRecord = {
      type: 'exit',
      bootUs: START_US + 5,
      pid: 7,
      startMs: who.startMs,
      comm: 'a',
    };
    const { rows } = snapshotAfter([reported, ended, sampleOf(1)], header);
    expect(rows).toMatchObject([{ pid: 7, metrics: {}, uncovered: { 'python.arenas': 'gone' } }]);
    expect(snapshotAfter([who, ended, sampleOf(1)], header).rows).toEqual([]);
  });
});

describe('a process of our own', () => {
  it('is one until it becomes another program, and stays one after its end', () => {
    const own: StreamRecord = { ...who, own: true };
    const ended: StreamRecord = { type: 'exit', bootUs: START_US, pid: 7, startMs: who.startMs, comm: 'a' };
    expect(snapshotAfter([own, rss(1, [7, 5]), ended], header).rows[0]).toMatchObject({ own: true });
    expect(snapshotAfter([own, rss(1, [7, 5]), who], header).rows[0]).not.toHaveProperty('own');
    expect(snapshotAfter([who, rss(1, [7, 5]), { ...ended, own: true }], header).rows[0]?.own).toBe(true);
  });
});

describe('who a process was', () => {
  const exit: StreamRecord = { type: 'exit', bootUs: START_US, pid: 7, startMs: 10, comm: 'sleep' };

  it('stays with it: earlier names, and that it shared its PID', () => {
    const reported: StreamRecord = { ...exit, formerly: ['bash'], shared: 'PID 7 was of two' };
    const { rows } = snapshotAfter([who, rss(1, [7, 5]), reported, exit], header);
    expect(rows[0]).toMatchObject({ comm: 'sleep', formerly: ['bash'], shared: 'PID 7 was of two' });
    expect(snapshotAfter([who, rss(1, [7, 5])], header).rows[0]).not.toHaveProperty('formerly');
  });

  it('and what nobody could look up is not covered', () => {
    const unnamed = { ...header, unnamed: 'another namespace' };
    const { coverage } = snapshotAfter([who, rss(1, [7, 5])], unnamed);
    expect(coverage['proc.rss_bytes']).toEqual({ coverage: 'not-covered', reasons: ['another namespace'] });
    expect(coverage['iomap.iter']?.coverage).toBe('exact');
  });
});

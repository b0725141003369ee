import { describe, expect, it } from 'vitest';
import { between } from '../../src/core/between.ts';
import type { LossRecord, StreamRecord } from '../../src/core/record.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const loss = (kind: LossRecord['kind'], metric: string): StreamRecord => ({
  type: 'loss',
  bootUs: START_US,
  kind,
  count: 1,
  metric,
});
const gap = (seconds: number): StreamRecord => ({
  type: 'gap',
  bootUs: START_US + seconds * 1e6,
  fromBootUs: START_US,
  reason: 'crash',
});
const probe = (state: 'attached' | 'refused' | 'detached', reason?: string): StreamRecord => ({
  type: 'probe',
  bootUs: START_US,
  id: 'iomap',
  variant: 'tracepoint',
  state,
  ...(reason === undefined ? {} : { reason }),
});

const nowAfter = (...records: StreamRecord[]) => snapshotAfter(records).coverageNow['iomap.iter'];
const coverageAfter = (...records: StreamRecord[]) => snapshotAfter(records).coverage['iomap.iter'];

describe('coverage', () => {
  it('is exact while nothing speaks against it, and judges only what probes count', () => {
    const { coverage } = snapshotAfter([]);
    expect(coverage['iomap.iter']).toEqual({ coverage: 'exact', reasons: [] });
    expect(Object.keys(coverage)).toEqual(['iomap.iter', 'iomap.seek_max_ns', 'iomap.by_order']);
  });

  it('is none where the probe is refused or detached, and says why', () => {
    expect(coverageAfter(probe('refused', 'no such tracepoint'))).toEqual({
      coverage: 'not-covered',
      reasons: ['probe iomap is refused: no such tracepoint'],
    });
    expect(coverageAfter(probe('detached'))?.coverage).toBe('not-covered');
    expect(coverageAfter(probe('detached'), probe('attached'))?.coverage).toBe('exact');
  });

  it('doubts what the kernel skipped runs of, and nothing else', () => {
    const { coverage } = snapshotAfter([loss('missed-runs', 'iomap.iter')]);
    expect(coverage['iomap.iter']).toEqual({
      coverage: 'estimate',
      reasons: [
        'the kernel skipped 1 run of its programs: another BPF program ran on that CPU; too low or too high, by how much is not known',
      ],
    });
    expect(coverage['iomap.by_order']?.coverage).toBe('exact');
  });

  it('is a lower bound where the budget dropped it, for as long as it did, and keeps what was counted', () => {
    const letGo: StreamRecord = {
      type: 'probe',
      bootUs: START_US + 2e6,
      id: 'iomap',
      variant: null,
      state: 'detached',
      reason: 'over the budget',
      uncounted: ['iomap.iter'],
    };
    const sample = (bootUs: number): StreamRecord => ({ ...sampleOf(1), bootUs });
    const back: StreamRecord = {
      ...letGo,
      bootUs: START_US + 7e6,
      state: 'attached',
      variant: 'tracepoint',
      uncounted: [],
    };
    expect(coverageAfter(letGo, sample(START_US + 5e6))).toEqual({
      coverage: 'lower-bound',
      reasons: ['not counted for 3.0 s: its events cost more than the budget'],
    });
    // What it counted stays; what it would count now is not zero.
    expect(nowAfter(letGo, sample(START_US + 5e6))).toBe('not-covered');
    expect(coverageAfter(letGo, back, sample(START_US + 9e6))).toEqual({
      coverage: 'lower-bound',
      reasons: ['not counted for 5.0 s: its events cost more than the budget'],
    });
    expect(snapshotAfter([letGo]).coverage['iomap.seek_max_ns']?.coverage).toBe('not-covered');
  });

  it('is an estimate where a variant counts it so: its total from then on, its growth for as long as it does', () => {
    const why = '1 call in 8 counted as 8';
    const sampled: StreamRecord = {
      type: 'probe',
      bootUs: START_US + 2e6,
      id: 'iomap',
      variant: 'sampled',
      state: 'attached',
      estimated: { 'iomap.iter': why },
    };
    expect(coverageAfter(sampled)).toEqual({
      coverage: 'estimate',
      reasons: [why],
    });
    expect(nowAfter(sampled)).toBe('estimate');
    expect(nowAfter(sampled, probe('attached'))).toBe('exact');
    expect(coverageAfter(sampled, probe('attached'))).toEqual({ coverage: 'estimate', reasons: [why] });
    const header = headerOf({
      probes: [{ id: 'iomap', variant: 'sampled', state: 'attached', estimated: { 'iomap.iter': why } }],
    });
    expect(snapshotAfter([], header).coverage['iomap.iter']?.coverage).toBe('estimate');
    expect(snapshotAfter([sampled]).coverage['iomap.by_order']?.coverage).toBe('exact');
  });

  it('is an estimate where some of it was shared out', () => {
    expect(coverageAfter(loss('shared-steps', 'iomap.iter'), gap(1))).toEqual({
      coverage: 'estimate',
      reasons: [
        '1 shared out by time among processes that did the same at once',
        '1 gap in counting (1.0 s)',
      ],
    });
  });

  it('is an estimate with its bound where some of it may have been counted twice', () => {
    expect(coverageAfter(loss('over-steps', 'iomap.iter'), loss('over-steps', 'iomap.iter'))).toEqual({
      coverage: 'estimate',
      reasons: ['too high by 2 at most: data waiting for copy-on-write is looked up twice'],
    });
  });

  it('is a lower bound where calls may have done more than could be seen', () => {
    expect(coverageAfter(loss('least-steps', 'iomap.iter'))).toEqual({
      coverage: 'lower-bound',
      reasons: ['1 call may have done more than could be seen'],
    });
  });

  it('is a lower bound where a program is not counted, in every later interval too', () => {
    const unseen = 'programs begun since it attached are not counted, or ended before that could be known';
    const snapshot = snapshotAfter([
      loss('unseen-program', 'iomap.iter'),
      loss('unseen-program', 'iomap.iter'),
      ...[0, 1, 2].map((seq) => sampleOf(seq, { 'iomap.iter': [[7, seq]] })),
    ]);
    expect(snapshot.coverage['iomap.iter']).toEqual({ coverage: 'lower-bound', reasons: [`2 ${unseen}`] });
    expect(snapshot.coverageNow['iomap.iter']).toBe('lower-bound');
    expect(snapshot.coverage['iomap.by_order']?.coverage).toBe('exact');
  });

  it('is a lower bound for the metric whose map is full, not for others', () => {
    const { coverage, losses } = snapshotAfter([loss('map-full', 'iomap.iter')]);
    expect(coverage['iomap.iter']).toEqual({
      coverage: 'lower-bound',
      reasons: ['kernel map full (64 keys)'],
    });
    expect(coverage['iomap.by_order']?.coverage).toBe('exact');
    expect(losses.mapFull).toEqual(['iomap.iter']);
  });

  it('is no bound where what is missing decides what a count is taken for', () => {
    const eitherWay = headerOf({
      metrics: [metricOf('python.heap_grown', { probe: 'python', eitherWay: true })],
    });
    const doubts = [loss('unseen-program', 'python.heap_grown'), loss('map-full', 'python.heap_grown')];
    for (const doubt of doubts) {
      const snapshot = snapshotAfter(
        [doubt, gap(1), sampleOf(0, { 'python.heap_grown': [[7, 1]] })],
        eitherWay,
      );
      const { coverage, reasons } = snapshot.coverage['python.heap_grown'] ?? {};
      expect(coverage).toBe('estimate');
      expect(reasons?.[0]).toMatch(/: too low or too high, by how much is not known$/);
      expect(snapshot.coverageNow['python.heap_grown']).toBe('estimate');
    }
  });

  it('is no bound where it may be too high for one reason and too low for another', () => {
    for (const kind of ['missed-runs', 'shared-steps', 'over-steps'] as const)
      expect(coverageAfter(loss('least-steps', 'iomap.iter'), loss(kind, 'iomap.iter'))?.coverage).toBe(
        'estimate',
      );
  });

  it('is a lower bound after gaps, with their number and length', () => {
    expect(coverageAfter(gap(2))?.reasons).toEqual(['1 gap in counting (2.0 s)']);
    expect(coverageAfter(gap(2), gap(0.5))).toEqual({
      coverage: 'lower-bound',
      reasons: ['2 gaps in counting (2.5 s)'],
    });
  });

  it('is a lower bound beyond 2^53', () => {
    expect(coverageAfter(loss('imprecise', 'iomap.iter'))).toEqual({
      coverage: 'lower-bound',
      reasons: ['beyond 2^53, last digits lost'],
    });
  });

  it('shows the worst and gives every reason', () => {
    const both = coverageAfter(gap(1), loss('map-full', 'iomap.iter'), probe('detached', 'it died'));
    expect(both?.coverage).toBe('not-covered');
    expect(both?.reasons).toHaveLength(3);
  });

  it('does not judge a metric by a probe the session does not know', () => {
    const header = headerOf({ metrics: [metricOf('own.count')] });
    expect(snapshotAfter([], header).coverage['own.count']?.coverage).toBe('exact');
  });
});

describe('coverage of the last interval', () => {
  const nowAfter = (...records: StreamRecord[]) => snapshotAfter(records).coverageNow['iomap.iter'];
  const sampleAt = (seconds: number, epoch = 0): StreamRecord => ({
    ...sampleOf(seconds),
    epoch,
  });

  it('is a lower bound in the interval that a gap fell in, and exact in all after it', () => {
    const before = [sampleAt(0), sampleAt(1)];
    const broken: StreamRecord = { ...gap(4), fromBootUs: START_US + 1e6 } as StreamRecord;
    expect(nowAfter(...before, broken, sampleAt(5, 1))).toBe('lower-bound');
    expect(nowAfter(...before, broken, sampleAt(5, 1), sampleAt(6, 1))).toBe('exact');
    expect(coverageAfter(...before, broken, sampleAt(5, 1), sampleAt(6, 1))?.coverage).toBe('lower-bound');
  });

  it('is an estimate only where something was shared out in it', () => {
    const shared: StreamRecord = { ...loss('shared-steps', 'iomap.iter'), bootUs: START_US + 2e6 };
    expect(nowAfter(sampleAt(0), sampleAt(1), shared, sampleAt(2))).toBe('estimate');
    expect(nowAfter(sampleAt(0), sampleAt(1), shared, sampleAt(2), sampleAt(3))).toBe('exact');
    expect(coverageAfter(sampleAt(0), shared, sampleAt(2), sampleAt(3))?.coverage).toBe('estimate');
  });

  it('is none while the budget has dropped it, though the total stays a lower bound', () => {
    const letGo: StreamRecord = {
      ...probe('detached', 'over the budget'),
      bootUs: START_US + 1e6,
      uncounted: ['iomap.iter'],
    } as StreamRecord;
    expect(nowAfter(sampleAt(0), sampleAt(1), letGo, sampleAt(2))).toBe('not-covered');
    expect(coverageAfter(sampleAt(0), sampleAt(1), letGo, sampleAt(2))?.coverage).toBe('lower-bound');
  });

  it('stays what it is where a map is full', () => {
    expect(nowAfter(sampleAt(0), loss('map-full', 'iomap.iter'), sampleAt(1))).toBe('lower-bound');
  });
});

describe('coverage of a stretch', () => {
  const records: StreamRecord[] = [
    sampleOf(0),
    sampleOf(1),
    { ...gap(3), fromBootUs: START_US + 1e6 } as StreamRecord,
    sampleOf(4, {}, { epoch: 1 }),
    sampleOf(5, {}, { epoch: 1 }),
    sampleOf(6, {}, { epoch: 1 }),
  ];
  const until = (count: number) => snapshotAfter(records.slice(0, count));

  it('knows of the gaps in it, and of no other', () => {
    const after = between(until(5), until(6));
    expect(after.coverage['iomap.iter']).toEqual({ coverage: 'exact', reasons: [] });
    const across = between(until(2), until(6));
    expect(across.coverage['iomap.iter']).toEqual({
      coverage: 'lower-bound',
      reasons: ['1 gap in counting (2.0 s)'],
    });
  });
});

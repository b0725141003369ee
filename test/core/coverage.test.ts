import { describe, expect, it } from 'vitest';
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

  it('is a lower bound where the budget let go of it, for as long as it did, and keeps what was counted', () => {
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
    expect(coverageAfter(letGo, back, sample(START_US + 9e6))).toEqual({
      coverage: 'lower-bound',
      reasons: ['not counted for 5.0 s: its events cost more than the budget'],
    });
    expect(snapshotAfter([letGo]).coverage['iomap.seek_max_ns']?.coverage).toBe('not-covered');
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

  it('is a lower bound for the metric whose map is full, not for others', () => {
    const { coverage, losses } = snapshotAfter([loss('map-full', 'iomap.iter')]);
    expect(coverage['iomap.iter']).toEqual({
      coverage: 'lower-bound',
      reasons: ['kernel map full (64 keys)'],
    });
    expect(coverage['iomap.by_order']?.coverage).toBe('exact');
    expect(losses.mapFull).toEqual(['iomap.iter']);
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

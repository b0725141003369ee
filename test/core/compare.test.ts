import { describe, expect, it } from 'vitest';
import { between } from '../../src/core/between.ts';
import { compareSides } from '../../src/core/compare.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { foldAll, sampleOf, snapshotAfter } from '../helpers/stream.ts';

/** The same every time. */
const noise = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const series = (length: number, seed: number, level: number): number[] => {
  const random = noise(seed);
  return Array.from({ length }, () => level * (0.5 + random()));
};

describe('two stretches of time', () => {
  it('of hundreds of series without a change: hardly any is called one', () => {
    const side = (seed: number) =>
      new Map(Array.from({ length: 400 }, (_, index) => [`s${index}`, series(120, seed + index * 7, 100)]));
    const changes = compareSides(side(1), side(90_001), { before: 120, after: 120 });
    expect(changes.filter(({ confidence }) => confidence >= 0.95).length).toBeLessThanOrEqual(4);
  });

  it('a change stands out, with its size, also one from nothing and one to nothing', () => {
    const before = new Map([
      ['triple', series(60, 1, 10)],
      ['gone', series(60, 2, 5)],
      ['same', series(60, 3, 7)],
    ]);
    const after = new Map([
      ['triple', series(60, 4, 30)],
      ['new', series(60, 5, 5)],
      ['same', series(60, 6, 7)],
    ]);
    const byKey = new Map(
      compareSides(before, after, { before: 60, after: 60 }).map((one) => [one.key, one]),
    );
    expect(byKey.get('triple')?.ratio).toBeGreaterThan(2.5);
    expect(byKey.get('triple')?.ratio).toBeLessThan(3.5);
    for (const key of ['triple', 'new', 'gone'])
      expect(byKey.get(key)?.confidence, key).toBeGreaterThan(0.99);
    expect(byKey.get('new')?.ratio).toBe(Number.POSITIVE_INFINITY);
    expect(byKey.get('gone')?.ratio).toBe(0);
    expect(byKey.get('same')?.confidence).toBeLessThan(0.95);
  });

  it('too short for any certainty give none', () => {
    const [change] = compareSides(new Map([['a', [1, 1, 1]]]), new Map([['a', [9, 9, 9]]]), {
      before: 3,
      after: 3,
    });
    expect(change).toMatchObject({ before: 1, after: 9, confidence: 0 });
  });

  it('a slow drift within each side is not seen as many independent values', () => {
    const walk = (seed: number): number[] => {
      const random = noise(seed);
      let value = 100;
      return Array.from({ length: 2_000 }, () => {
        value += random() - 0.5;
        return value;
      });
    };
    const changes = Array.from({ length: 40 }, (_, index) => index).flatMap((index) =>
      compareSides(new Map([['w', walk(index + 1)]]), new Map([['w', walk(index + 501)]]), {
        before: 2_000,
        after: 2_000,
      }),
    );
    // By all 2,000 values nearly every pair would be certain.
    expect(changes.filter(({ confidence }) => confidence > 0.999_999).length).toBeLessThan(20);
  });
});

describe('what a session did between two moments', () => {
  const records: StreamRecord[] = [
    sampleOf(0, {
      'iomap.iter': [
        [7, 10],
        [8, 5],
      ],
      'iomap.seek_max_ns': [[7, 100]],
    }),
    sampleOf(
      1,
      { 'iomap.iter': [[7, 30]], 'iomap.by_order': [[7, 2, 0, 4]] },
      { host: { 'vm.pgfault': 100 } },
    ),
    { type: 'mark', bootUs: 1, text: 'before' },
    { type: 'loss', bootUs: 1, kind: 'lost-events', count: 2 },
    sampleOf(
      2,
      { 'iomap.iter': [[7, 35]], 'iomap.by_order': [[7, 2, 0, 9]] },
      { host: { 'vm.pgfault': 130 } },
    ),
    { type: 'loss', bootUs: 1, kind: 'lost-events', count: 5 },
    sampleOf(3, { 'iomap.iter': [[9, 1]] }),
  ];
  const earlier = snapshotAfter(records.slice(0, 2));
  const stretch = between(earlier, snapshotAfter(records));

  it('is the difference of totals, without those who did nothing', () => {
    expect(stretch.rows.map(({ pid, metrics }) => [pid, metrics['iomap.iter']?.total])).toEqual([
      [7, 5],
      [9, 1],
    ]);
    expect(stretch.totals['iomap.iter']?.total).toBe(6);
    expect(stretch.host['vm.pgfault']?.total).toBe(30);
    expect(stretch.losses.lostEvents).toBe(7);
    expect(stretch.samples).toBe(2);
    expect(stretch.breakdown('7@?', 'iomap.by_order')).toEqual([{ key: [2, 0], total: 5, delta: 0 }]);
  });

  it('leaves a largest value open that may not be of this stretch', () => {
    const row = stretch.rows.find(({ pid }) => pid === 7);
    expect(row?.metrics['iomap.seek_max_ns']).toBeUndefined();
    expect(row?.uncovered['iomap.seek_max_ns']).toContain('before this stretch');
  });

  it('does not change the snapshots it is made of', () => {
    expect(earlier.totals['iomap.iter']?.total).toBe(35);
    expect(foldAll(records).totals.get('iomap.iter')?.total).toBe(41);
  });
});

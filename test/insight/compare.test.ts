import { describe, expect, it } from 'vitest';
import { between } from '../../src/core/between.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { compareSides } from '../../src/insight/compare.ts';
import { addToPeriod, createPeriod, endSample, type Period } from '../../src/insight/period.ts';
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

const sideOf = (values: ReadonlyMap<string, readonly number[]>, maxSeries?: number): Period => {
  const side = createPeriod(maxSeries);
  const length = Math.max(...[...values.values()].map((one) => one.length));
  for (let at = 0; at < length; at += 1) {
    for (const [key, one] of values) addToPeriod(side, key, one[at] ?? 0);
    endSample(side);
  }
  return side;
};

describe('two stretches of time', () => {
  it('of hundreds of series without a change: hardly any is called one', () => {
    const side = (seed: number) =>
      sideOf(
        new Map(Array.from({ length: 400 }, (_, index) => [`s${index}`, series(120, seed + index * 7, 100)])),
      );
    const changes = compareSides(side(1), side(90_001));
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
    const byKey = new Map(compareSides(sideOf(before), sideOf(after)).map((one) => [one.key, one]));
    expect(byKey.get('triple')?.ratio).toBeGreaterThan(2.5);
    expect(byKey.get('triple')?.ratio).toBeLessThan(3.5);
    for (const key of ['triple', 'new', 'gone'])
      expect(byKey.get(key)?.confidence, key).toBeGreaterThan(0.99);
    expect(byKey.get('new')?.ratio).toBe(Number.POSITIVE_INFINITY);
    expect(byKey.get('gone')?.ratio).toBe(0);
    expect(byKey.get('same')?.confidence).toBeLessThan(0.95);
  });

  it('too short for any certainty give none', () => {
    const [change] = compareSides(sideOf(new Map([['a', [1, 1, 1]]])), sideOf(new Map([['a', [9, 9, 9]]])));
    expect(change).toMatchObject({ before: 1, after: 9, confidence: 0 });
  });

  it('a storm that began two seconds before the moment, and did not last, is a thousandfold', () => {
    const storm = (before: number[], after: number[]) => {
      const [change] = compareSides(sideOf(new Map([['iter', before]])), sideOf(new Map([['iter', after]])), {
        adjoining: true,
      });
      return change?.moved ?? 0;
    };
    const quiet = (count: number): number[] => Array.from({ length: count }, () => 0);
    const loud = (count: number): number[] => Array.from({ length: count }, () => 4_000_000);
    // Means differ by a factor of less than ten, and ranks are not sure.
    expect(storm([...quiet(10), ...loud(2)], [...loud(6), ...quiet(20)])).toBeGreaterThanOrEqual(3);
    expect(storm([...quiet(10), ...loud(2)], loud(3))).toBeGreaterThanOrEqual(3);
    // Too short for any certainty, and past doubt all the same.
    expect(storm(quiet(2), loud(2))).toBeGreaterThanOrEqual(3);
    // It ends two seconds after the moment.
    expect(storm(loud(10), [...loud(2), ...quiet(10)])).toBeGreaterThanOrEqual(3);
    // One event where there was none is no thousandfold, nor is noise.
    expect(storm(quiet(10), [...quiet(9), 1])).toBeLessThan(1);
    expect(storm(series(60, 1, 100), series(60, 2, 100))).toBeLessThan(1);
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
      compareSides(sideOf(new Map([['w', walk(index + 1)]])), sideOf(new Map([['w', walk(index + 501)]]))),
    );
    // By all 2,000 values nearly every pair would be certain.
    expect(changes.filter(({ confidence }) => confidence > 0.999_999).length).toBeLessThan(20);
  });
});

describe('the order of what moved', () => {
  const SERVICES = Array.from({ length: 12 }, (_, index) => `cpu\u0000service${index}`);
  /** What a service uses, between lively (half of all) and steady. */
  const usual = (index: number, seed: number, times = 1): number[] => {
    const random = noise(seed * 97 + index);
    const level = 10 * (index + 1);
    const spread = index % 2 === 0 ? 0.5 : 0.04;
    return Array.from({ length: 300 }, () => times * level * (1 + spread * (random() - 0.5)));
  };
  const all = (seed: number, times: (index: number) => number = () => 1) =>
    sideOf(new Map(SERVICES.map((key, index) => [key, usual(index, seed, times(index))])));

  it('is that of surprise: a steady series that moved comes before a lively one that moved more', () => {
    for (let faulty = 1; faulty < 12; faulty += 2) {
      // A lively neighbour uses a quarter more, as it often does; the faulty one a fifth more, as it never does.
      const after = all(7, (index) => (index === faulty ? 1.2 : index === 4 ? 1.25 : 1));
      const [first] = compareSides(all(3), after);
      expect(first?.key).toBe(SERVICES[faulty]);
      expect(first?.surprise).toBeGreaterThan(5);
    }
  });

  it('is that of what moved beyond the load that all share', () => {
    for (let faulty = 0; faulty < 12; faulty += 1) {
      const after = all(7, (index) => (index === faulty ? 5 : 2.5));
      const changes = compareSides(all(3), after);
      expect(changes[0]?.key).toBe(SERVICES[faulty]);
      expect(changes[0]?.common).toBeCloseTo(2.5, 0);
      for (const { surprise } of changes.slice(1)) expect(surprise).toBeLessThan(6);
    }
  });

  it('does not blame who did not follow the load', () => {
    const changes = compareSides(
      all(3),
      all(7, (index) => (index === 5 ? 1 : 2.5)),
    );
    expect(changes.find(({ key }) => key === SERVICES[5])?.surprise).toBeLessThan(2);
  });

  it('measures who is new by what others of its metric usually do', () => {
    const small = new Map(SERVICES.map((key, index) => [key, usual(index, 7, index === 3 ? 3 : 1)]));
    const quiet = Array.from({ length: 300 }, () => 1);
    const changes = compareSides(all(3), sideOf(new Map([...small, ['cpu\u0000helper', quiet]])));
    expect(changes[0]?.key).toBe(SERVICES[3]);
    expect(changes.find(({ key }) => key === 'cpu\u0000helper')?.surprise).toBeLessThan(3);
  });

  it('says where the shift lies', () => {
    const [change] = compareSides(
      sideOf(new Map([['a', series(200, 1, 100)]])),
      sideOf(new Map([['a', series(200, 2, 160)]])),
    );
    const [least, most] = change?.shiftWithin ?? [0, 0];
    expect(least).toBeLessThan(60);
    expect(most).toBeGreaterThan(60);
    expect(most - least).toBeLessThan(40);
  });
});

describe('a stretch of any length', () => {
  it('takes no more room than its series, and says the same means', () => {
    const long = sideOf(new Map([['a', series(100_000, 3, 10)]]));
    const [sums] = [...long.series.values()];
    expect(sums?.length).toBeLessThan(1_000);
    const tail = sideOf(new Map([['a', series(100_000, 3, 10).map((value) => 2 * value)]]));
    const [change] = compareSides(long, tail);
    expect(change?.before).toBeCloseTo(
      series(100_000, 3, 10).reduce((sum, one) => sum + one, 0) / 100_000,
      1,
    );
    expect(change?.ratio).toBeCloseTo(2, 9);
    expect(change?.confidence).toBeGreaterThan(0.999);
  });

  it('counts what came late, or ended early, over all of its length', () => {
    const side = createPeriod();
    for (let at = 0; at < 1_000; at += 1) {
      if (at >= 750) addToPeriod(side, 'late', 4);
      endSample(side);
    }
    const empty = createPeriod();
    for (let at = 0; at < 1_000; at += 1) endSample(empty);
    expect(compareSides(side, empty)[0]?.before).toBeCloseTo(1, 1);
  });

  it('of too many series the least of each metric go, and are counted', () => {
    const many = new Map(
      Array.from({ length: 300 }, (_, index) => [
        `m${index % 2}\u0000${index}`,
        [index % 2 ? 1e9 * index : index],
      ]),
    );
    const side = sideOf(many, 100);
    expect(side.series.size).toBeLessThanOrEqual(100);
    expect(side.leftOut + side.series.size).toBe(300);
    expect([...side.series.keys()]).toEqual(expect.arrayContaining(['m0\u0000298', 'm1\u0000299']));
    expect([...side.series.keys()].filter((key) => key.startsWith('m0')).length).toBeGreaterThan(20);
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

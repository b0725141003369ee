import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CostNow, createCostWindows, LEAST_GAP_MS, USUAL_GAP_MS } from '../../src/budget/windows.ts';

const now = (seconds: number, change: Partial<CostNow> = {}): CostNow => ({
  atMs: seconds * 1_000,
  total: 0.001,
  limit: 0.02,
  busyCpus: 1,
  isBlind: false,
  ...change,
});

/** A reading a second: in which of them a window began. */
const begun = (readings: readonly CostNow[]): number[] => {
  const windows = createCostWindows(0);
  return readings.flatMap((reading) => {
    if (!windows.wants(reading)) return [];
    windows.began(reading);
    return [reading.atMs];
  });
};
const minutes = (count: number, change: (second: number) => Partial<CostNow> = () => ({})) =>
  Array.from({ length: count * 60 }, (_, second) => now(second, change(second)));

describe('windows of the kernel’s statistics', () => {
  it('are one soon after the start, and one a minute from then on, while nothing happens', () => {
    expect(begun(minutes(60)).length).toBe(60);
    expect(begun(minutes(1, () => ({ total: 0, busyCpus: 0.1 })))).toEqual([LEAST_GAP_MS]);
  });

  it('are the first within two seconds of a load, which no idle machine has put off', () => {
    expect(begun(minutes(1))).toEqual([2_000]);
    const from = (start: number) =>
      begun(minutes(1, (second) => (second < start ? { total: 0, busyCpus: 0.1 } : { total: 0.004 })));
    expect(from(0)).toEqual([2_000]);
    expect(from(4)).toEqual([4_000]);
  });

  it('begin when the estimate is several times what it was at the last, however small it is', () => {
    const load = (second: number) => ({ total: second < 30 ? 0.003 : 0.015 });
    expect(begun(minutes(1, load))).toEqual([2_000, 30_000]);
    const windows = createCostWindows(0);
    expect(windows.knows({ total: 0 })).toBe(false);
    windows.began(now(2, { total: 0.003 }));
    expect(windows.knows({ total: 0.005 })).toBe(true);
    expect(windows.knows({ total: 0.015 })).toBe(false);
    // What it measured it knows, whatever was estimated before.
    windows.measured(0.5);
    expect(windows.knows({ total: 0.5 })).toBe(true);
  });

  it('begin at once when the estimate is over the budget, or near it and rising, but not for staying near it', () => {
    expect(begun([now(1), now(2, { total: 0.021 })])).toEqual([2_000]);
    expect(begun([now(1), now(2, { total: 0.011 })])).toEqual([2_000]);
    expect(begun(minutes(1, () => ({ total: 0.012 })))).toEqual([0]);
    expect(begun(minutes(1, (second) => ({ total: second < 30 ? 0.012 : 0.018 })))).toEqual([0, 30_000]);
  });

  it('begin when the machine works much more, which counts may not say, and when no counts come', () => {
    expect(begun(minutes(1, (second) => ({ busyCpus: second < 30 ? 1 : 2 })))).toEqual([2_000, 30_000]);
    expect(begun(minutes(1, () => ({ isBlind: true }))).length).toBe(6);
  });

  it('never begin within ten seconds of each other, whatever happens, and always within a minute', () => {
    const anything = fc.record({
      pauseMs: fc.nat(30_000),
      total: fc.double({ min: 0, max: 10, noNaN: true }),
      busyCpus: fc.double({ min: 0, max: 64, noNaN: true }),
      isBlind: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 300 }), (steps) => {
        let atMs = 0;
        const readings = steps.map(({ pauseMs, ...change }) => {
          atMs += pauseMs;
          return { ...now(0, change), atMs };
        });
        const starts = begun(readings);
        for (const [index, start] of starts.entries()) {
          const before = starts[index - 1] ?? Number.NEGATIVE_INFINITY;
          expect(start - before).toBeGreaterThanOrEqual(LEAST_GAP_MS);
        }
        for (const { atMs: readMs } of readings) {
          const last = starts.filter((start) => start <= readMs).at(-1) ?? 0;
          expect(readMs - last).toBeLessThan(USUAL_GAP_MS);
        }
      }),
    );
  });
});

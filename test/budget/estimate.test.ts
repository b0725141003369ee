import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Measured, typicalRunNs } from '../../src/budget/cost.ts';
import { createCostEstimate } from '../../src/budget/estimate.ts';
import type { CountedRuns } from '../../src/core/cost-facts.ts';

const REAL = { isVirtual: false, isEmulated: false };
const SCRIPT: readonly CountedRuns[] = [
  { metric: 'iomap.iter', owner: 'iomap', runs: { tracepoint: 1 } },
  { metric: 'iomap.seek_hole', owner: 'iomap', runs: { tracepoint: 2 } },
  { metric: 'vm.pgfault', owner: 'page-alloc', runs: { tracepoint: 0.5 } },
];
const SECOND = 1_000;
const TYPICAL_NS = typicalRunNs('tracepoint', REAL);
const grown = (counts: Readonly<Record<string, number>>) => new Map(Object.entries(counts));
const window = (runs: number, ns: number, owner: string | null = 'iomap'): readonly Measured[] => [
  { owner, provider: 'tracepoint', runs, ns },
];

describe('the estimated cost of the probes', () => {
  it('is counts, by the runs they stand for and what a run takes', () => {
    const shares = createCostEstimate(REAL).of(
      SCRIPT,
      grown({ 'iomap.iter': 1_000_000, 'iomap.seek_hole': 100, 'vm.pgfault': 40_000 }),
      2 * SECOND,
    );
    expect(shares.get('iomap')).toBeCloseTo((1_000_200 * TYPICAL_NS) / 2e9, 10);
    expect(shares.get('page-alloc')).toBeCloseTo((20_000 * TYPICAL_NS) / 2e9, 10);
  });

  it('learns from a window what a run takes here', () => {
    const estimate = createCostEstimate(REAL);
    const load = grown({ 'iomap.iter': 1_000_000 });
    estimate.of(SCRIPT, load, SECOND);
    // 100,000 runs in a tenth of a second, as the counts say, of 800 ns each.
    expect(estimate.learn(window(100_000, 8e7), 100)).toBeCloseTo(0.8);
    expect(estimate.again().get('iomap')).toBeCloseTo(0.8);
    expect(estimate.of(SCRIPT, load, SECOND).get('iomap')).toBeCloseTo(0.8);
    expect(estimate.of(SCRIPT, grown({ 'iomap.iter': 10_000 }), SECOND).get('iomap')).toBeCloseTo(0.008);
    estimate.forget('iomap');
    expect(estimate.of(SCRIPT, load, SECOND).get('iomap')).toBeCloseTo((1e6 * TYPICAL_NS) / 1e9);
  });

  it('holds what no count stands for once three windows have found it, in the mean of them', () => {
    const estimate = createCostEstimate(REAL);
    const quiet = grown({});
    estimate.of(SCRIPT, quiet, SECOND);
    for (const share of [0, 0, 0.06]) {
      estimate.learn([...window(300_000, 6e6), ...window(1_000, 1e6, null)], 100);
      expect(estimate.of(SCRIPT, quiet, SECOND).get('iomap')).toBeCloseTo(share);
      expect(estimate.lasting().get('iomap')).toBeCloseTo(share);
    }
    const next = estimate.of(SCRIPT, grown({ 'iomap.iter': 500_000 }), SECOND);
    expect(next.get('iomap')).toBeCloseTo(0.06 + (500_000 * 20) / 1e9);
    expect(next.get('frame')).toBeCloseTo(0.01);
    estimate.of(SCRIPT, quiet, SECOND);
    estimate.learn(window(0, 0), 100);
    expect(estimate.of(SCRIPT, quiet, SECOND).get('iomap')).toBeCloseTo(0.04);
    for (const _ of [1, 2]) estimate.learn(window(0, 0), 100);
    expect(estimate.of(SCRIPT, quiet, SECOND).get('iomap')).toBe(0);
  });

  it('holds it at once where one window has found it for a whole second', () => {
    const estimate = createCostEstimate(REAL);
    // As on a file system whose steps run a program each and are no count: 0.1 % by the counts, and half of a CPU.
    const seeks = grown({ 'iomap.seek_hole': 2_000 });
    expect(estimate.of(SCRIPT, seeks, SECOND).get('iomap')).toBeLessThan(0.002);
    estimate.learn(window(2_000_000, 4.5e8), 900);
    expect(estimate.of(SCRIPT, seeks, SECOND).get('iomap')).toBeCloseTo(0.5);
    expect(estimate.of(SCRIPT, grown({}), SECOND).get('iomap')).toBeGreaterThan(0.4);
  });

  it('learns that counts stand for fewer runs than the script says', () => {
    const estimate = createCostEstimate(REAL);
    const load = grown({ 'iomap.iter': 1_000_000 });
    estimate.of(SCRIPT, load, SECOND);
    for (const share of [0.27, 0.27, 0.0675]) {
      estimate.learn(window(25_000, 25_000 * 270), 100);
      expect(estimate.of(SCRIPT, load, SECOND).get('iomap')).toBeCloseTo(share);
    }
  });

  it('takes neither a burst nor a pause that one window met for the whole', () => {
    const estimate = createCostEstimate(REAL);
    const load = grown({ 'iomap.iter': 10_000 });
    const steady = (10_000 * TYPICAL_NS) / 1e9;
    estimate.of(SCRIPT, load, SECOND);
    for (const runs of [3_000, 0, 0, 3_000, 0, 0]) {
      estimate.learn(window(runs, runs * TYPICAL_NS), 100);
      expect(estimate.of(SCRIPT, load, SECOND).get('iomap')).toBeCloseTo(steady, 10);
    }
  });

  it('takes no ghost from a load that began or ended around the window', () => {
    const ended = createCostEstimate(REAL);
    ended.of(SCRIPT, grown({ 'iomap.iter': 1_000_000 }), SECOND);
    for (const _ of [1, 2, 3]) ended.learn(window(100_000, 100_000 * TYPICAL_NS), 100);
    expect(ended.of(SCRIPT, grown({}), SECOND).get('iomap')).toBeCloseTo(0);
    const began = createCostEstimate(REAL);
    began.of(SCRIPT, grown({}), SECOND);
    for (const _ of [1, 2, 3]) began.learn(window(100_000, 100_000 * TYPICAL_NS), 100);
    const load = grown({ 'iomap.iter': 1_000_000 });
    expect(began.of(SCRIPT, load, SECOND).get('iomap')).toBeCloseTo(TYPICAL_NS / 1e3);
    expect(began.of(SCRIPT, grown({}), SECOND).get('iomap')).toBeCloseTo(0);
  });

  it('of a steady load is, after three windows, what they measured, if the counts are not far too high', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 20, max: 20_000 }),
        (perSecond, windowRuns, runNs) => {
          const estimate = createCostEstimate(REAL);
          const load = grown({ 'iomap.iter': perSecond });
          estimate.of(SCRIPT, load, SECOND);
          let measured = 0;
          for (const _ of [1, 2, 3]) measured = estimate.learn(window(windowRuns, windowRuns * runNs), 100);
          const next = estimate.of(SCRIPT, load, SECOND).get('iomap') ?? 0;
          const trusted = windowRuns >= 100 ? runNs : TYPICAL_NS;
          expect(next).toBeGreaterThanOrEqual(measured - 1e-9);
          expect(next).toBeLessThanOrEqual(Math.max(measured, (perSecond * trusted) / 8e9) + 1e-9);
        },
      ),
    );
  });
});

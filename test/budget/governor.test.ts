import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BudgetStep,
  createGovernor,
  type Governor,
  LOOK_MS,
  MAX_WAIT_MS,
} from '../../src/budget/governor.ts';

const SECOND = 1_000;
const LADDERS = [
  { probe: 'faults', rungs: 3 },
  { probe: 'inode', rungs: 2 },
];
/** Above this share of a CPU nothing is looked at, at a budget of 2 %. */
const TOO_MUCH = 0.1;

const reading = (atMs: number, shares: Readonly<Record<string, number>>, busyCpus = 1) => ({
  atMs,
  shares: new Map(Object.entries(shares)),
  busyCpus,
});

/** A reading a second, of a load that depends on which rung each probe stands on. */
const run = (
  governor: Governor,
  seconds: number,
  load: (second: number, rungs: Readonly<Record<string, number>>) => Readonly<Record<string, number>>,
) => {
  const rungs: Record<string, number> = { faults: 0, inode: 0 };
  const steps: (BudgetStep & { second: number })[] = [];
  for (let second = 0; second < seconds; second += 1) {
    for (const step of governor.observe(reading(second * SECOND, load(second, rungs)))) {
      rungs[step.probe] = step.rung;
      steps.push({ ...step, second });
    }
  }
  return { rungs, steps };
};

describe('the budget', () => {
  it('leaves alone what stays below it', () => {
    const { steps } = run(createGovernor(LADDERS, 0.02), 600, () => ({ faults: 0.012, inode: 0.007 }));
    expect(steps).toEqual([]);
  });

  it('is a share of the work going on', () => {
    const governor = createGovernor(LADDERS, 0.02);
    for (let second = 0; second < 10; second += 1) {
      expect(governor.observe(reading(second * SECOND, { faults: 0.1 }, 8))).toEqual([]);
    }
    expect(governor.observe(reading(10 * SECOND, { faults: 0.1 }, 1))).toHaveLength(1);
  });

  it('takes the costliest down at once when it is far over, at the second reading when it is just over, and never at the first of all', () => {
    const far = createGovernor(LADDERS, 0.02);
    expect(far.observe(reading(0, { faults: 0.4, inode: 0.01 }))).toEqual([]);
    expect(far.observe(reading(SECOND, { faults: 0.4, inode: 0.01 }))).toEqual([
      { probe: 'faults', direction: 'down', rung: 1, share: 0.4, limit: 0.02 },
    ]);
    const just = createGovernor(LADDERS, 0.02);
    just.observe(reading(-SECOND, {}));
    expect(just.observe(reading(0, { faults: 0.03 }))).toEqual([]);
    expect(just.observe(reading(SECOND, { faults: 0.03 }))).toMatchObject([{ probe: 'faults', rung: 1 }]);
  });

  it('takes as many down at once as it takes for the others to stay within it, and no more', () => {
    const both = createGovernor(LADDERS, 0.02);
    both.observe(reading(0, {}));
    const steps = both.observe(reading(SECOND, { faults: 0.3, inode: 0.2 }));
    expect(steps.map(({ probe, rung }) => [probe, rung])).toEqual([
      ['faults', 1],
      ['inode', 1],
    ]);
    const one = createGovernor(LADDERS, 0.02);
    one.observe(reading(0, {}));
    expect(one.observe(reading(SECOND, { faults: 0.3, inode: 0.015 })).map(({ probe }) => probe)).toEqual([
      'faults',
    ]);
  });

  it('does not judge what belongs to no probe, which nothing it can do makes less', () => {
    const { steps } = run(createGovernor(LADDERS, 0.02), 60, () => ({ frame: 0.5, faults: 0.015 }));
    expect(steps).toEqual([]);
  });

  it('drops one high reading', () => {
    const { steps } = run(createGovernor(LADDERS, 0.02), 300, (second) => ({
      faults: second % 2 === 0 ? 0.03 : 0.001,
    }));
    expect(steps).toEqual([]);
  });

  it('goes down as far as it takes, and not beyond the last rung', () => {
    const { rungs, steps } = run(createGovernor(LADDERS, 0.02), 60, () => ({ faults: 0.5, inode: 0.3 }));
    expect(rungs).toEqual({ faults: 2, inode: 1 });
    expect(steps.map(({ direction }) => direction)).toEqual(['down', 'down', 'down']);
  });

  it('goes up again when it has been calm, the way it came', () => {
    const { rungs, steps } = run(createGovernor(LADDERS, 0.02), 600, (second, rungs) =>
      second < 20 && rungs.faults !== 2 ? { faults: 0.5 } : { faults: 0.001 },
    );
    expect(rungs.faults).toBe(0);
    expect(steps.map(({ direction }) => direction)).toEqual(['down', 'down', 'up', 'up']);
    expect(steps[2]!.second).toBeGreaterThanOrEqual(20 + 30);
  });

  it('does not flap: a load that comes back whenever it is counted is tried ever more rarely', () => {
    const hours = 4;
    const { steps } = run(createGovernor(LADDERS, 0.02), hours * 3600, (_, rungs) =>
      rungs.inode === 0 ? { inode: 0.4 } : {},
    );
    const ups = steps.filter(({ direction }) => direction === 'up');
    // 60 s, 120 s, … and then every 16 minutes.
    expect(ups.length).toBeLessThanOrEqual(5 + (hours * 3600 * SECOND) / MAX_WAIT_MS);
    expect(ups.length).toBeGreaterThan(3);
  });

  it('looks at what it would drop of for as long as a finding takes, and drops it then', () => {
    const { steps } = run(createGovernor(LADDERS, 0.02), 40, () => ({ inode: 0.09 }));
    expect(steps.map(({ probe, rung }) => [probe, rung])).toEqual([['inode', 1]]);
    expect(steps[0]?.second).toBeGreaterThanOrEqual(LOOK_MS / SECOND);
    expect(steps[0]?.second).toBeLessThanOrEqual(LOOK_MS / SECOND + 3);
  });

  it('does not look at what costs far too much, nor step others down in its stead', () => {
    expect(
      run(createGovernor(LADDERS, 0.02), 5, () => ({ inode: TOO_MUCH + 0.01 })).steps.map(
        ({ second }) => second,
      ),
    ).toEqual([1]);
    const beside = run(createGovernor(LADDERS, 0.02), 10, () => ({ inode: 0.09, faults: 0.015 }));
    expect(beside.steps).toEqual([]);
  });

  it('takes a load that comes and goes for one look', () => {
    const { steps } = run(createGovernor(LADDERS, 0.02), 40, (second) => ({
      inode: second % 3 === 0 ? 0.001 : 0.09,
    }));
    expect(steps[0]?.second).toBeLessThanOrEqual(LOOK_MS / SECOND + 5);
  });

  it('keeps to the budget in the mean, looking at what costs too much every now and then', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.021, max: TOO_MUCH, noNaN: true }), (cost) => {
        const ladders = [{ probe: 'inode', rungs: 2 }];
        const hours = 2;
        let spent = 0;
        const { steps } = run(createGovernor(ladders, 0.02), hours * 3600, (_, rungs) => {
          const share = rungs.inode === 0 ? cost : 0;
          spent += share;
          return { inode: share };
        });
        expect(spent / (hours * 3600)).toBeLessThanOrEqual(0.02);
        expect(steps.filter(({ direction }) => direction === 'up').length).toBeGreaterThan(5);
      }),
    );
  });

  it('never leaves its ladder, moves one rung at a time, and gives what it started time to settle', () => {
    const shares = fc.record({
      faults: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
      inode: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ shares, pauseMs: fc.nat(120_000) }), { maxLength: 400 }),
        (readings) => {
          const governor = createGovernor(LADDERS, 0.02);
          const rungs: Record<string, number> = { faults: 0, inode: 0 };
          let atMs = 0;
          let lastMs = Number.NEGATIVE_INFINITY;
          for (const { shares, pauseMs } of readings) {
            atMs += pauseMs;
            const steps = governor.observe(reading(atMs, shares));
            if (steps.length === 0) continue;
            expect(new Set(steps.map(({ probe }) => probe)).size).toBe(steps.length);
            const total = shares.faults + shares.inode;
            for (const step of steps) {
              expect(step.rung - (rungs[step.probe] ?? 0)).toBe(step.direction === 'down' ? 1 : -1);
              expect(step.rung).toBeGreaterThanOrEqual(0);
              expect(step.rung).toBeLessThan(LADDERS.find(({ probe }) => probe === step.probe)?.rungs ?? 0);
              if (step.direction === 'down') expect(total).toBeGreaterThan(0.02);
              else expect(total).toBeLessThanOrEqual(0.01);
              rungs[step.probe] = step.rung;
            }
            // All but the last were not enough.
            if (steps[0]?.direction === 'down') {
              const spared = steps.slice(0, -1).reduce((sum, { share }) => sum + share, 0);
              expect(total - spared).toBeGreaterThan(0.02);
            } else expect(steps.length).toBe(1);
            expect(atMs - lastMs).toBeGreaterThanOrEqual(2_500);
            lastMs = atMs;
          }
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createGrowth } from '../../src/sources/growth.ts';

it('grows by what each process counted, though keys of the dead are deleted and PIDs come back', () => {
  const growth = createGrowth();
  growth.counter('iomap.iter', [
    [1, 10],
    [2, 5],
  ]);
  growth.host('vm.pgfault', 1_000);
  expect(growth.take()).toEqual(
    new Map([
      ['iomap.iter', 15],
      ['vm.pgfault', 0],
    ]),
  );
  growth.counter('iomap.iter', [
    [2, 7],
    [3, 4],
  ]);
  growth.counter('iomap.iter', [
    [1, 3],
    [2, 1],
  ]);
  growth.host('vm.pgfault', 1_250);
  expect(growth.take()).toEqual(
    new Map([
      ['iomap.iter', 2 + 4 + 3 + 1],
      ['vm.pgfault', 250],
    ]),
  );
  growth.restart();
  growth.counter('iomap.iter', [[2, 6]]);
  expect(growth.take().get('iomap.iter')).toBe(6);
});

it('never loses a count of a process that lives on', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(50), { minLength: 3, maxLength: 3 })), (steps) => {
      const growth = createGrowth();
      const totals = [0, 0, 0];
      let grown = 0;
      for (const step of steps) {
        for (const [pid, by] of step.entries()) totals[pid] = (totals[pid] ?? 0) + by;
        growth.counter(
          'm',
          totals.map((total, pid) => [pid + 1, total]),
        );
        grown += growth.take().get('m') ?? 0;
      }
      expect(grown).toBe(totals.reduce((sum, one) => sum + one, 0));
    }),
  );
});

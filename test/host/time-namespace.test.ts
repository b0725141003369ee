import { expect, it } from 'vitest';
import { parseTimeShift } from '../../src/host/time-namespace.ts';

it('reads how far the clocks of a time namespace are ahead of the kernel, or behind', () => {
  expect(parseTimeShift('monotonic           0         0\nboottime          500         0\n')).toEqual({
    monotonicUs: 0,
    bootUs: 500e6,
  });
  expect(parseTimeShift('monotonic          -1 500000000\nboottime           -10         0\n')).toEqual({
    monotonicUs: -500_000,
    bootUs: -10e6,
  });
  expect(parseTimeShift('')).toEqual({ monotonicUs: 0, bootUs: 0 });
});

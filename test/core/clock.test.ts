import { describe, expect, it } from 'vitest';
import { bootUsAt, realMsAt } from '../../src/core/clock.ts';

describe('the two clocks of a session', () => {
  const anchor = { bootUs: 5_000_000, realMs: 1_700_000_000_000 };

  it('gives a moment before and after the anchor its wall time, to the microsecond', () => {
    expect(realMsAt(anchor, 5_000_000)).toBe(1_700_000_000_000);
    expect(realMsAt(anchor, 6_500_500)).toBe(1_700_000_001_500.5);
    expect(realMsAt(anchor, 0)).toBe(1_699_999_995_000);
  });

  it('gives a wall time its moment, in whole microseconds', () => {
    expect(bootUsAt(anchor, 1_700_000_001_500.5)).toBe(6_500_500);
    expect(bootUsAt(anchor, 1_700_000_000_000.25)).toBe(5_000_250);
  });
});

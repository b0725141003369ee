import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountOf, advance, forgetPid, hostStep, keyOf, type Ledger } from '../../src/core/ledger.ts';

const next = (ledger: Ledger, entry: readonly number[], metric = 'm') =>
  advance(accountOf(ledger, metric), keyOf(entry), entry.at(-1) ?? 0);

describe('the next reading of a key', () => {
  it('says what is new since the last, and whether anything is', () => {
    const ledger: Ledger = new Map();
    expect(next(ledger, [7, 5])).toEqual({ delta: 5, changed: true });
    expect(next(ledger, [7, 5])).toEqual({ delta: 0, changed: false });
    expect(next(ledger, [7, 8])).toEqual({ delta: 3, changed: true });
  });

  it('is all new when it is below the last: the kernel deleted the key and began again', () => {
    const ledger: Ledger = new Map();
    next(ledger, [7, 5]);
    expect(next(ledger, [7, 2])).toEqual({ delta: 2, changed: true });
    expect(next(ledger, [7, 6])).toEqual({ delta: 4, changed: true });
  });

  it('the first one changes something, even at zero', () => {
    expect(next(new Map(), [7, 0])).toEqual({ delta: 0, changed: true });
  });

  it('is compared with that of the same metric, process and dimensions', () => {
    const ledger: Ledger = new Map();
    next(ledger, [7, 5]);
    expect(next(ledger, [8, 5]).delta).toBe(5);
    expect(next(ledger, [7, 5], 'other').delta).toBe(5);
    expect(next(ledger, [7, 1, 5]).delta).toBe(5);
    expect(next(ledger, [7, 2, 5]).delta).toBe(5);
    expect(next(ledger, [7, 1, 6]).delta).toBe(1);
  });

  it('of a PID that was forgotten is all new, though it is above the last; not so with dimensions', () => {
    const ledger: Ledger = new Map();
    next(ledger, [7, 5]);
    next(ledger, [8, 5]);
    next(ledger, [7, 1, 5]);
    forgetPid(ledger, 7, []);
    expect(next(ledger, [7, 6]).delta).toBe(6);
    expect(next(ledger, [8, 6]).delta).toBe(1);
    expect(next(ledger, [7, 1, 6]).delta).toBe(1);
  });
});

it('takes a fall of a host counter for a reset when it fell far, and for nothing when it fell a little', () => {
  let last = 1_000_000;
  const grown = [999_990, 1_000_005, 20, 30, 0, 7].map((value) => {
    const step = hostStep(last, value);
    last = step.last;
    return step.delta;
  });
  expect(grown).toEqual([0, 5, 20, 10, 0, 7]);
});

it('never loses a count of a process that lives on', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(50), { minLength: 3, maxLength: 3 })), (steps) => {
      const ledger: Ledger = new Map();
      const totals = [0, 0, 0];
      let grown = 0;
      for (const step of steps) {
        for (const [pid, by] of step.entries()) {
          totals[pid] = (totals[pid] ?? 0) + by;
          grown += next(ledger, [pid + 1, totals[pid] ?? 0]).delta;
        }
      }
      expect(grown).toBe(totals.reduce((sum, one) => sum + one, 0));
    }),
  );
});

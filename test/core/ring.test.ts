import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRing, readRing, writeRing } from '../../src/core/ring.ts';

describe('a ring', () => {
  it('reads blank where nothing was written, before, between and after', () => {
    const ring = createRing(8, Number.NaN);
    writeRing(ring, 2, 20);
    writeRing(ring, 5, 50);
    expect([...readRing(ring, 6, 8, Number.NaN)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      20,
      Number.NaN,
      Number.NaN,
      50,
      Number.NaN,
    ]);
    expect([...readRing(undefined, 3, 2, 0)]).toEqual([0, 0]);
  });

  it('drops the oldest: it is unknown then, and never shown under a later number', () => {
    const ring = createRing(4, 0);
    for (let sample = 0; sample < 10; sample += 1) writeRing(ring, sample, sample + 100);
    expect([...readRing(ring, 9, 6, 0)]).toEqual([Number.NaN, Number.NaN, 106, 107, 108, 109]);
    writeRing(ring, 1_000, 7);
    expect([...readRing(ring, 1_000, 5, 0)]).toEqual([Number.NaN, 0, 0, 0, 7]);
  });

  it('reads what a list would, for any writes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.record({ skip: fc.nat(12), value: fc.integer() }), { maxLength: 30 }),
        fc.nat(20),
        (capacity, writes, count) => {
          const ring = createRing(capacity, 0);
          const list: number[] = [];
          for (const { skip, value } of writes) {
            for (let index = 0; index < skip; index += 1) list.push(0);
            list.push(value);
            writeRing(ring, list.length - 1, value);
          }
          const end = list.length - 1;
          const held = (sample: number): number =>
            sample >= 0 && sample <= end - capacity ? Number.NaN : (list[sample] ?? 0);
          const expected = Array.from({ length: count }, (_, index) => held(end - count + 1 + index));
          expect([...readRing(ring, end, count, 0)]).toEqual(expected);
        },
      ),
    );
  });
});

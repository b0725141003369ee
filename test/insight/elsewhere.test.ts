import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstElsewhere, type Trouble } from '../../src/insight/elsewhere.ts';

const trouble = (host: string, startMs: number, more: Partial<Trouble> = {}): Trouble => ({
  host,
  title: 'Fsync storm',
  who: 'postgres (7)',
  startMs,
  endMs: startMs + 30_000,
  stepMs: 1_000,
  clockMs: 50,
  ...more,
});

describe('which host was in trouble first', () => {
  const own = trouble('web1', 100_000);

  it.each([
    ['nobody else', [own], null],
    ['12 s before', [own, trouble('db7', 88_000)], ['db7', 'before', 12_000]],
    ['later', [own, trouble('db7', 112_000)], null],
    [
      'apart by less than samples and clocks leave open',
      [own, trouble('db7', 98_000)],
      ['db7', 'together', 2_000],
    ],
    ['over for long', [own, trouble('db7', 1_000, { endMs: 39_000 })], null],
    ['over just before', [own, trouble('db7', 1_000, { endMs: 41_000 })], ['db7', 'before', 99_000]],
    [
      'two, the first of them',
      [trouble('db7', 90_000), own, trouble('nfs', 80_000)],
      ['nfs', 'before', 20_000],
    ],
    ['only a finding of its own', [own, trouble('web1', 10_000)], null],
  ] as const)('%s', (_, all, expected) => {
    const found = firstElsewhere(own, all);
    expect(found === null ? null : [found.trouble.host, found.order, found.byMs]).toEqual(expected);
  });

  it('is only as sure as clocks that were compared', () => {
    expect(firstElsewhere(own, [trouble('db7', 10_000, { endMs: 100_000, clockMs: null })])).toMatchObject({
      order: 'before',
      isCompared: false,
    });
  });

  it('is never both of two', () => {
    const ms = fc.integer({ min: 0, max: 200_000 });
    const one = (host: string) =>
      fc
        .record({ startMs: ms, clockMs: fc.option(fc.nat(5_000)) })
        .map((more) => trouble(host, 0, { endMs: 400_000, ...more }));
    fc.assert(
      fc.property(one('a'), one('b'), (a, b) => {
        const [ofA, ofB] = [firstElsewhere(a, [a, b]), firstElsewhere(b, [a, b])];
        return !(ofA?.order === 'before' && ofB?.order === 'before');
      }),
    );
  });
});

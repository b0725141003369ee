import { describe, expect, it } from 'vitest';
import { changeLines } from '../../src/report/compare.ts';

const side = { fromMs: 1_700_000_000_000, toMs: 1_700_000_060_000, samples: 60, leftOut: 0, host: 'lab' };

const change = (who: string, before: number, after: number) => ({
  key: `iomap.iter\u0000${who}`,
  before,
  after,
  ratio: after / before,
  confidence: 0.99,
  moved: Math.abs(Math.log10(after / before)),
  surprise: Math.abs(after - before) / before,
  shift: after - before,
  shiftWithin: null,
  spread: before,
  common: 1,
});

describe('the page of a comparison', () => {
  it('leaves out what is sure and hardly there, also of levels', () => {
    const page = changeLines(
      side,
      side,
      [change('7 hardly', 1_000, 1_040), change('8 really', 1_000, 1_300), change('9 less', 1_040, 1_000)],
      new Map(),
    ).join('\n');
    expect(page).toContain('really');
    expect(page).not.toContain('hardly');
    expect(page).not.toContain('less');
    expect(page).toContain('1 of 3 series changed');
  });

  it('leaves nothing out that moved a thousandfold, however many lines that takes and however unsure', () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...change(`${index} storm`, 1, 5_000),
      confidence: 0,
    }));
    const page = changeLines(side, side, [...many, change('99 twice', 10, 20)], new Map()).join('\n');
    expect(page.match(/ storm /g)).toHaveLength(60);
    expect(page).toContain('seen');
  });

  it('says what most series of a metric did together', () => {
    const together = [5, 6, 7].map((pid) => ({ ...change(`${pid} all`, 10, 21), common: 2.1 }));
    const page = changeLines(side, side, [...together, change('8 other', 1, 2)], new Map()).join('\n');
    expect(page.match(/moved together/g)).toHaveLength(1);
    expect(page).toContain('× 2.1 for most');
  });

  it('says of how many series nothing can be determined', () => {
    const [before] = changeLines({ ...side, leftOut: 1_200 }, side, [], new Map());
    expect(before).toContain('without 1,200 of the smallest series');
  });
});

import { describe, expect, it } from 'vitest';
import { changeLines } from '../../../src/views/report/compare.ts';

const side = { fromMs: 1_700_000_000_000, toMs: 1_700_000_060_000, samples: 60, leftOut: 0, host: 'lab' };

const change = (who: string, before: number, after: number) => ({
  key: `iomap.iter\u0000${who}`,
  before,
  after,
  ratio: after / before,
  confidence: 0.99,
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

  it('says of how many series nothing can be told', () => {
    const [before] = changeLines({ ...side, leftOut: 1_200 }, side, [], new Map());
    expect(before).toContain('without 1,200 of the smallest series');
  });
});

/** The scorers that the evaluation rests on, against cases that can be worked out by hand. */
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript without types
import { scoreNab } from '../../bench/insight/nab.mjs';

type Scored = { readonly points: number; readonly threshold: number };
const score = scoreNab as (files: object[], scores: number[][], profile: string, chosen?: number) => Scored;

const file = { values: new Array<number>(1000).fill(0), windows: [[400, 499]], probation: 150 };
const at = (...records: number[]): number[] =>
  file.values.map((_, index) => (records.includes(index) ? 1 : 0));

describe('the NAB scorer', () => {
  it('gives nothing to silence and everything to the first record of a window', () => {
    expect(score([file], [at()], 'standard').points).toBeCloseTo(0, 10);
    expect(score([file], [at(400)], 'standard').points).toBeCloseTo(100, 10);
    expect(score([file], [at(400)], 'lowFalsePositive').points).toBeCloseTo(100, 10);
  });

  it('gives less the later a window is found, and takes for what is found outside', () => {
    const points = (...records: number[]): number => score([file], [at(...records)], 'standard', 1).points;
    expect(points(450)).toBeLessThan(points(420));
    expect(points(490)).toBeLessThan(points(450));
    // Far from any window a false one costs its whole weight, of 2 between silence and perfection.
    expect(points(400, 200)).toBeCloseTo(100 - (100 * 0.11) / 2, 10);
    expect(points(400, 410)).toBeCloseTo(100, 10);
    expect(score([file], [at(400, 200)], 'lowFalsePositive', 1).points).toBeCloseTo(
      100 - (100 * 0.22) / 2,
      10,
    );
    // What begins a file is not looked at.
    expect(points(400, 100)).toBeCloseTo(100, 10);
  });
});

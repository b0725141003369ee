/**
 * What is different between two stretches of time: per series its rate (or level) before and after, how much that is,
 * and how sure. Samples that follow each other are alike, so each side is cut into at most `PARTS` parts of equal
 * length, whose means stand for themselves; two sides are compared by ranks (Mann-Whitney), which needs no shape of the
 * values, and with so many series compared at once chance is held down (Benjamini-Hochberg). Too few parts make
 * nothing certain.
 *
 * What is a thousand times as much needs no statistics, and is reported whatever they say: also where it had begun before
 * the moment that divides the sides, or did not last. So beside the means the usual level of a side (its median) and
 * the level next to that moment are compared, and one event, or one millisecond, is the least that counts as a level.
 */
import { type Period, partsOf } from './period.ts';

export type Change = {
  readonly key: string;
  /** Means. */
  readonly before: number;
  readonly after: number;
  /** after / before; Infinity when there was nothing before. */
  readonly ratio: number;
  /** 1 less the chance that this is chance, with all series in view. */
  readonly confidence: number;
  /** By how many orders of magnitude it moved, at most: of means, of usual levels, or of the time next to the moment. */
  readonly moved: number;
};

/** A change of so many orders of magnitude is reported without being sure. */
export const THOUSANDFOLD = 3;

export type CompareOptions = {
  /** What over all of a side is no more than nothing: one event, one millisecond. */
  readonly leastOf?: (key: string) => number;
  /** The one side ends where the other begins. */
  readonly adjoining?: boolean;
};

const PARTS = 20;
const LEAST_PARTS = 4;
/** As fine as a side is kept. */
const FINE_PARTS = 160;

/** Of all series of either side, the surest and largest first. A series that a side lacks was zero there. */
export const compareSides = (
  before: Period,
  after: Period,
  { leastOf = () => 1, adjoining = false }: CompareOptions = {},
): Change[] => {
  const keys = [...new Set([...before.series.keys(), ...after.series.keys()])];
  const raw = keys.map((key) => {
    const a = partsOf(before, key, PARTS);
    const b = partsOf(after, key, PARTS);
    const least = leastOf(key);
    const levels = {
      before: levelsOf(a, before.samples, least),
      after: levelsOf(b, after.samples, least),
    };
    const moved = Math.max(
      ordersOf(levels.before.mean, levels.after.mean),
      ordersOf(levels.before.usual, levels.after.usual),
      // A storm that had begun shortly before the moment is in both sides: what was usual before is compared.
      adjoining
        ? ordersOf(levels.before.usual, floored(nextTo(after, key, 'first'), after.samples, least))
        : 0,
      adjoining
        ? ordersOf(floored(nextTo(before, key, 'last'), before.samples, least), levels.after.usual)
        : 0,
    );
    return { key, before: mean(a), after: mean(b), chance: chanceOf(a, b), moved };
  });
  const adjusted = adjust(raw.map(({ chance }) => chance));
  return raw
    .map(({ chance: _chance, ...one }, index) => ({
      ...one,
      ratio: one.before === 0 ? (one.after === 0 ? 1 : Number.POSITIVE_INFINITY) : one.after / one.before,
      confidence: 1 - (adjusted[index] ?? 1),
    }))
    .sort(
      (a, b) =>
        Number(b.moved >= THOUSANDFOLD) - Number(a.moved >= THOUSANDFOLD) ||
        b.confidence - a.confidence ||
        sizeOf(b) - sizeOf(a),
    );
};

type Levels = { readonly mean: number; readonly usual: number };

const levelsOf = (parts: readonly number[], samples: number, least: number): Levels => ({
  mean: floored(mean(parts), samples, least),
  usual: floored(medianOf(parts), samples, least),
});

/** A rate below one event in all of the side cannot be distinguished from none. */
const floored = (level: number, samples: number, least: number): number =>
  Math.max(Math.abs(level), least / Math.max(1, samples));

const ordersOf = (a: number, b: number): number => Math.abs(Math.log10(b / a));

const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

const NEXT_TO_PARTS = 2;

/** The mean of the part of a side that lies at the moment. */
const nextTo = (side: Period, key: string, end: 'first' | 'last'): number => {
  const parts = partsOf(side, key, FINE_PARTS);
  const few = end === 'first' ? parts.slice(0, NEXT_TO_PARTS) : parts.slice(-NEXT_TO_PARTS);
  return mean(few);
};

/** How far apart, whichever is larger. */
export const sizeOf = ({ before, after }: Pick<Change, 'before' | 'after'>): number => {
  const [low, high] = [Math.min(before, after), Math.max(before, after)];
  return high === low ? 0 : Math.log10((Math.abs(high) + 1e-9) / (Math.abs(low) + 1e-9));
};

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Two-sided chance of ranks so far apart, by the normal approximation with correction for ties. */
const chanceOf = (a: readonly number[], b: readonly number[]): number => {
  if (a.length < LEAST_PARTS || b.length < LEAST_PARTS) return 1;
  const all = [
    ...a.map((value) => ({ value, first: true })),
    ...b.map((value) => ({ value, first: false })),
  ].sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + 1 + to) / 2;
    const tied = to - from;
    ties += tied ** 3 - tied;
    for (let at = from; at < to; at += 1) if (all[at]?.first === true) rankSum += rank;
    from = to;
  }
  const n = all.length;
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const middle = (a.length * b.length) / 2;
  const variance = ((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (variance <= 0) return 1;
  const z = Math.max(0, Math.abs(u - middle) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upperTail(z));
};

/** P(Z > z), Abramowitz and Stegun 26.2.17: off by less than 1e-7. */
const upperTail = (z: number): number => {
  const t = 1 / (1 + 0.231_641_9 * z);
  const poly =
    t *
    (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
};

/** Benjamini-Hochberg: the share of false ones among those at least as sure. */
const adjust = (chances: readonly number[]): number[] => {
  const order = chances.map((_, index) => index).sort((a, b) => (chances[a] ?? 1) - (chances[b] ?? 1));
  const adjusted = new Array<number>(chances.length).fill(1);
  let least = 1;
  for (let rank = order.length; rank >= 1; rank -= 1) {
    const index = order[rank - 1] ?? 0;
    least = Math.min(least, ((chances[index] ?? 1) * order.length) / rank);
    adjusted[index] = least;
  }
  return adjusted;
};

/**
 * What is different between two stretches of time: per series its rate (or level) before and after, how much that is,
 * how sure, and how surprising (surprise.ts), by which they are ranked. Samples that follow each other are alike, so each side is cut into at most `PARTS` parts of equal
 * length, whose means stand for themselves; two sides are compared by ranks (Mann-Whitney), which needs no shape of the
 * values, and with so many series compared at once chance is held down (Benjamini-Hochberg). Too few parts make
 * nothing certain.
 *
 * What is a thousand times as much needs no statistics, and is reported whatever they say: also where it had begun before
 * the moment that divides the sides, or did not last. So beside the means the usual level of a side (its median) and
 * the level next to that moment are compared, and one event, or one millisecond, is the least that counts as a level.
 */
import { type Period, partsOf } from './period.ts';
import { adjust, chanceOf, shiftBetween } from './ranks.ts';
import { quantile } from './statistics.ts';
import { type Sides, type Surprise, surprisesOf } from './surprise.ts';

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
  /** Where the shift of the median lies at 95 %; null where the parts are too few, or nothing moved. */
  readonly shiftWithin: readonly [least: number, most: number] | null;
} & Surprise;

/** A change of so many orders of magnitude is reported without being sure. */
export const THOUSANDFOLD = 3;

export type CompareOptions = {
  /** What over all of a side is no more than nothing: one event, one millisecond. */
  readonly leastOf?: (key: string) => number;
  /** The one side ends where the other begins. */
  readonly adjoining?: boolean;
};

const PARTS = 20;
/** Less likely by chance: worth asking by how much it moved. */
const MAYBE = 0.2;
/** As fine as a side is kept. */
const FINE_PARTS = 160;
/** Of those: the part of a side that lies at the moment. */
const NEXT_TO_PARTS = 2;

/** Of all series of either side, the most surprising first. A series that a side lacks was zero there. */
export const compareSides = (
  before: Period,
  after: Period,
  { leastOf = () => 1, adjoining = false }: CompareOptions = {},
): Change[] => {
  const keys = [...new Set([...before.series.keys(), ...after.series.keys()])];
  const fine = keys.map((key) => ({
    key,
    before: partsOf(before, key, FINE_PARTS),
    after: partsOf(after, key, FINE_PARTS),
    least: leastOf(key) / Math.max(1, before.samples),
  }));
  const surprises = surprisesOf(fine);
  const raw = keys.map((key, index) => {
    const a = partsOf(before, key, PARTS);
    const b = partsOf(after, key, PARTS);
    const steps = stepsOf({
      before,
      after,
      least: leastOf(key),
      parts: [a, b],
      fine: adjoining ? fine[index] : undefined,
    });
    const { surprise, shift, spread, common } = surprises[index] as Surprise;
    const chance = chanceOf(a, b);
    return {
      key,
      before: mean(a),
      after: mean(b),
      chance,
      moved: Math.max(...steps.map(ordersOf)),
      surprise: Math.max(
        surprise,
        ...steps.filter(isThousandfold).map(([from, to]) => Math.abs(to - from) / spread),
      ),
      shift,
      spread,
      common,
      shiftWithin: chance < MAYBE || surprise >= 1 ? shiftBetween(a, b) : null,
    };
  });
  const adjusted = adjust(raw.map(({ chance }) => chance));
  return raw
    .map(({ chance: _chance, ...one }, index) => ({
      ...one,
      ratio: one.before === 0 ? (one.after === 0 ? 1 : Number.POSITIVE_INFINITY) : one.after / one.before,
      confidence: 1 - (adjusted[index] ?? 1),
    }))
    .sort((a, b) => b.surprise - a.surprise || b.confidence - a.confidence || sizeOf(b) - sizeOf(a));
};

type Step = readonly [from: number, to: number];

type Compared = {
  readonly before: Period;
  readonly after: Period;
  readonly least: number;
  readonly parts: readonly [before: readonly number[], after: readonly number[]];
  /** As fine as they are kept, of sides that adjoin. */
  readonly fine: Pick<Sides, 'before' | 'after'> | undefined;
};

/** Levels of one side against such of the other: means, usual levels, and what lies next to the moment. */
const stepsOf = ({ before, after, least, parts: [a, b], fine }: Compared): Step[] => {
  const ofBefore = (level: number): number => floored(level, before.samples, least);
  const ofAfter = (level: number): number => floored(level, after.samples, least);
  const steps: Step[] = [
    [ofBefore(mean(a)), ofAfter(mean(b))],
    [ofBefore(medianOf(a)), ofAfter(medianOf(b))],
  ];
  if (fine === undefined) return steps;
  // A storm that had begun shortly before the moment is in both sides: what was usual before is compared.
  return [
    ...steps,
    [ofBefore(medianOf(a)), ofAfter(mean(fine.after.slice(0, NEXT_TO_PARTS)))],
    [ofBefore(mean(fine.before.slice(-NEXT_TO_PARTS))), ofAfter(medianOf(b))],
  ];
};

/** A rate below one event in all of the side cannot be distinguished from none. */
const floored = (level: number, samples: number, least: number): number =>
  Math.max(Math.abs(level), least / Math.max(1, samples));

const ordersOf = ([from, to]: Step): number => Math.abs(Math.log10(to / from));

const isThousandfold = (step: Step): boolean => ordersOf(step) >= THOUSANDFOLD;

const medianOf = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** How far apart, whichever is larger. */
export const sizeOf = ({ before, after }: Pick<Change, 'before' | 'after'>): number => {
  const [low, high] = [Math.min(before, after), Math.max(before, after)];
  return high === low ? 0 : Math.log10((Math.abs(high) + 1e-9) / (Math.abs(low) + 1e-9));
};

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

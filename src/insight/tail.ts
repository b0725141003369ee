/**
 * How large is this size, given those seen before? A generalised Pareto tail above the running 90 % quantile. What is
 * not known yet is borrowed from the same metric of all other processes (the pool), and the tail of a series seen n
 * times is at least as heavy as its predictive distribution: few sightings cannot make anything certain.
 */
import { TAIL } from './params.ts';

/** Offsets in a row of TAIL_STRIDE doubles. */
const MEAN = 0;
const SEEN = 1;
const KNEE = 2;
const EXCESS = 3;
const EXCESS_SQUARE = 4;
const EXCEEDED = 5;
export const TAIL_STRIDE = 6;

/** What one metric's sizes have in common over all its series. */
export type Pool = { logMeans: number; series: number; squaredRatio: number; ratios: number };

export const createPool = (): Pool => ({ logMeans: 0, series: 0, squaredRatio: 0, ratios: 0 });

export const keepOf = (halfLife: number): number => 2 ** (-1 / halfLife);

const LEARN_MEAN = 1 - keepOf(TAIL.meanHalfLifeRuns);
const LEARN_EXCESS = 1 - keepOf(TAIL.excessHalfLifeRuns);
const LEAST_POOL_RATIOS = 5;
const POOL_RATIO_STEP = 0.02;
const LEAST_EXCEEDED = 2;

/** -log10 P(size >= this | there is one). */
export const surpriseOf = (slab: Float64Array, at: number, size: number, pool: Pool): number => {
  const knee = slab[at + KNEE] as number;
  if (size <= knee) return -Math.log10(Math.max(1 - TAIL.quantile, 1 - (TAIL.quantile * size) / knee));
  const seen = slab[at + SEEN] as number;
  const own = Math.min(seen, TAIL.ownRuns);
  const exceeded = slab[at + EXCEEDED] as number;
  const mean =
    ((slab[at + MEAN] as number) * own + TAIL.poolRuns * poolMean(slab, at, size, pool)) /
    (own + TAIL.poolRuns);
  const scale =
    (exceeded * (slab[at + EXCESS] as number) + TAIL.scalePriorRuns * mean) /
    (exceeded + TAIL.scalePriorRuns);
  const fitted = shapeOf(slab, at, exceeded, pool);
  const shape = Math.max(fitted, 1 / (exceeded + own + 2.5));
  const far = Math.log10(1 + (shape * (size - knee)) / (scale * (1 - fitted))) / shape;
  return Math.min(1, seen / 10) + far;
};

/** Takes a size into account, with weight `gain` of 0 to 1. */
export const learnSize = (slab: Float64Array, at: number, size: number, gain: number, pool: Pool): void => {
  const seen = slab[at + SEEN] as number;
  const before = slab[at + MEAN] as number;
  const excess = slab[at + EXCESS] as number;
  if (seen === 0) {
    const first =
      gain < 1 && pool.series > 0 ? Math.min(size, 3 * Math.exp(pool.logMeans / pool.series)) : size;
    slab[at + MEAN] = first;
    slab[at + KNEE] = first;
    pool.series += 1;
    pool.logMeans += Math.log(first);
  } else {
    const most = (slab[at + KNEE] as number) + TAIL.meanCapExcesses * Math.max(excess, before);
    const mean = before + Math.max(1 / (seen + 1), LEARN_MEAN) * gain * (Math.min(size, most) - before);
    slab[at + MEAN] = mean;
    pool.logMeans += Math.log(mean / before);
  }
  learnKnee(slab, at, size, seen, gain);
  learnExcess(slab, at, size, gain, pool);
  slab[at + SEEN] = seen + gain;
};

/** A series that is dropped no longer speaks for its metric. */
export const leavePool = (slab: Float64Array, at: number, pool: Pool): void => {
  if ((slab[at + SEEN] as number) === 0) return;
  pool.series -= 1;
  pool.logMeans -= Math.log(slab[at + MEAN] as number);
};

const poolMean = (slab: Float64Array, at: number, size: number, pool: Pool): number => {
  if (pool.series > 0) return Math.exp(pool.logMeans / pool.series) * TAIL.poolWidening;
  return (slab[at + SEEN] as number) > 0 ? (slab[at + MEAN] as number) : size;
};

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** By moments: exponential excesses have E[e^2] = 2 E[e]^2, heavier ones more. */
const shapeFrom = (squaredRatio: number): number => 0.5 * (1 - 1 / Math.max(1e-9, squaredRatio - 1));

const shapeOf = (slab: Float64Array, at: number, exceeded: number, pool: Pool): number => {
  const excess = slab[at + EXCESS] as number;
  const own =
    excess > 0 ? clamp(shapeFrom((slab[at + EXCESS_SQUARE] as number) / excess ** 2), -0.2, 0.6) : 0;
  const shared = Math.min(pool.ratios, TAIL.poolShapeRuns);
  const prior =
    pool.ratios > LEAST_POOL_RATIOS
      ? (clamp(shapeFrom(pool.squaredRatio), 0, 0.5) * shared + TAIL.shapePrior * TAIL.poolPriorRuns) /
        (shared + TAIL.poolPriorRuns)
      : TAIL.shapePrior;
  const shape = (exceeded * own + TAIL.shapePriorRuns * prior) / (exceeded + TAIL.shapePriorRuns);
  return clamp(shape, TAIL.shapeLeast, TAIL.shapeMost);
};

const learnKnee = (slab: Float64Array, at: number, size: number, seen: number, gain: number): void => {
  const knee = slab[at + KNEE] as number;
  const step = Math.max(
    TAIL.leastQuantileStep,
    TAIL.firstQuantileStep / (seen + 1) ** TAIL.quantileStepPower,
  );
  const pull = size > knee ? TAIL.quantile : TAIL.quantile - 1;
  slab[at + KNEE] = Math.max(0, knee + step * (slab[at + MEAN] as number) * pull * gain);
};

const learnExcess = (slab: Float64Array, at: number, size: number, gain: number, pool: Pool): void => {
  const knee = slab[at + KNEE] as number;
  const before = slab[at + EXCESS] as number;
  const most = knee + TAIL.excessCapExcesses * Math.max(before, slab[at + MEAN] as number);
  const excess = Math.min(size, most) - knee;
  if (excess <= 0) return;
  const exceeded = slab[at + EXCEEDED] as number;
  if (exceeded > LEAST_EXCEEDED && before > 0) {
    const squared = (excess / before) ** 2;
    pool.squaredRatio += Math.min(POOL_RATIO_STEP, 1 / (pool.ratios + 1)) * (squared - pool.squaredRatio);
    pool.ratios += 1;
  }
  const weight = Math.max(1 / (exceeded + 1), LEARN_EXCESS) * gain;
  slab[at + EXCESS] = before + weight * (excess - before);
  slab[at + EXCESS_SQUARE] =
    (slab[at + EXCESS_SQUARE] as number) + weight * (excess ** 2 - (slab[at + EXCESS_SQUARE] as number));
  slab[at + EXCEEDED] = exceeded + gain;
};

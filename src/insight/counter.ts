/**
 * How unlikely is what a counter did in this tick? S = -log10 P(at least this much), from a hurdle model over *runs*
 * (consecutive active ticks): how rare a run is, times how rare its largest tick or its sum is. A run, not a tick, is
 * the event, because real activity comes in clumps: a clump is counted once, and a long moderate burst adds up.
 *
 * A series that is active in most ticks is dense: its runs are excursions above its own level, after what all dense
 * series do together (load) was taken out.
 *
 * State is a row of COUNTER_STRIDE doubles in a slab; nothing is allocated per tick. A tick that was not read must
 * not be scored: the state then stays as it was.
 */
import { COMMON, COUNTER } from './params.ts';
import { keepOf, learnSize, leavePool, type Pool, surpriseOf, TAIL_STRIDE } from './tail.ts';

const AGE = 0;
const ACTIVE = 1;
const RATE = 2;
const LEVEL = 3;
const DEVIATION = 4;
const ALARM = 5;
const DENSE = 6;
const RUN_TICKS = 7;
const RUN_MOST = 8;
const RUN_SUM = 9;
const RUN_SCORE = 10;
const COVARIANCE = 11;
const VARIANCE = 12;
const MOST_TAIL = 13;
const SUM_TAIL = MOST_TAIL + TAIL_STRIDE;
export const COUNTER_STRIDE = SUM_TAIL + TAIL_STRIDE;

const LEARN_RATE = 1 - keepOf(COUNTER.rateHalfLifeTicks);
const LEARN_ACTIVE = 1 - keepOf(COUNTER.activeHalfLifeTicks);
const LEARN_LEVEL = 1 - keepOf(COUNTER.levelHalfLifeTicks);
const LEARN_DEVIATION = 1 - keepOf(COUNTER.deviationHalfLifeTicks);
const LEARN_ALARM = 1 - keepOf(COUNTER.alarmHalfLifeTicks);
const LEARN_LOADING = 1 - keepOf(COMMON.loadingHalfLifeTicks);

/** What the series of one metric share: of the largest ticks of runs, and of their sums. */
export type Pools = { readonly most: Pool; readonly sum: Pool };

/** A fresh row; `ageTicks` is for how long it is known to have been silent. */
export const beginCounter = (slab: Float64Array, at: number, ageTicks: number): void => {
  slab.fill(0, at, at + COUNTER_STRIDE);
  slab[at + AGE] = ageTicks;
};

export const ageOf = (slab: Float64Array, at: number): number => slab[at + AGE] as number;

/** A new normal: it alarms so much that the alarm is no news. */
export const isShifted = (slab: Float64Array, at: number): boolean =>
  (slab[at + ALARM] as number) > COUNTER.alarmShare;

/** It does something in most ticks. */
export const isDense = (slab: Float64Array, at: number): boolean => slab[at + DENSE] === 1;

/** x / level of a dense series that is old enough to know its level; NaN otherwise. */
export const levelRatio = (slab: Float64Array, at: number, x: number): number =>
  slab[at + DENSE] === 1 && (slab[at + AGE] as number) > COMMON.leastAgeTicks
    ? (x + 1) / ((slab[at + LEVEL] as number) + 1)
    : Number.NaN;

/**
 * Scores one tick and learns from it. `raw` is per second and not negative; `load` is what dense series do together
 * now (ln, 0 for nothing). With `frozen` nothing is learnt. Returns S, 0 for nothing unusual.
 */
export const scoreCounter = (
  slab: Float64Array,
  at: number,
  raw: number,
  load: number,
  pools: Pools,
  frozen: boolean,
): number => {
  const age = slab[at + AGE] as number;
  const young = 1 / (age + 1);
  const active = slab[at + ACTIVE] as number;
  slab[at + ACTIVE] = active + Math.max(young, LEARN_ACTIVE) * ((raw > 0 ? 1 : 0) - active);
  const dense = settleDensity(slab, at, age);
  const x =
    dense && load !== 0 && age > COMMON.leastAgeTicks ? withoutLoad(slab, at, raw, load, frozen) : raw;
  const level = slab[at + LEVEL] as number;
  const y = dense
    ? Math.max(0, x - level - COUNTER.excursionDeviations * (slab[at + DEVIATION] as number))
    : x;
  const running = (slab[at + RUN_TICKS] as number) > 0;
  const score = y > 0 ? scoreRun(slab, at, y, age, pools) : 0;
  const gain = frozen
    ? 0
    : learningGain(slab, at, score, y > 0 ? score : running ? (slab[at + RUN_SCORE] as number) : 0);
  if (gain > 0) {
    learnLevel(slab, at, x, age, young, gain);
    const rate = slab[at + RATE] as number;
    slab[at + RATE] = rate + Math.max(young, LEARN_RATE) * gain * ((y > 0 && !running ? 1 : 0) - rate);
  }
  if (y === 0 && running) endRun(slab, at, gain, pools);
  slab[at + AGE] = age + 1;
  return score;
};

/** The series is gone. */
export const endCounter = (slab: Float64Array, at: number, pools: Pools): void => {
  leavePool(slab, at + MOST_TAIL, pools.most);
  leavePool(slab, at + SUM_TAIL, pools.sum);
};

const settleDensity = (slab: Float64Array, at: number, age: number): boolean => {
  const active = slab[at + ACTIVE] as number;
  if (age >= COUNTER.denseAfterTicks) {
    if (active > COUNTER.denseAbove) slab[at + DENSE] = 1;
    else if (active < COUNTER.sparseBelow) slab[at + DENSE] = 0;
  }
  return slab[at + DENSE] === 1;
};

/** Divides by what the load explains, by how much this series has followed it so far. */
const withoutLoad = (slab: Float64Array, at: number, x: number, load: number, frozen: boolean): number => {
  const ratio = Math.log((x + 1) / ((slab[at + LEVEL] as number) + 1));
  const bounded = Math.max(-COMMON.ratioMost, Math.min(COMMON.ratioMost, ratio));
  const covariance = (slab[at + COVARIANCE] as number) * (1 - LEARN_LOADING) + LEARN_LOADING * load * bounded;
  const variance = (slab[at + VARIANCE] as number) * (1 - LEARN_LOADING) + LEARN_LOADING * load * load;
  if (!frozen) {
    slab[at + COVARIANCE] = covariance;
    slab[at + VARIANCE] = variance;
  }
  const prior = COMMON.loadingPriorVariance;
  const loading = (covariance + prior * COMMON.loadingPrior) / (variance + prior);
  return x / Math.exp(Math.max(0, Math.min(COMMON.loadingMost, loading)) * load);
};

const scoreRun = (slab: Float64Array, at: number, y: number, age: number, pools: Pools): number => {
  if (slab[at + RUN_TICKS] === 0) {
    slab[at + RUN_MOST] = 0;
    slab[at + RUN_SUM] = 0;
  }
  slab[at + RUN_TICKS] = (slab[at + RUN_TICKS] as number) + 1;
  const most = Math.max(slab[at + RUN_MOST] as number, y);
  const sum = (slab[at + RUN_SUM] as number) + y;
  slab[at + RUN_MOST] = most;
  slab[at + RUN_SUM] = sum;
  const rarity = -Math.log10(Math.max(slab[at + RATE] as number, 1 / (age + 2)));
  const score =
    rarity +
    Math.max(
      surpriseOf(slab, at + MOST_TAIL, most, pools.most),
      surpriseOf(slab, at + SUM_TAIL, sum, pools.sum) - COUNTER.twoLooks,
    );
  slab[at + RUN_SCORE] = score;
  return score;
};

/** An incident must not teach the baseline, unless it has become the normal. */
const learningGain = (slab: Float64Array, at: number, score: number, of: number): number => {
  const alarm = slab[at + ALARM] as number;
  slab[at + ALARM] = alarm + LEARN_ALARM * ((score > COUNTER.learnBelowScore ? 1 : 0) - alarm);
  if (of <= COUNTER.learnBelowScore || isShifted(slab, at)) return 1;
  return Math.min(1, Math.max(COUNTER.leastLearning, 10 ** (COUNTER.learnBelowScore - of)));
};

const learnLevel = (
  slab: Float64Array,
  at: number,
  x: number,
  age: number,
  young: number,
  gain: number,
): void => {
  const level = slab[at + LEVEL] as number;
  const deviation = slab[at + DEVIATION] as number;
  const off = x - level;
  const settled = age >= COUNTER.denseAfterTicks;
  const most = COUNTER.levelStepDeviations * deviation;
  const step = settled ? Math.max(-most, Math.min(most, off)) : off;
  slab[at + LEVEL] = level + Math.max(young, LEARN_LEVEL) * gain * step;
  const spread = settled
    ? Math.min(Math.abs(off), COUNTER.deviationStepDeviations * deviation)
    : Math.abs(off);
  slab[at + DEVIATION] = Math.max(
    COUNTER.leastDeviation,
    deviation + Math.max(young, LEARN_DEVIATION) * gain * (spread - deviation),
  );
};

const endRun = (slab: Float64Array, at: number, gain: number, pools: Pools): void => {
  if (gain > 0) {
    learnSize(slab, at + MOST_TAIL, slab[at + RUN_MOST] as number, gain, pools.most);
    learnSize(slab, at + SUM_TAIL, slab[at + RUN_SUM] as number, gain, pools.sum);
  }
  slab[at + RUN_TICKS] = 0;
};

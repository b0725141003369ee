/**
 * How new is this level of a gauge, and how new its restlessness (the spread of its last values)? Each is the distance
 * to the nearest of what is remembered, and a part of what goes beyond the range ever seen, relative to what is usual:
 * between the mean distance and the range. What is remembered spreads itself over all that was seen (of two close to
 * each other one goes), so that a level visited once, however long ago, is not new again.
 *
 * The score is mapped to the counters' scale, -log10 P(a tick is at least this new), by how often such novelty came up
 * in the public gauges of NAB (docs/insight.md).
 */
import { GAUGE } from './params.ts';

/** Values that were seen, and how far from them new ones used to be. */
type Memory = {
  /** Ascending; the first `held` are in use. */
  readonly values: Float64Array;
  held: number;
  lowest: number;
  highest: number;
  meanDistance: number;
  /** Of the latest value: where it belongs, and how far from the nearest and beyond the range it is. */
  at: number;
  distance: number;
  /** Alternates which of two close values goes. */
  turn: boolean;
};

export type Gauge = {
  readonly level: Memory;
  readonly spread: Memory;
  readonly recent: Float64Array;
  age: number;
};

const createMemory = (): Memory => ({
  values: new Float64Array(GAUGE.remembered + 1),
  held: 0,
  lowest: Number.POSITIVE_INFINITY,
  highest: Number.NEGATIVE_INFINITY,
  meanDistance: 0,
  at: 0,
  distance: 0,
  turn: false,
});

export const createGauge = (): Gauge => ({
  level: createMemory(),
  spread: createMemory(),
  recent: new Float64Array(GAUGE.spreadTicks),
  age: 0,
});

/** S of this level, 0 for what is below 1; learns it unless `frozen`. */
export const scoreGauge = (gauge: Gauge, level: number, frozen: boolean): number => {
  const { recent } = gauge;
  recent[gauge.age % recent.length] = level;
  gauge.age += 1;
  const learns = !frozen || gauge.age <= GAUGE.leastLevels;
  look(gauge.level, level);
  const spread = spreadOf(gauge);
  look(gauge.spread, spread);
  const score = gauge.age <= GAUGE.leastLevels || isNoNews(gauge) ? 0 : scale(newnessOf(gauge));
  if (learns) {
    learn(gauge.level, level, gauge.age);
    learn(gauge.spread, spread, gauge.age);
  }
  return score;
};

const newnessOf = ({ level, spread }: Gauge): number =>
  noveltyOf(level) + GAUGE.spreadWeight * noveltyOf(spread);

/** Nearly always: so near that without working out how near the score is below 1, which says nothing (spikes.ts). */
const isNoNews = ({ level, spread }: Gauge): boolean =>
  unitsAtMost(level) + GAUGE.spreadWeight * unitsAtMost(spread) < NO_NEWS_UNITS;

const [, [NEWNESS, SCORE]] = GAUGE.scale;
/** log10(1 + x) is at most x / ln 10. */
const NO_NEWS_UNITS = (Math.LN10 * NEWNESS) / SCORE;

const spreadOf = ({ recent, age }: Gauge): number => {
  const held = Math.min(age, recent.length);
  let mean = 0;
  for (let index = 0; index < held; index += 1) mean += (recent[index] as number) / held;
  let square = 0;
  for (let index = 0; index < held; index += 1) square += ((recent[index] as number) - mean) ** 2;
  return Math.sqrt(square / held);
};

const look = (memory: Memory, value: number): void => {
  memory.at = placeOf(memory, value);
  memory.distance = distanceAt(memory, value, memory.at);
};

/** log10 of 1 + distance in units of what is usual. */
const noveltyOf = ({ held, distance, meanDistance, lowest, highest }: Memory): number => {
  if (held === 0 || distance === 0) return 0;
  const usual = meanDistance ** GAUGE.meanWeight * (highest - lowest) ** (1 - GAUGE.meanWeight);
  return usual > 0 ? Math.log10(1 + distance / usual) : GAUGE.firstChange;
};

/** Distance in units that are smaller than what is usual: by roots, where the power is dear. */
const unitsAtMost = ({ held, distance, meanDistance, lowest, highest }: Memory): number => {
  if (held === 0 || distance === 0) return 0;
  const times = (highest - lowest) / meanDistance;
  if (!(times >= 1)) return Number.POSITIVE_INFINITY;
  // 3/8, which is less than 1 - GAUGE.meanWeight.
  const root = Math.sqrt(Math.sqrt(times));
  return distance / (meanDistance * root * Math.sqrt(root));
};

const learn = (memory: Memory, value: number, age: number): void => {
  const { at, distance } = memory;
  memory.meanDistance += (distance - memory.meanDistance) / age;
  memory.lowest = Math.min(memory.lowest, value);
  memory.highest = Math.max(memory.highest, value);
  if (distance > 0 || memory.held === 0) remember(memory, value, at);
};

/** Piecewise linear between the points of GAUGE.scale, and on with the slope of the last piece. */
const scale = (novelty: number): number => {
  const points = GAUGE.scale;
  let upper = points.findIndex(([at]) => at > novelty);
  if (upper < 0) upper = points.length - 1;
  const [x1, s1] = points[upper] ?? [1, 1];
  const [x0, s0] = points[upper - 1] ?? [0, 0];
  return s0 + ((s1 - s0) * (novelty - x0)) / (x1 - x0);
};

/** Where it belongs among the values remembered. */
const placeOf = ({ values, held }: Memory, value: number): number => {
  let low = 0;
  let high = held;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const distanceAt = ({ values, held, lowest, highest }: Memory, value: number, at: number): number => {
  if (held === 0) return 0;
  const above = at < held ? (values[at] as number) - value : Number.POSITIVE_INFINITY;
  const below = at > 0 ? value - (values[at - 1] as number) : Number.POSITIVE_INFINITY;
  return Math.min(above, below) + GAUGE.beyondRange * Math.max(0, value - highest, lowest - value);
};

const remember = (memory: Memory, value: number, at: number): void => {
  const { values, held } = memory;
  values.copyWithin(at + 1, at, held);
  values[at] = value;
  memory.held = held + 1;
  if (memory.held <= GAUGE.remembered) return;
  let closest = 1;
  let least = Number.POSITIVE_INFINITY;
  let below = values[0] as number;
  // Where most of the time of a tick goes: each value is read once.
  for (let index = 1; index < memory.held; index += 1) {
    const above = values[index] as number;
    if (above - below < least) {
      least = above - below;
      closest = index;
    }
    below = above;
  }
  memory.turn = !memory.turn;
  const gone = memory.turn ? closest : closest - 1;
  values.copyWithin(gone, gone + 1, memory.held);
  memory.held -= 1;
};

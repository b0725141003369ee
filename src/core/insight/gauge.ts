/**
 * How new is this level of a gauge? The distance to the nearest of the levels remembered, and half of what goes beyond
 * the range ever seen, relative to what is usual for it: the geometric mean of the mean distance and the range. What
 * is remembered spreads itself over all that was seen (of two levels close to each other one goes), so that a level
 * visited once, however long ago, is never new again.
 *
 * The score is mapped to the counters' scale, -log10 P(a tick is at least this new), by how often such novelty came up
 * in the public gauges of NAB (docs/insight.md).
 */
import { GAUGE } from './params.ts';

export type Gauge = {
  /** Ascending; the first `held` are in use. */
  readonly levels: Float64Array;
  held: number;
  age: number;
  lowest: number;
  highest: number;
  meanDistance: number;
  /** Alternates which of two close levels goes. */
  turn: boolean;
};

export const createGauge = (): Gauge => ({
  levels: new Float64Array(GAUGE.remembered + 1),
  held: 0,
  age: 0,
  lowest: Number.POSITIVE_INFINITY,
  highest: Number.NEGATIVE_INFINITY,
  meanDistance: 0,
  turn: false,
});

/** S of this level; learns it unless `frozen`. */
export const scoreGauge = (gauge: Gauge, level: number, frozen: boolean): number => {
  const at = placeOf(gauge, level);
  const distance = distanceAt(gauge, level, at);
  const score = gauge.held < GAUGE.leastLevels || distance === 0 ? 0 : surpriseOf(gauge, distance);
  gauge.age += 1;
  if (frozen && gauge.age > GAUGE.leastLevels) return score;
  gauge.meanDistance += (distance - gauge.meanDistance) / gauge.age;
  gauge.lowest = Math.min(gauge.lowest, level);
  gauge.highest = Math.max(gauge.highest, level);
  if (distance > 0 || gauge.held === 0) remember(gauge, level, at);
  return score;
};

const surpriseOf = ({ meanDistance, lowest, highest }: Gauge, distance: number): number => {
  const usual = Math.sqrt(meanDistance * (highest - lowest));
  if (!(usual > 0)) return highest === lowest ? GAUGE.firstChangeScore : 0;
  return scale(Math.log10(1 + distance / usual));
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

/** Where it belongs among the levels remembered. */
const placeOf = ({ levels, held }: Gauge, level: number): number => {
  let low = 0;
  let high = held;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((levels[middle] as number) < level) low = middle + 1;
    else high = middle;
  }
  return low;
};

const distanceAt = ({ levels, held, lowest, highest }: Gauge, level: number, at: number): number => {
  if (held === 0) return 0;
  const above = at < held ? (levels[at] as number) - level : Number.POSITIVE_INFINITY;
  const below = at > 0 ? level - (levels[at - 1] as number) : Number.POSITIVE_INFINITY;
  return Math.min(above, below) + GAUGE.beyondRange * Math.max(0, level - highest, lowest - level);
};

const remember = (gauge: Gauge, level: number, at: number): void => {
  const { levels, held } = gauge;
  levels.copyWithin(at + 1, at, held);
  levels[at] = level;
  gauge.held = held + 1;
  if (gauge.held <= GAUGE.remembered) return;
  let closest = 1;
  for (let index = 2; index < gauge.held; index += 1) {
    if (gapAt(levels, index) < gapAt(levels, closest)) closest = index;
  }
  gauge.turn = !gauge.turn;
  const gone = gauge.turn ? closest : closest - 1;
  levels.copyWithin(gone, gone + 1, gauge.held);
  gauge.held -= 1;
};

const gapAt = (levels: Float64Array, index: number): number =>
  (levels[index] as number) - (levels[index - 1] as number);

/**
 * The times at which a recording has samples: those of the readings, and around what a log reports, so that its rate is
 * that of its moment. Where all that is reported are differences, a time at which nothing is reported is a sample of zeros.
 */
import { isLogged } from './columns.ts';
import type { PointTable, Stretch } from './point-table.ts';

/** More samples of zeros than this are not made up. */
const MOST_FILLED = 1_000_000;
/** Of logs alone: they have whole seconds. */
const LOG_INTERVAL_US = 1_000_000;

export type Grid = {
  readonly everyUs: number;
  /** µs since 1970, in order. */
  readonly us: Float64Array;
  /** By number of a reading, and by number of an event: the index of its sample. */
  readonly ofReadings: Uint32Array;
  readonly ofEvents: Uint32Array;
};

export const gridOf = (table: PointTable): Grid => {
  const readings = [...new Set(table.times.us)].sort((a, b) => a - b);
  const everyUs = table.everyUs ?? LOG_INTERVAL_US;
  const filled = hasOnlyDeltas(table) ? withZeros(readings, everyUs) : readings;
  const slots = table.events.us.map((realUs) => slotOf(filled, realUs, everyUs));
  const all = new Set(filled);
  for (const slot of new Set(slots)) {
    all.add(slot);
    if (isApart(filled, slot - everyUs, everyUs)) all.add(slot - everyUs);
    if (isApart(filled, slot + everyUs, everyUs)) all.add(slot + everyUs);
  }
  // From its first line to its last a log was looked at, whatever is found in it.
  if (readings.length === 0) for (const { fromUs, toUs } of table.covered) all.add(fromUs).add(toUs);
  const us = Float64Array.from([...all].sort((a, b) => a - b));
  const indices = new Map([...us].map((time, index) => [time, index] as const));
  const indexOf = (time: number): number => indices.get(time) ?? 0;
  return {
    everyUs,
    us,
    ofReadings: Uint32Array.from(table.times.us, indexOf),
    ofEvents: Uint32Array.from(slots, indexOf),
  };
};

const hasOnlyDeltas = ({ metrics, times }: PointTable): boolean =>
  times.us.length > 0 && [...metrics.values()].every(({ kind }) => kind === 'delta' || isLogged(kind));

const withZeros = (sorted: readonly number[], everyUs: number): number[] => {
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  if ((last - first) / everyUs > MOST_FILLED) return [...sorted];
  const filled = new Set(sorted);
  for (let index = 1; index < sorted.length; index += 1) {
    const until = (sorted[index] ?? 0) - everyUs / 2;
    for (let time = (sorted[index - 1] ?? 0) + everyUs; time < until; time += everyUs) filled.add(time);
  }
  return [...filled].sort((a, b) => a - b);
};

/** The reading that comes next, where one does within an interval; otherwise the end of its interval. */
const slotOf = (readings: readonly number[], realUs: number, everyUs: number): number => {
  const next = readings[firstFrom(readings, realUs)];
  return next !== undefined && next - realUs <= everyUs ? next : Math.ceil(realUs / everyUs) * everyUs;
};

/** Whether no reading is so near that a sample there would come too soon. */
const isApart = (readings: readonly number[], realUs: number, everyUs: number): boolean => {
  const next = readings[firstFrom(readings, realUs - everyUs / 2)];
  return next === undefined || next > realUs + everyUs / 2;
};

/** The index of the first that is not before; as many as there are when all are. */
const firstFrom = (sorted: ArrayLike<number>, realUs: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < realUs) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** What lies between all that was covered, in order. */
export const holesOf = (covered: readonly Stretch[]): Stretch[] => {
  const sorted = [...covered].sort((a, b) => a.fromUs - b.fromUs);
  const holes: Stretch[] = [];
  let endUs = sorted[0]?.toUs ?? 0;
  for (const { fromUs, toUs } of sorted) {
    if (fromUs > endUs) holes.push({ fromUs: endUs, toUs: fromUs });
    endUs = Math.max(endUs, toUs);
  }
  return holes;
};

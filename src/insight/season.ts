/**
 * What a series does at each hour of the day. What is unusual, but was so at this hour on two earlier days at least (a job of every
 * night, the load of office hours), is explained by it and no news. Only levels and sums are compared, of the hour and those beside
 * it: a job may begin earlier or later, and a clock may be put forward. An hour is that of the session, whatever it is called where
 * it was recorded; what comes by the week is not known.
 *
 * A series that never did anything unusual has none.
 */
import { SEASON } from './params.ts';

export type Season = {
  /** By hour, of the last days: the most and the least that it was, and the sum over the ticks of the hour; NaN where nothing is known. */
  most: Float32Array;
  least: Float32Array;
  sum: Float32Array;
  /** The hour that is not over, in hours since the machine began. */
  hour: number;
  hourMost: number;
  hourLeast: number;
  hourSum: number;
};

const HOURS_A_DAY = 24;
const HOURS = SEASON.days * HOURS_A_DAY;
const HOUR_US = 3.6e9;

/** Before the first hour is over: most sessions are shorter. */
const NO_HOURS = new Float32Array(0);
const unknownHours = (): Float32Array => new Float32Array(HOURS).fill(Number.NaN);

export const hourOf = (bootUs: number): number => Math.floor(bootUs / HOUR_US);

export const createSeason = (bootUs: number): Season => ({
  most: NO_HOURS,
  least: NO_HOURS,
  sum: NO_HOURS,
  hour: hourOf(bootUs),
  hourMost: Number.NEGATIVE_INFINITY,
  hourLeast: Number.POSITIVE_INFINITY,
  hourSum: 0,
});

/** One more value, of this hour. */
export const noteHour = (season: Season, value: number, hour: number): void => {
  if (hour !== season.hour) endHour(season, hour);
  if (value > season.hourMost) season.hourMost = value;
  if (value < season.hourLeast) season.hourLeast = value;
  season.hourSum += value;
};

/** Hours that nobody saw are not known. */
const endHour = (season: Season, hour: number): void => {
  if (season.most.length === 0) {
    season.most = unknownHours();
    season.least = unknownHours();
    season.sum = unknownHours();
  }
  const at = season.hour % HOURS;
  const wasSeen = season.hourMost >= season.hourLeast;
  season.most[at] = wasSeen ? season.hourMost : Number.NaN;
  season.least[at] = wasSeen ? season.hourLeast : Number.NaN;
  season.sum[at] = wasSeen ? season.hourSum : Number.NaN;
  for (let missed = season.hour + 1; missed < hour && missed <= season.hour + HOURS; missed += 1) {
    season.most[missed % HOURS] = Number.NaN;
    season.least[missed % HOURS] = Number.NaN;
    season.sum[missed % HOURS] = Number.NaN;
  }
  season.hour = hour;
  season.hourMost = Number.NEGATIVE_INFINITY;
  season.hourLeast = Number.POSITIVE_INFINITY;
  season.hourSum = 0;
};

/** Whether it was like this, and as much of it, about this hour on days enough. */
export const isOfTheHour = (season: Season, value: number, hour: number): boolean => {
  if (season.most.length === 0) return false;
  // Where nothing is learnt the hour that was is long over.
  const sum = season.hour === hour ? season.hourSum : value;
  let days = 0;
  for (let day = 1; day <= SEASON.days; day += 1) {
    if (wasAlike(season, hour - day * HOURS_A_DAY, value, sum)) days += 1;
    if (days >= SEASON.leastDays) return true;
  }
  return false;
};

const wasAlike = ({ most, least, sum }: Season, hour: number, value: number, sumOfHour: number): boolean => {
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  let total = Number.NEGATIVE_INFINITY;
  for (let beside = hour - 1; beside <= hour + 1; beside += 1) {
    if (beside < 0) continue;
    const at = beside % HOURS;
    highest = Math.max(highest, known(most[at], highest));
    lowest = Math.min(lowest, known(least[at], lowest));
    total = Math.max(total, known(sum[at], total));
  }
  const margin = SEASON.margin * (highest - lowest);
  return (
    value <= highest + margin && value >= lowest - margin && sumOfHour <= SEASON.timesSum * Math.abs(total)
  );
};

const known = (value: number | undefined, otherwise: number): number =>
  value === undefined || Number.isNaN(value) ? otherwise : value;

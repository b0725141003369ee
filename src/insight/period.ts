/**
 * One stretch of time to be compared, of any length in bounded memory. Of each series the sums of at most `BUCKETS`
 * stretches of equal length are kept; when they are full, each two become one, and the next are twice as long. At most
 * `MAX_SERIES` series are kept: of more, those go that are the least of their metric, and how many is reported.
 */
export type Period = {
  /** Samples so far. */
  samples: number;
  /** Samples that a bucket stands for. */
  width: number;
  readonly series: Map<string, Float64Array>;
  /** Series dropped for want of room. */
  leftOut: number;
  readonly maxSeries: number;
};

const BUCKETS = 160;
const MAX_SERIES = 40_000;
/** So many go at once, so that going is seldom. */
const SHARE_LEFT_OUT = 0.25;
/** What a key is made of: the metric before it, whose it is behind it. */
export const KEY_SEPARATOR = '\u0000';

export const createPeriod = (maxSeries: number = MAX_SERIES): Period => ({
  samples: 0,
  width: 1,
  series: new Map(),
  leftOut: 0,
  maxSeries,
});

/** To the value of a series in the sample that `endSample` will end; what nothing is added to is zero. */
export const addToPeriod = (side: Period, key: string, value: number): void => {
  const at = Math.floor(side.samples / side.width);
  const sums = side.series.get(key) ?? openSeries(side, key);
  sums[at] = (sums[at] ?? 0) + value;
};

export const endSample = (side: Period): void => {
  side.samples += 1;
  if (side.samples < side.width * BUCKETS) return;
  for (const sums of side.series.values()) halve(sums);
  side.width *= 2;
};

/** At most `most` parts of the stretch, alike in length: the mean of each. Of a series that is not there, zeros. */
export const partsOf = ({ samples, width, series }: Period, key: string, most: number): number[] => {
  const sums = series.get(key);
  const buckets = Math.ceil(samples / width);
  const count = Math.min(most, buckets);
  return Array.from({ length: count }, (_, part) => {
    const from = Math.floor((part * buckets) / count);
    const to = Math.floor(((part + 1) * buckets) / count);
    let sum = 0;
    for (let bucket = from; bucket < to; bucket += 1) sum += sums?.[bucket] ?? 0;
    return sum / (Math.min(samples, to * width) - from * width);
  });
};

const openSeries = (side: Period, key: string): Float64Array => {
  if (side.series.size >= side.maxSeries) leaveOutLeast(side);
  const sums = new Float64Array(BUCKETS);
  side.series.set(key, sums);
  return sums;
};

const halve = (sums: Float64Array): void => {
  for (let at = 0; at < BUCKETS / 2; at += 1) sums[at] = (sums[2 * at] ?? 0) + (sums[2 * at + 1] ?? 0);
  sums.fill(0, BUCKETS / 2);
};

const leaveOutLeast = (side: Period): void => {
  const all = [...side.series].map(([key, sums]) => ({
    key,
    metric: key.slice(0, key.indexOf(KEY_SEPARATOR)),
    total: sums.reduce((sum, value) => sum + Math.abs(value), 0),
  }));
  const ofMetric = new Map<string, number>();
  for (const { metric, total } of all) ofMetric.set(metric, (ofMetric.get(metric) ?? 0) + total);
  const share = ({ metric, total }: (typeof all)[number]): number => total / (ofMetric.get(metric) || 1);
  all.sort((a, b) => share(a) - share(b));
  const gone = all.slice(0, Math.max(1, Math.floor(all.length * SHARE_LEFT_OUT)));
  for (const { key } of gone) side.series.delete(key);
  side.leftOut += gone.length;
};

/**
 * How far a series moved against how much it usually moves: the shift of its median over its own spread,
 *
 *     surprise = |median after - median before| / max(IQR before, 2 % of the median before, least)
 *
 * where `least` is what over all of the side is no more than one event. Once everything is sure, how sure says nothing, and a
 * ratio puts the small and lively first: what always jumps is not news when it jumps. A series that did nothing before has
 * no spread of its own; that of its metric's other series stands in.
 *
 * What most series of a metric do together (load rises, all slow down) is one event and not news of each: a shift counts
 * from where the common factor alone would have taken the series, where that is nearer than where it was.
 */
import { KEY_SEPARATOR } from './period.ts';
import { quantile } from './statistics.ts';

/** One series: means of parts of equal length, in order of time, on either side of the moment. */
export type Sides = {
  readonly key: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** A rate or level that cannot be distinguished from none. */
  readonly least: number;
};

export type Surprise = {
  /** In usual spreads. */
  readonly surprise: number;
  /** Of the median, in the series' own unit. */
  readonly shift: number;
  /** What the shift was divided by. */
  readonly spread: number;
  /** What most series of the metric were multiplied by at the same moment; 1 when they did nothing together. */
  readonly common: number;
};

const SHARE_OF_MEDIAN = 0.02;
/** Fewer series say nothing of what is common. */
const LEAST_TOGETHER = 5;
/** That many of them moved the same way, and at least by this factor. */
const MOST_OF = 0.6;
const LEAST_FACTOR = 1.15;

/** In the order of `all`. */
export const surprisesOf = (all: readonly Sides[]): Surprise[] => {
  const measured = all.map(measure);
  const metrics = new Map(
    [...byMetric(measured)].map(([metric, series]) => [
      metric,
      { common: commonFactor(series), spread: usualSpread(series) },
    ]),
  );
  return measured.map((one) => {
    const { common, spread: ofOthers } = metrics.get(one.metric) ?? { common: 1, spread: 0 };
    const isNew = one.medianBefore === 0 && one.iqr === 0;
    const spread = Math.max(
      isNew ? ofOthers : one.iqr,
      SHARE_OF_MEDIAN * Math.abs(one.medianBefore),
      one.least,
    );
    const shift = one.medianAfter - one.medianBefore;
    const beyond = Math.min(Math.abs(shift), Math.abs(one.medianAfter - one.medianBefore * common));
    return { surprise: beyond / spread, shift, spread, common };
  });
};

type Measured = {
  readonly metric: string;
  readonly medianBefore: number;
  readonly medianAfter: number;
  readonly iqr: number;
  readonly least: number;
};

const measure = ({ key, before, after, least }: Sides): Measured => {
  const sorted = [...before].sort((a, b) => a - b);
  return {
    metric: key.slice(0, Math.max(0, key.indexOf(KEY_SEPARATOR))),
    medianBefore: quantile(sorted, 0.5),
    medianAfter: quantile(
      [...after].sort((a, b) => a - b),
      0.5,
    ),
    iqr: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    least,
  };
};

const byMetric = (all: readonly Measured[]): Map<string, Measured[]> => {
  const groups = new Map<string, Measured[]>();
  for (const one of all) {
    const group = groups.get(one.metric);
    if (group === undefined) groups.set(one.metric, [one]);
    else group.push(one);
  }
  return groups;
};

const commonFactor = (series: readonly Measured[]): number => {
  const factors = series
    .filter(({ medianBefore, medianAfter, least }) => medianBefore > least && medianAfter > least)
    .map(({ medianBefore, medianAfter }) => medianAfter / medianBefore)
    .sort((a, b) => a - b);
  if (factors.length < LEAST_TOGETHER) return 1;
  const middle = quantile(factors, 0.5);
  const isAlike = (factor: number): boolean =>
    middle > 1 ? factor >= LEAST_FACTOR : factor <= 1 / LEAST_FACTOR;
  return isAlike(middle) && factors.filter(isAlike).length >= MOST_OF * factors.length ? middle : 1;
};

/** The median of the spreads of those that did something before. */
const usualSpread = (series: readonly Measured[]): number =>
  quantile(
    series
      .filter(({ medianBefore, iqr }) => medianBefore !== 0 || iqr !== 0)
      .map(({ medianBefore, iqr }) => Math.max(iqr, SHARE_OF_MEDIAN * Math.abs(medianBefore)))
      .sort((a, b) => a - b),
    0.5,
  );

/** Past values as one row of cells, what they come to per second, and how far that can be trusted. */
import type { MetricDescriptor } from '../../core/metric.ts';
import { mostPerSecond, rateOf } from '../../core/rate.ts';
import type { Coverage, Snapshot } from '../../core/snapshot.ts';
import { isOfProc, processRate } from '../../core/stretch.ts';
import type { Glyphs } from '../format/glyphs.ts';

/** NaN is blank: nothing was sampled then. Zero has a level of its own, so that little never looks like nothing. */
export const sparkline = (
  values: ArrayLike<number>,
  glyphs: Glyphs,
  peak: number = peakOf(values),
): string => {
  const top = glyphs.levels.length - 1;
  let out = '';
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (Number.isNaN(value)) out += ' ';
    else if (value <= 0 || peak <= 0) out += glyphs.levels[0];
    else out += glyphs.levels[Math.min(top, Math.max(1, Math.ceil((value / peak) * top)))];
  }
  return out;
};

/** The largest value; 0 when there is none. */
export const peakOf = (values: ArrayLike<number>): number => {
  let peak = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (value > peak) peak = value;
  }
  return peak;
};

export type Times = {
  /** `bootUs` of each sample, NaN before the first. */
  readonly bootUs: Float64Array;
  /** µs that the host's counters cover; NaN where they were not read, or too soon for a rate. */
  readonly hostUs: Float64Array;
  /** The same of the counters of processes. */
  readonly countedUs: Float64Array;
  /** The same of what /proc says of them (`proc.*`). */
  readonly procReadUs: Float64Array;
  readonly header: Snapshot['header'];
};

const timesOf = new WeakMap<Snapshot, Map<number, Times>>();

/** The shared time axis of a snapshot, for this many of its last samples; computed once. */
export const sampleTimes = (snapshot: Snapshot, samples: number): Times => {
  const bySize = timesOf.get(snapshot) ?? new Map<number, Times>();
  timesOf.set(snapshot, bySize);
  const known = bySize.get(samples);
  if (known !== undefined) return known;
  const { history, header } = snapshot;
  const times = {
    bootUs: history.times(samples),
    hostUs: history.hostUs(samples),
    countedUs: history.countedUs(samples),
    procReadUs: history.procReadUs(samples),
    header,
  };
  bySize.set(samples, times);
  return times;
};

/** Deltas as growth per second; levels as they are; NaN where nothing was sampled, or no time is known that it took. */
export const perSecond = (
  values: Float64Array,
  { id, kind, scope }: Pick<MetricDescriptor, 'id' | 'kind' | 'scope'>,
  { bootUs, hostUs, countedUs, procReadUs, header }: Times,
): Float64Array => {
  // A level of the host is known at every sample.
  const ofProcess = kind === 'counter' && isOfProc(id) ? procReadUs : countedUs;
  const spans = scope === 'pid' ? ofProcess : kind === 'counter' ? hostUs : bootUs;
  const most = mostPerSecond(id, header);
  return values.map((value, index) => {
    const span = spans[index] ?? Number.NaN;
    if (Number.isNaN(span)) return Number.NaN;
    return kind === 'counter' ? rateOf(value, span, most) : value;
  });
};

/** Growth per second of a process's counter over its last interval; NaN when no interval is known. */
export const rateNow = (snapshot: Snapshot, metric: string, delta: number): number =>
  processRate(snapshot, metric, delta);

/** How far the value shown can be trusted: what grew in the last interval, or all that was counted. */
export const trustIn = (
  { coverage, coverageNow }: Snapshot,
  { id, kind }: Pick<MetricDescriptor, 'id' | 'kind'>,
  values: 'rate' | 'total',
): Coverage => {
  const whole = coverage[id]?.coverage ?? 'exact';
  return values === 'rate' && kind === 'counter' ? (coverageNow[id] ?? whole) : whole;
};

/** The same of a host counter. */
export const hostRateNow = ({ hostIntervalUs, header }: Snapshot, metric: string, delta: number): number =>
  rateOf(delta, hostIntervalUs, mostPerSecond(metric, header));

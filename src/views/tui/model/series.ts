/** Past values as one row of cells. */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Snapshot } from '../../../core/snapshot.ts';
import type { Glyphs } from '../../format.ts';

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
  /** Seconds each sample covers, NaN where there is none. */
  readonly seconds: Float64Array;
  /** Seconds its per-process counters cover; NaN where the tracer was not read. */
  readonly countedSeconds: Float64Array;
};

const timesOf = new WeakMap<Snapshot, Map<number, Times>>();

/** The shared time axis of a snapshot, for this many of its last samples; computed once. */
export const sampleTimes = (snapshot: Snapshot, samples: number): Times => {
  const bySize = timesOf.get(snapshot) ?? new Map<number, Times>();
  timesOf.set(snapshot, bySize);
  const known = bySize.get(samples);
  if (known !== undefined) return known;
  // One more than asked for: what the first of them covers begins at the one before.
  const all = snapshot.history.times(samples + 1);
  const bootUs = all.slice(1);
  const seconds = bootUs.map((time, index) => {
    const before = all[index] ?? Number.NaN;
    return (Number.isNaN(before) ? snapshot.header.intervalMs * 1000 : time - before) / 1e6;
  });
  for (let index = 0; index < seconds.length; index += 1) {
    if (Number.isNaN(bootUs[index] ?? Number.NaN)) seconds[index] = Number.NaN;
  }
  const countedSeconds = snapshot.history.countedUs(samples).map((us) => us / 1e6);
  const times = { bootUs, seconds, countedSeconds };
  bySize.set(samples, times);
  return times;
};

/**
 * Pressure is a share of time, in µs per second. It is read a moment after the tick whose sample it belongs to, so that
 * over a short interval it could come out as more than all of it.
 */
const mostPerSecond = (metric: string): number =>
  metric.startsWith('psi.') ? 1e6 : Number.POSITIVE_INFINITY;

/** Deltas as growth per second; levels as they are; NaN where nothing was sampled, or no time had passed. */
export const perSecond = (
  values: Float64Array,
  { id, kind, scope }: Pick<MetricDescriptor, 'id' | 'kind' | 'scope'>,
  { seconds, countedSeconds }: Times,
): Float64Array =>
  values.map((value, index) => {
    const span = (scope === 'pid' ? countedSeconds : seconds)[index] ?? Number.NaN;
    if (Number.isNaN(span)) return Number.NaN;
    if (kind !== 'counter') return value;
    return span > 0 ? Math.min(value / span, mostPerSecond(id)) : Number.NaN;
  });

/** Growth per second of a process's counter over its last interval; NaN when no interval is known. */
export const rateNow = ({ counted }: Snapshot, delta: number): number =>
  counted.intervalUs > 0 ? (delta * 1e6) / counted.intervalUs : Number.NaN;

/** The same of a host counter. */
export const hostRateNow = ({ intervalUs }: Snapshot, metric: string, delta: number): number =>
  intervalUs > 0 ? Math.min((delta * 1e6) / intervalUs, mostPerSecond(metric)) : Number.NaN;

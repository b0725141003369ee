/** Signals of a recording over its time: those of the machine, and those of the processes that it is about. */
import type { Count, Entity } from '../../core/entity.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import { mostPerSecond, rateOf } from '../../core/rate.ts';
import type { HeaderRecord } from '../../core/record.ts';
import type { SessionState } from '../../core/state.ts';
import { isOfLast, processRate, stretchOf } from '../../core/stretch.ts';
import { type Axis, axisOf, createTrack, drawnTimes, type Extremes, type Track } from './decimate.ts';

export type Who = { readonly pid: number; readonly startMs: number | null; readonly comm: string };

/** What is followed: a signal of the machine where `who` is null, a sum over processes where the metric is of processes. */
export type Wanted = { readonly metric: MetricDescriptor; readonly who: Who | null };

export type Signal = Wanted & { readonly values: Float64Array; readonly extremes: Extremes | null };

export type Timeline = {
  readonly axis: Axis;
  /** µs since boot, one for each value of a signal. */
  readonly timesUs: Float64Array;
  readonly signals: readonly Signal[];
  /** By metric id, of each the level at the beginning, the least, and the level at the end. */
  readonly levels: ReadonlyMap<string, Levels>;
};

export type Levels = { readonly first: number; readonly least: number; readonly last: number };

export type Collector = {
  /** To be called after every sample was counted. */
  look(state: SessionState): void;
  timeline(): Timeline;
};

export type CollectorOptions = {
  readonly header: HeaderRecord;
  readonly startUs: number;
  readonly endUs: number;
  readonly samples: number;
  readonly wanted: readonly Wanted[];
};

export const createCollector = ({ header, wanted, startUs, endUs, samples }: CollectorOptions): Collector => {
  const axis = axisOf(startUs, endUs, samples);
  const times = new Float64Array(samples);
  const tracks = wanted.map((one) => ({ one, track: createTrack(axis, samples) }));
  const buddies = header.metrics.filter(({ id }) => BUDDY.test(id)).map(({ id }) => id);
  const levels = new Map<string, { first: number; least: number; last: number }>();
  let number = 0;
  let seen = -1;
  return {
    look: (state) => {
      // What is damaged brings no sample.
      if (state.samples === seen) return;
      seen = state.samples;
      times[number] = state.bootUs;
      for (const { one, track } of tracks) addTo(track, one, state, number);
      for (const id of buddies) note(levels, id, state.host.get(id)?.last);
      number += 1;
    },
    timeline: () => ({
      axis,
      timesUs: drawnTimes(axis, times.subarray(0, number)),
      signals: tracks.map(({ one, track }) => ({
        ...one,
        values: axis.columns === null ? track.values().subarray(0, number) : track.values(),
        extremes: track.extremes(),
      })),
      levels,
    }),
  };
};

/** Free blocks of a node's zone, by order: `buddy.0.Normal.3`. */
export const BUDDY = /^buddy\.(\d+)\.([^.]+)\.(\d+)$/;

const addTo = (track: Track, { metric, who }: Wanted, state: SessionState, number: number): void => {
  const value =
    who !== null
      ? ofProcess(metric, who, state)
      : metric.scope === 'pid'
        ? ofAll(metric, state)
        : ofHost(metric, state);
  track.add(value, state.bootUs, number);
};

const note = (
  levels: Map<string, { first: number; least: number; last: number }>,
  id: string,
  value: number | undefined,
): void => {
  if (value === undefined) return;
  const known = levels.get(id);
  if (known === undefined) levels.set(id, { first: value, least: value, last: value });
  else Object.assign(known, { least: Math.min(known.least, value), last: value });
};

const ofHost = ({ id, kind }: MetricDescriptor, state: SessionState): number => {
  const reading = state.host.get(id);
  if (reading === undefined) return Number.NaN;
  if (kind !== 'counter') return reading.last;
  if (!isOfLast(state.hostRead, state)) return Number.NaN;
  return rateOf(reading.delta, state.hostRead.intervalUs, mostPerSecond(id, state.header));
};

const ofAll = ({ id }: MetricDescriptor, state: SessionState): number => {
  return isOfLast(stretchOf(state, id), state) ? growthOf(state, id, state.totals.get(id)) : Number.NaN;
};

const ofProcess = ({ id, kind }: MetricDescriptor, who: Who, state: SessionState): number => {
  const entity = lifeOf(who, state);
  if (entity === null || !isOfLast(state.counted, state)) return Number.NaN;
  const count = entity.counts.get(id);
  if (kind === 'gauge') return count?.total ?? Number.NaN;
  return isOfLast(stretchOf(state, id), state) ? growthOf(state, id, count) : Number.NaN;
};

const growthOf = (state: SessionState, metric: string, count: Count | undefined): number =>
  processRate(state, metric, count?.sample === stretchOf(state, metric).sample ? count.delta : 0);

/** null before it began, and after it ended. */
const lifeOf = ({ pid, startMs }: Who, state: SessionState): Entity | null => {
  const owner = state.owners.get(pid);
  if (owner === undefined || owner.endedBootUs !== null) return null;
  return owner.startMs === startMs || owner.startMs === null || startMs === null ? owner : null;
};

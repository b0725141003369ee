/**
 * What a session has just folded, handed to the insight tick by tick. A sample is one tick; where samples are missing,
 * ticks pass unseen. A process is one life of a PID: reuse makes new series. What a process did not do counts as zero,
 * since it began, or since tracing did; what was not read counts as nothing at all.
 */
import { type Entity, UNKNOWN_COMM } from '../core/entity.ts';
import { isBreakdown, type MetricDescriptor } from '../core/metric.ts';
import { mostPerSecond, rateOf } from '../core/rate.ts';
import type { SessionState } from '../core/state.ts';
import { isOfLast, processRate, stretchOf } from '../core/stretch.ts';
import { isKernelThread, isOwn } from '../core/who.ts';
import { frozenSince } from './baseline.ts';
import { noteUse } from './deeds.ts';
import { watchExtents } from './extent-growth.ts';
import { matchSignatures } from './findings/match.ts';
import { closeSeries, forgetSeries, openSeries, renameSeries, skipTicks, tick } from './insight.ts';
import { heldMetric, watchGrowth } from './leaks.ts';
import { PRESSURE, SPIKE, SUFFERED, saysNothing, UNWATCHED } from './params.ts';
import type { SeriesIdentity } from './series.ts';
import { watchSlab } from './slab-leak.ts';
import { LEAST_SUFFERED_NS, noteSuffering } from './sufferers.ts';
import type { Watch } from './watch.ts';

/** To be called after every sample was counted. */
export const observe = (watch: Watch, state: SessionState): void => {
  const { insight } = watch;
  const counted = isOfLast(state.counted, state);
  // Too soon after the last: what came belongs to the next tick.
  if (watch.lastUs > 0 && !counted && !isOfLast(state.hostRead, state)) return;
  passMissedTicks(watch, state);
  watch.frozenUs = frozenSince(watch, state);
  insight.frozen = watch.frozenUs !== null;
  insight.values.fill(Number.NaN);
  if (counted) readProcesses(watch, state);
  if (state.samples > 1) readHost(watch, state);
  tick(insight, state.bootUs);
  matchSignatures(watch.cases, watch.readings, state);
  if (counted) watchGrowth(watch, state);
  watchExtents(watch.leaks, state);
  if (isOfLast(state.hostRead, state)) watchSlab(watch.leaks, state);
  watch.lastUs = state.bootUs;
};

const passMissedTicks = ({ insight, lastUs }: Watch, state: SessionState): void => {
  if (lastUs === 0) return;
  const passed = Math.round((state.bootUs - lastUs) / (state.header.intervalMs * 1000));
  const room = state.samples + MAX_MISSED_TICKS - insight.ticks;
  if (passed > 1) skipTicks(insight, Math.max(0, Math.min(passed - 1, LONGEST_MISS_TICKS, room)));
};

/** Longer apart is not further apart: nothing that insight relates is. */
const LONGEST_MISS_TICKS = 3_600;
/** All together: analysis holds a number for every tick. */
const MAX_MISSED_TICKS = 1_000_000;

const readProcesses = (watch: Watch, state: SessionState): void => {
  const { insight, processes } = watch;
  for (const owners of [state.owners.values(), state.former.values()]) {
    for (const entity of owners) {
      if (hasNothingMore(entity, state)) continue;
      if (isOwn(entity, state)) {
        forgetOwn(watch, entity);
        continue;
      }
      const rows = processes.get(entity);
      for (const [metric, count] of entity.counts) {
        const descriptor = state.metrics.get(metric);
        if (descriptor === undefined || descriptor.kind === 'max' || isBreakdown(descriptor)) continue;
        const stretch = stretchOf(state, metric);
        // What was not read with this sample is not known of it.
        if (descriptor.kind === 'counter' && !isOfLast(stretch, state)) continue;
        const current = count.sample === stretch.sample;
        const perSecond = current ? processRate(state, metric, count.delta) : 0;
        if (current) noteMeanwhile(watch, entity, descriptor, perSecond);
        if (isUnwatched(metric, state)) continue;
        const row = rows?.get(metric) ?? openOf(watch, state, entity, descriptor);
        if (row < 0) continue;
        if (descriptor.kind === 'gauge') insight.values[row] = count.total;
        else insight.values[row] = perSecond;
      }
    }
  }
  dropEnded(watch, state);
};

/** Where an import has nothing else to show of a stall, who uses a CPU is all there is. */
const isUnwatched = (metric: string, { header, metrics }: SessionState): boolean =>
  UNWATCHED.has(metric) &&
  (header.imported === undefined || Object.keys(PRESSURE).some((one) => metrics.has(one)));

/** Who it is may be known only after it was counted. */
const forgetOwn = ({ insight, processes }: Watch, entity: Entity): void => {
  for (const row of processes.get(entity)?.values() ?? []) {
    forgetSeries(insight, row);
    closeSeries(insight, row);
  }
  processes.delete(entity);
};

const openOf = (watch: Watch, state: SessionState, entity: Entity, descriptor: MetricDescriptor): number => {
  if (isIdle(entity, descriptor, state)) return -1;
  const row = openSeries(watch.insight, identityOf(entity, descriptor), silentTicks(watch, state, entity));
  if (row < 0) return row;
  const rows = watch.processes.get(entity) ?? new Map<string, number>();
  rows.set(descriptor.id, row);
  watch.processes.set(entity, rows);
  return row;
};

/** Who did something and who waited, whether or not it is watched for being unusual. */
const noteMeanwhile = (
  { insight }: Watch,
  entity: Entity,
  descriptor: MetricDescriptor,
  perSecond: number,
): void => {
  if (SUFFERED[descriptor.id] !== undefined) {
    if (perSecond >= LEAST_SUFFERED_NS) noteSuffering(insight, identityOf(entity, descriptor), perSecond);
  } else if (UNWATCHED.has(descriptor.id)) noteUse(insight, identityOf(entity, descriptor), perSecond);
};

const identityOf = (entity: Entity, { id, kind, unit }: MetricDescriptor): SeriesIdentity => ({
  metric: id,
  kind: kind === 'gauge' ? 'gauge' : 'counter',
  unit,
  pid: entity.pid,
  startMs: entity.startMs,
  comm: entity.comm,
  ...(isKernelThread(entity) ? { kernel: true } : {}),
});

/**
 * Most processes only live. Of those that count nothing only what they hold is followed, where it is worth it; and levels that
 * somebody has chosen to import.
 */
const isIdle = (
  { movedBootUs, counts }: Entity,
  { id, kind }: MetricDescriptor,
  state: SessionState,
): boolean => {
  if (movedBootUs !== null) return false;
  if (id === heldMetric(state)) return (counts.get(id)?.total ?? 0) < WORTH_FOLLOWING_BYTES;
  return !(kind === 'gauge' && state.header.imported !== undefined);
};

const WORTH_FOLLOWING_BYTES = 16 * 2 ** 20;

/** Who was gone before anybody could look has no name, and did nothing before because it was not there. */
const silentTicks = ({ insight }: Watch, state: SessionState, { startMs, comm }: Entity): number => {
  if (startMs === null) return comm === UNKNOWN_COMM ? 0 : insight.ticks;
  const livedTicks = (state.bootUs / 1000 - startMs) / state.header.intervalMs;
  return Math.max(0, Math.min(insight.ticks, Math.floor(livedTicks)));
};

/** What was counted of who ended comes with the next samples or never; thousands may end in the time that they are remembered. */
const hasNothingMore = ({ endedBootUs }: Entity, state: SessionState): boolean =>
  endedBootUs !== null &&
  state.bootUs - endedBootUs > Math.max(LATEST_COUNT_US, LATEST_COUNT_TICKS * state.header.intervalMs * 1000);

const LATEST_COUNT_US = 10e6;
const LATEST_COUNT_TICKS = 6;

const endedLongAgo = ({ endedBootUs }: Entity, state: SessionState): boolean =>
  endedBootUs !== null && state.bootUs - endedBootUs > SPIKE.frozenTicks * state.header.intervalMs * 1000;

const dropEnded = ({ insight, processes }: Watch, state: SessionState): void => {
  for (const [entity, rows] of processes) {
    const known = state.owners.get(entity.pid) === entity || state.former.get(entity.id) === entity;
    if (known && entity.endedBootUs === null) {
      for (const row of rows.values()) renameSeries(insight, row, entity.comm);
      continue;
    }
    // Zeros of the dead say nothing.
    for (const row of rows.values()) if (insight.values[row] === 0) insight.values[row] = Number.NaN;
    if (known && !endedLongAgo(entity, state)) continue;
    for (const row of rows.values()) closeSeries(insight, row);
    processes.delete(entity);
  }
};

const readHost = ({ insight, host }: Watch, state: SessionState): void => {
  const { intervalUs } = state.hostRead;
  const isNew = isOfLast(state.hostRead, state);
  for (const [metric, reading] of state.host) {
    const descriptor = state.metrics.get(metric);
    if (descriptor === undefined || descriptor.kind === 'max' || saysNothing(metric)) continue;
    const counter = descriptor.kind === 'counter';
    let row = host.get(metric);
    if (row === undefined) {
      const kind = counter ? 'counter' : 'gauge';
      const identity = { metric, kind, unit: descriptor.unit, pid: null, startMs: null, comm: null } as const;
      row = openSeries(insight, identity, 0);
      host.set(metric, row);
    }
    if (row < 0 || (counter && !isNew)) continue;
    const most = mostPerSecond(metric, state.header);
    insight.values[row] = counter ? rateOf(reading.delta, intervalUs, most) : reading.last;
  }
};

/**
 * What a session has just folded, handed to the insight tick by tick. A sample is one tick; where samples are missing,
 * ticks pass unseen. A process is one life of a PID: reuse makes new series. What a process did not do counts as zero,
 * since it began, or since tracing did; what was not read counts as nothing at all.
 */
import type { Entity } from '../entity.ts';
import type { MetricDescriptor } from '../metric.ts';
import type { SessionState } from '../state.ts';
import { matchSignatures } from './findings/match.ts';
import { closeSeries, openSeries, renameSeries, skipTicks, tick } from './insight.ts';
import { watchGrowth } from './leaks.ts';
import { SMOOTHED, SPIKE } from './params.ts';
import type { Watch } from './watch.ts';

/** To be called after every sample was folded. */
export const observe = (watch: Watch, state: SessionState): void => {
  const { insight } = watch;
  passMissedTicks(watch, state);
  const counted = state.counted.sample === state.samples - 1 && state.counted.intervalUs > 0;
  insight.frozen = state.bootUs >= watch.freezeUs;
  insight.values.fill(Number.NaN);
  if (counted) readProcesses(watch, state);
  if (state.samples > 1) readHost(watch, state);
  tick(insight, state.bootUs);
  matchSignatures(watch.cases, watch.readings, state);
  if (counted) watchGrowth(watch.leaks, state);
  watch.lastUs = state.bootUs;
};

const passMissedTicks = ({ insight, lastUs }: Watch, state: SessionState): void => {
  if (lastUs === 0) return;
  const passed = Math.round((state.bootUs - lastUs) / (state.header.intervalMs * 1000));
  if (passed > 1) skipTicks(insight, passed - 1);
};

const readProcesses = (watch: Watch, state: SessionState): void => {
  const { insight, processes } = watch;
  const perSecond = 1e6 / state.counted.intervalUs;
  for (const owners of [state.owners.values(), state.former.values()]) {
    for (const entity of owners) {
      if (endedLongAgo(entity, state)) continue;
      for (const [metric, count] of entity.counts) {
        const descriptor = state.metrics.get(metric);
        if (descriptor === undefined || descriptor.kind === 'max') continue;
        const row = processes.get(entity)?.get(metric) ?? openOf(watch, state, entity, descriptor);
        if (row < 0) continue;
        const current = count.sample === state.counted.sample;
        if (descriptor.kind === 'gauge') insight.values[row] = count.total;
        else insight.values[row] = current ? count.delta * perSecond : 0;
      }
    }
  }
  dropEnded(watch, state);
};

const openOf = (watch: Watch, state: SessionState, entity: Entity, descriptor: MetricDescriptor): number => {
  const identity = {
    metric: descriptor.id,
    kind: descriptor.kind === 'gauge' ? ('gauge' as const) : ('counter' as const),
    unit: descriptor.unit,
    pid: entity.pid,
    startMs: entity.startMs,
    comm: entity.comm,
  };
  const row = openSeries(watch.insight, identity, silentTicks(watch, state, entity));
  if (row < 0) return row;
  const rows = watch.processes.get(entity) ?? new Map<string, number>();
  rows.set(descriptor.id, row);
  watch.processes.set(entity, rows);
  return row;
};

const silentTicks = ({ insight }: Watch, state: SessionState, { startMs }: Entity): number => {
  if (startMs === null) return insight.ticks;
  const livedTicks = (state.bootUs / 1000 - startMs) / state.header.intervalMs;
  return Math.max(0, Math.min(insight.ticks, Math.floor(livedTicks)));
};

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
  const intervalUs = state.bootUs - state.previousBootUs;
  if (!(intervalUs > 0)) return;
  for (const [metric, reading] of state.host) {
    const descriptor = state.metrics.get(metric);
    if (descriptor === undefined || descriptor.kind === 'max' || SMOOTHED.has(metric)) continue;
    const counter = descriptor.kind === 'counter';
    let row = host.get(metric);
    if (row === undefined) {
      const kind = counter ? 'counter' : 'gauge';
      const identity = { metric, kind, unit: descriptor.unit, pid: null, startMs: null, comm: null } as const;
      row = openSeries(insight, identity, 0);
      host.set(metric, row);
    }
    if (row >= 0) insight.values[row] = counter ? (reading.delta * 1e6) / intervalUs : reading.last;
  }
};

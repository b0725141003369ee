/** The measures that signatures look at, smoothed over a few ticks: of every process that has them, and of the host. */
import type { Cgroup } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import { mostPerSecond, rateOf } from '../../core/rate.ts';
import type { SessionState } from '../../core/state.ts';
import { isOfLast, processRate, stretchOf } from '../../core/stretch.ts';
import { isOwn } from '../../core/who.ts';
import { readPlaces } from './places.ts';
import { amountIn, type Readings } from './reading-state.ts';
import type { Condition, Measure } from './signature.ts';
import { smooth } from './smooth.ts';
import type { Stretch } from './stretch.ts';

const SILENT_PER_SECOND = 1e-6;

/** Ending of the name under which attempts of order 1 and above are read, apart from single pages and huge pages. */
const HIGH_ORDERS = '.high';
/** A huge page is asked for in the hope of one; khugepaged fails to get it on every machine that has run for long. */
const HUGE_PAGE_ORDER = 9;

/** Takes in the sample just folded; `watched` are the metrics of processes that anyone asks for. */
export const read = (readings: Readings, state: SessionState, watched: ReadonlySet<string>): void => {
  readings.ticks += 1;
  const { now } = readings;
  now.us = 0;
  now.processes.clear();
  now.all.clear();
  now.host.clear();
  now.cgroups.clear();
  if (isOfLast(state.counted, state)) readProcesses(readings, state, watched);
  if (state.samples < 2) return;
  const { intervalUs } = state.hostRead;
  const isRead = isOfLast(state.hostRead, state);
  // Where no process is ever counted, the host's own time is the time; what was not read now comes with the next.
  if (state.counted.sample < 0 && isRead) now.us = intervalUs;
  for (const [metric, reading] of state.host) {
    if (state.metrics.get(metric)?.kind === 'counter') {
      const perSecond = rateOf(reading.delta, intervalUs, mostPerSecond(metric, state.header));
      if (isRead) smooth(readings.hostRates, metric, perSecond);
      if (perSecond > 0) now.host.set(metric, amountIn(now, perSecond));
    } else readings.hostLevels.set(metric, reading.last);
  }
  readCgroups(readings, state);
  readPlaces(readings, state);
};

const readCgroups = ({ cgroups, now }: Readings, state: SessionState): void => {
  const isRead = isOfLast(state.hostRead, state);
  for (const cgroup of state.cgroups.values()) {
    if (cgroup.endedBootUs !== null) {
      cgroups.delete(cgroup);
      continue;
    }
    const rates = cgroups.get(cgroup) ?? new Map<string, number>();
    cgroups.set(cgroup, rates);
    const counted = new Map<string, number>();
    for (const [metric, { delta }] of cgroup.readings) {
      if (state.metrics.get(metric)?.kind !== 'counter') continue;
      const perSecond = rateOf(delta, state.hostRead.intervalUs);
      if (isRead) smooth(rates, metric, perSecond);
      if (perSecond > 0) counted.set(metric, amountIn(now, perSecond));
    }
    if (counted.size > 0) now.cgroups.set(cgroup, counted);
  }
};

const readProcesses = (
  { processes, now }: Readings,
  state: SessionState,
  watched: ReadonlySet<string>,
): void => {
  const { sample, intervalUs } = state.counted;
  now.us = intervalUs;
  const count = (entity: Entity, metric: string, amount: number): void => {
    if (amount === 0) return;
    const own = now.processes.get(entity) ?? new Map<string, number>();
    now.processes.set(entity, own.set(metric, amount));
    now.all.set(metric, (now.all.get(metric) ?? 0) + amount);
  };
  for (const entity of state.owners.values()) {
    if (entity.counts.size === 0 || isOwn(entity, state)) continue;
    let rates = processes.get(entity);
    for (const [metric, tally] of entity.counts) {
      if (!watched.has(metric)) continue;
      const stretch = stretchOf(state, metric);
      if (stretch.intervalUs === 0) continue;
      const delta = tally.sample === stretch.sample ? tally.delta : 0;
      // Who rests, and has rested, is most of all there are.
      if (delta === 0 && rates === undefined) continue;
      const current = processRate(state, metric, delta);
      count(entity, metric, stretch === state.counted ? delta : amountIn(now, current));
      if (rates === undefined) {
        if (current === 0) continue;
        rates = new Map();
        processes.set(entity, rates);
      }
      smooth(rates, metric, current);
      const parts = entity.parts.get(metric);
      if (parts === undefined) continue;
      let high = 0;
      for (const { key, delta, sample: countedAt } of parts.values())
        if (isHigh(key[0] ?? 0) && countedAt === sample) high += delta;
      count(entity, metric + HIGH_ORDERS, high);
      smooth(rates, metric + HIGH_ORDERS, rateOf(high, intervalUs));
    }
  }
  for (const [entity, rates] of processes) {
    const gone = state.owners.get(entity.pid) !== entity || isOwn(entity, state);
    if (gone || isSilent(rates)) processes.delete(entity);
  }
};

const isSilent = (rates: ReadonlyMap<string, number>): boolean => {
  for (const rate of rates.values()) if (!(rate < SILENT_PER_SECOND)) return false;
  return true;
};

const isHigh = (order: number): boolean => order >= 1 && order !== HUGE_PAGE_ORDER;

/** A measure of one process; NaN when it cannot be said. */
export const ofProcess = (rates: ReadonlyMap<string, number>, measure: Measure): number => {
  if (measure.kind === 'rate' || measure.kind === 'amount') return rates.get(measure.metric) ?? 0;
  if (measure.kind !== 'ratio') return Number.NaN;
  const per = rates.get(measure.per) ?? 0;
  return per > SILENT_PER_SECOND ? (rates.get(measure.metric) ?? 0) / per : Number.NaN;
};

/** The same of a control group. */
export const ofCgroup = (rates: ReadonlyMap<string, number>, cgroup: Cgroup, measure: Measure): number => {
  switch (measure.kind) {
    case 'rate':
    case 'amount':
      return sumOf(rates, measure.metric);
    case 'level':
      return cgroup.readings.get(measure.metric)?.last ?? Number.NaN;
    case 'ratio': {
      const per = sumOf(rates, measure.per);
      return per > SILENT_PER_SECOND ? sumOf(rates, measure.metric) / per : Number.NaN;
    }
    case 'rise':
      return Number.NaN;
  }
};

export const ofHost = (readings: Readings, state: SessionState, measure: Measure): number => {
  switch (measure.kind) {
    case 'rate':
      return sumOf(readings.hostRates, measure.metric);
    case 'amount':
      // Single events: a smoothed rate would go on for long after one.
      return sumOf(readings.now.host, measure.metric);
    case 'level':
      return sumOf(readings.hostLevels, measure.metric);
    case 'rise':
      return (readings.hostLevels.get(measure.metric) ?? Number.NaN) - levelBefore(state, measure);
    case 'ratio':
      return sumOf(readings.hostRates, measure.metric) / sumOf(readings.hostRates, measure.per);
  }
};

const sumOf = (values: ReadonlyMap<string, number>, metric: string): number => {
  if (!metric.endsWith('*')) return values.get(metric) ?? Number.NaN;
  const prefix = metric.slice(0, -1);
  let sum = 0;
  for (const [name, value] of values) if (name.startsWith(prefix)) sum += value;
  return sum;
};

const levelBefore = (
  state: SessionState,
  { metric, overTicks }: Extract<Measure, { readonly kind: 'rise' }>,
): number => {
  const ring = state.hostHistory.get(metric);
  const sample = Math.max(0, state.samples - 1 - overTicks);
  return ring?.values[sample % ring.values.length] ?? Number.NaN;
};

/** Whether a session has what a measure asks for. */
export const isMeasured = (state: SessionState, { metric }: Measure): boolean => {
  const name = metric.endsWith(HIGH_ORDERS) ? metric.slice(0, -HIGH_ORDERS.length) : metric;
  if (!name.endsWith('*')) {
    const descriptor = state.metrics.get(name);
    // Dropped to stay within the budget: what is left must be enough.
    if (typeof state.uncounted.get(name)?.sinceUs === 'number') return false;
    return descriptor !== undefined && state.probes.get(descriptor.probe)?.state !== 'refused';
  }
  for (const id of state.metrics.keys()) if (id.startsWith(name.slice(0, -1))) return true;
  return false;
};

const UNREAD_INTERVALS = 3;

/** Since when a metric that was measured is not counted any more; null while it is. `lastUs` is when it last was. */
export const uncountedSince = (state: SessionState, metric: string, lastUs: number): number | null => {
  const name = countedMetric(metric);
  const letGoUs = state.uncounted.get(name)?.sinceUs;
  if (typeof letGoUs === 'number') return letGoUs;
  const descriptor = state.metrics.get(name);
  if (descriptor === undefined || descriptor.scope === 'host') return null;
  const probe = state.probes.get(descriptor.probe);
  if (probe !== undefined && probe.state !== 'attached') return lastUs;
  const unreadUs = state.bootUs - state.counted.bootUs;
  return unreadUs > UNREAD_INTERVALS * state.header.intervalMs * 1000 ? state.counted.bootUs : null;
};

/** What a measure was over a stretch: of the suspect, of all others, or of the host. NaN when it cannot be said. */
export const ofStretch = (
  stretch: Stretch,
  { scope, measure }: Pick<Condition, 'scope' | 'measure'>,
): number => {
  const counted = (metric: string): number => {
    if (scope === 'suspect') return sumOf(stretch.own, metric) || 0;
    if (scope === 'others') return (stretch.all.get(metric) ?? 0) - (stretch.own.get(metric) ?? 0);
    return sumOf(stretch.host, metric) || 0;
  };
  if (measure.kind === 'rate') return (counted(measure.metric) * 1e6) / stretch.us;
  // Of the host it is in proportion to the time for which processes were read: of single events that is not whole.
  if (measure.kind === 'amount') return Math.round(counted(measure.metric));
  return measure.kind === 'ratio' ? counted(measure.metric) / counted(measure.per) : Number.NaN;
};

/** The metric that is counted, of a name that a signature uses. */
export const countedMetric = (metric: string): string =>
  metric.endsWith(HIGH_ORDERS) ? metric.slice(0, -HIGH_ORDERS.length) : metric;

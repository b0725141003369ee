/** The measures that signatures look at, smoothed over a few ticks: of every process that has them, and of the host. */
import type { Entity } from '../../entity.ts';
import type { HeaderRecord } from '../../record.ts';
import type { SessionState } from '../../state.ts';
import type { Readings } from './reading-state.ts';
import type { Measure } from './signature.ts';

/** Weight of a new tick. */
const FRESH = 0.35;
const SILENT_PER_SECOND = 1e-6;

/** Ending of the name under which attempts of order 1 and above are read, apart from single pages and huge pages. */
const HIGH_ORDERS = '.high';
/** A huge page is asked for in the hope of one; khugepaged fails to get it on every machine that has run for long. */
const HUGE_PAGE_ORDER = 9;

/** Takes in the sample just folded; `watched` are the metrics of processes that anyone asks for. */
export const read = (readings: Readings, state: SessionState, watched: ReadonlySet<string>): void => {
  readings.ticks += 1;
  if (state.counted.sample === state.samples - 1 && state.counted.intervalUs > 0)
    readProcesses(readings, state, watched);
  const intervalUs = state.bootUs - state.previousBootUs;
  if (state.samples < 2 || !(intervalUs > 0)) return;
  for (const [metric, reading] of state.host) {
    if (state.metrics.get(metric)?.kind === 'counter')
      smooth(readings.hostRates, metric, (reading.delta * 1e6) / intervalUs);
    else readings.hostLevels.set(metric, reading.last);
  }
};

const readProcesses = ({ processes }: Readings, state: SessionState, watched: ReadonlySet<string>): void => {
  const { sample, intervalUs } = state.counted;
  const perSecond = 1e6 / intervalUs;
  for (const entity of state.owners.values()) {
    if (isOurs(entity, state.header)) continue;
    let rates = processes.get(entity);
    for (const [metric, count] of entity.counts) {
      if (!watched.has(metric)) continue;
      const current = count.sample === sample ? count.delta * perSecond : 0;
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
        if (isHigh(key[0] ?? 0) && countedAt === sample) high += delta * perSecond;
      smooth(rates, metric + HIGH_ORDERS, high);
    }
  }
  for (const [entity, rates] of processes) {
    const gone = state.owners.get(entity.pid) !== entity;
    if (gone || [...rates.values()].every((rate) => rate < SILENT_PER_SECOND)) processes.delete(entity);
  }
};

/** Those who watch: neither suspects nor victims that anyone should look after. */
const isOurs = ({ pid, ppid, comm }: Entity, { tool }: HeaderRecord): boolean =>
  tool.pid !== undefined && (pid === tool.pid || (ppid === tool.pid && comm === 'bpftrace'));

const isHigh = (order: number): boolean => order >= 1 && order !== HUGE_PAGE_ORDER;

const smooth = (rates: Map<string, number>, metric: string, value: number): void => {
  const before = rates.get(metric) ?? 0;
  rates.set(metric, before + FRESH * (value - before));
};

/** A measure of one process; NaN when it cannot be said. */
export const ofProcess = (rates: ReadonlyMap<string, number>, measure: Measure): number => {
  if (measure.kind === 'rate') return rates.get(measure.metric) ?? 0;
  if (measure.kind !== 'ratio') return Number.NaN;
  const per = rates.get(measure.per) ?? 0;
  return per > SILENT_PER_SECOND ? (rates.get(measure.metric) ?? 0) / per : Number.NaN;
};

export const ofHost = (readings: Readings, state: SessionState, measure: Measure): number => {
  switch (measure.kind) {
    case 'rate':
      return sumOf(readings.hostRates, measure.metric);
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
    // Let go of to stay within the budget: what is left must be enough.
    if (typeof state.uncounted.get(name)?.sinceUs === 'number') return false;
    return descriptor !== undefined && state.probes.get(descriptor.probe)?.state !== 'refused';
  }
  for (const id of state.metrics.keys()) if (id.startsWith(name.slice(0, -1))) return true;
  return false;
};

/** The metric that is counted, of a name that a signature uses. */
export const countedMetric = (metric: string): string =>
  metric.endsWith(HIGH_ORDERS) ? metric.slice(0, -HIGH_ORDERS.length) : metric;

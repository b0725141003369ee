/** One life of a PID, and what it has counted. A PID that is reused is another entity. */
import { createRing, holdRing, type Ring, writeRing } from './ring.ts';

export const ROW_HISTORY_SAMPLES = 120;
/** A snapshot may be asked for its whole past until so many samples later; then its oldest end is unknown. */
export const KEPT_BEHIND_SAMPLES = 12;

export type Count = { total: number; delta: number; sample: number };
export type Part = Count & { readonly key: readonly number[] };

export type Entity = {
  id: string;
  readonly pid: number;
  startMs: number | null;
  comm: string;
  ppid: number | null;
  uid: number | null;
  cmdline: string | null;
  cgroup: string | null;
  /** Metric id to why it cannot be counted for this process. */
  uncovered: Readonly<Record<string, string>>;
  endedBootUs: number | null;
  /** Moves with every change, so that what was drawn from it before need not be drawn again. */
  version: number;
  readonly counts: Map<string, Count>;
  /** Metrics with dimensions: joined key to part. */
  readonly parts: Map<string, Map<string, Part>>;
  readonly trends: Map<string, Ring>;
};

export const UNKNOWN_COMM = '?';

const NOTHING_UNCOVERED: Readonly<Record<string, string>> = {};

export const entityId = (pid: number, startMs: number | null): string => `${pid}@${startMs ?? '?'}`;

export const createEntity = (pid: number, startMs: number | null, comm: string): Entity => ({
  id: entityId(pid, startMs),
  pid,
  startMs,
  comm,
  ppid: null,
  uid: null,
  cmdline: null,
  cgroup: null,
  uncovered: NOTHING_UNCOVERED,
  endedBootUs: null,
  version: 0,
  counts: new Map(),
  parts: new Map(),
  trends: new Map(),
});

export const addTo = (counts: Map<string, Count>, metric: string, delta: number, sample: number): Count => {
  const count = counts.get(metric);
  if (count === undefined) {
    const fresh = { total: delta, delta, sample };
    counts.set(metric, fresh);
    return fresh;
  }
  count.delta = count.sample === sample ? count.delta + delta : delta;
  count.total += delta;
  count.sample = sample;
  return count;
};

/** How many trends all entities may hold together, and do. */
export type TrendBudget = { readonly limit: number; held: number };

const createTrend = (
  entity: Entity,
  metric: string,
  budget: TrendBudget,
  blank: number,
): Ring | undefined => {
  if (budget.held >= budget.limit) return undefined;
  budget.held += 1;
  const trend = createRing(ROW_HISTORY_SAMPLES + KEPT_BEHIND_SAMPLES, blank);
  entity.trends.set(metric, trend);
  return trend;
};

/** Counts `delta` of a metric in a sample, for the process and, with dimensions, for the part `dims`. */
export const countEntity = (
  entity: Entity,
  metric: string,
  dims: readonly number[],
  delta: number,
  sample: number,
  budget: TrendBudget,
): void => {
  entity.version += 1;
  const count = addTo(entity.counts, metric, delta, sample);
  const trend = entity.trends.get(metric) ?? createTrend(entity, metric, budget, 0);
  if (trend !== undefined) writeRing(trend, sample, count.delta);
  if (dims.length > 0) countPart(entity, metric, dims, delta, sample);
};

const countPart = (
  entity: Entity,
  metric: string,
  dims: readonly number[],
  delta: number,
  sample: number,
): void => {
  let parts = entity.parts.get(metric);
  if (parts === undefined) {
    parts = new Map();
    entity.parts.set(metric, parts);
  }
  const name = dims.join(',');
  const part = parts.get(name);
  if (part === undefined) {
    parts.set(name, { key: [...dims], total: delta, delta, sample });
    return;
  }
  part.delta = part.sample === sample ? part.delta + delta : delta;
  part.total += delta;
  part.sample = sample;
};

/** Keeps the largest value; `max` metrics are never differenced. */
export const raiseEntity = (entity: Entity, metric: string, value: number, sample: number): void => {
  entity.version += 1;
  const count = entity.counts.get(metric);
  const total = Math.max(count?.total ?? 0, value);
  entity.counts.set(metric, { total, delta: total, sample });
};

/** Sets the level of a gauge. What is not mentioned in later samples stays as it is. */
export const levelEntity = (
  entity: Entity,
  metric: string,
  value: number,
  sample: number,
  budget: TrendBudget,
): void => {
  entity.version += 1;
  entity.counts.set(metric, { total: value, delta: value, sample });
  const trend = entity.trends.get(metric) ?? createTrend(entity, metric, budget, Number.NaN);
  if (trend !== undefined) holdRing(trend, sample, value);
};

/** Lets go of trends that a view can no longer ask for. */
export const trimTrends = (entity: Entity, sample: number, budget: TrendBudget): void => {
  for (const [metric, trend] of entity.trends) {
    if (trend.last > sample - trend.values.length) continue;
    entity.trends.delete(metric);
    budget.held -= 1;
  }
};

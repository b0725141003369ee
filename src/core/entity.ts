/** One life of a PID, and what it has counted. A PID that is reused is another entity. */
import { createRing, holdRing, type Ring, writeRing } from './ring.ts';

export const ROW_HISTORY_SAMPLES = 120;
/** A snapshot may be asked for its whole past until so many samples later; then its oldest end is unknown. */
export const KEPT_BEHIND_SAMPLES = 12;

export type Count = { total: number; delta: number; sample: number };
/** Of one process, with its recent past while there is room for one. */
export type Tally = Count & { trend: Ring | null };
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
  readonly counts: Map<string, Tally>;
  /** Metrics with dimensions: joined key to part. */
  readonly parts: Map<string, Map<string, Part>>;
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
});

const NEVER = -1;

/** Nothing counted yet. */
export const zeroCount = (): Count => ({ total: 0, delta: 0, sample: NEVER });
const NOTHING = zeroCount();

export const addTo = (count: Count, delta: number, sample: number): void => {
  count.delta = count.sample === sample ? count.delta + delta : delta;
  count.total += delta;
  count.sample = sample;
};

/** All tallies are made here: objects of one shape are counted on twice as fast. */
export const createTally = ({ total, delta, sample }: Count): Tally => ({
  total,
  delta,
  sample,
  trend: null,
});

const tallyOf = (entity: Entity, metric: string): Tally => {
  const known = entity.counts.get(metric);
  if (known !== undefined) return known;
  const tally = createTally(NOTHING);
  entity.counts.set(metric, tally);
  return tally;
};

/** How many trends all entities may hold together, and do. */
export type TrendBudget = { readonly limit: number; held: number };

const trendOf = (tally: Tally, budget: TrendBudget, blank: number): Ring | null => {
  if (tally.trend !== null || budget.held >= budget.limit) return tally.trend;
  budget.held += 1;
  tally.trend = createRing(ROW_HISTORY_SAMPLES + KEPT_BEHIND_SAMPLES, blank);
  return tally.trend;
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
  const tally = tallyOf(entity, metric);
  addTo(tally, delta, sample);
  const trend = trendOf(tally, budget, 0);
  if (trend !== null) writeRing(trend, sample, tally.delta);
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
  let part = parts.get(name);
  if (part === undefined) {
    part = { key: [...dims], ...zeroCount() };
    parts.set(name, part);
  }
  addTo(part, delta, sample);
};

/** Keeps the largest value; `max` metrics are never differenced. */
export const raiseEntity = (entity: Entity, metric: string, value: number, sample: number): void => {
  entity.version += 1;
  const tally = tallyOf(entity, metric);
  tally.total = Math.max(tally.total, value);
  tally.delta = tally.total;
  tally.sample = sample;
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
  const tally = tallyOf(entity, metric);
  tally.total = value;
  tally.delta = value;
  tally.sample = sample;
  const trend = trendOf(tally, budget, Number.NaN);
  if (trend !== null) holdRing(trend, sample, value);
};

/** Lets go of trends that a view can no longer ask for. */
export const trimTrends = (entity: Entity, sample: number, budget: TrendBudget): void => {
  for (const tally of entity.counts.values()) {
    if (tally.trend === null || tally.trend.last > sample - tally.trend.values.length) continue;
    tally.trend = null;
    budget.held -= 1;
  }
};

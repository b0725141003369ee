/** One life of a PID, and what it has counted. A PID that is reused is another entity. */
import type { CountedFile } from './file-extents.ts';
import { createRing, holdRing, type Ring, writeRing } from './ring.ts';

export const ROW_HISTORY_SAMPLES = 120;
/** A snapshot may be asked for its whole past until so many samples later; then its oldest end is unknown. */
export const KEPT_BEHIND_SAMPLES = 12;

export type Count = { total: number; delta: number; sample: number };
/** Of one process, with its recent past while there is room for one. */
export type Tally = Count & {
  trend: Ring | null;
  /** The first sample that it grew in, which is all of its past until there is another; NEVER before, or where not known. */
  first: number;
};
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
  /** Other paths that it has in other hierarchies. */
  cgroups: readonly string[];
  /** Metric id to why it cannot be counted for this process. */
  uncovered: Readonly<Record<string, string>>;
  /** stallscope, its tracer, or a helper of theirs. */
  own: boolean;
  /** Names under which it counted before this one. */
  formerly: readonly string[];
  /** Why some of its counts may be another's. */
  shared: string | null;
  /** That it had open when it was last asked, with their extents, the most first. */
  files: readonly CountedFile[];
  endedBootUs: number | null;
  /** When it was last found to have done anything that is counted; null where nobody kept that. */
  movedBootUs: number | null;
  /** Moves with every change, so that what was drawn from it before need not be drawn again. */
  version: number;
  readonly counts: Map<string, Tally>;
  /** Metrics with dimensions: joined key to part. */
  readonly parts: Map<string, Map<string, Part>>;
};

export const UNKNOWN_COMM = '?';

const NOTHING_UNCOVERED: Readonly<Record<string, string>> = {};

const NO_NAMES: readonly string[] = [];

const NO_FILES: readonly CountedFile[] = [];

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
  cgroups: NO_NAMES,
  uncovered: NOTHING_UNCOVERED,
  own: false,
  formerly: NO_NAMES,
  shared: null,
  files: NO_FILES,
  endedBootUs: null,
  movedBootUs: null,
  version: 0,
  counts: new Map(),
  parts: new Map(),
});

const NEVER = -1;
/** It began before, and what came then is not kept. */
const UNKNOWN = -2;

/** Nothing counted yet. */
export const zeroCount = (): Count => ({ total: 0, delta: 0, sample: NEVER });
const NOTHING = zeroCount();

/** What was counted already belongs to the growth of this sample. */
export const growIn = (count: Count, delta: number, sample: number): void => {
  count.delta = count.sample === sample ? count.delta + delta : delta;
  count.sample = sample;
};

export const addTo = (count: Count, delta: number, sample: number): void => {
  count.total += delta;
  growIn(count, delta, sample);
};

/** All tallies are made here: objects of one shape are counted on twice as fast. */
export const createTally = ({ total, delta, sample }: Count): Tally => ({
  total,
  delta,
  sample,
  trend: null,
  first: sample < 0 ? NEVER : UNKNOWN,
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

/** The sample that entities grow in now, and the room for their past. */
export type Growing = { readonly sample: number; readonly trends: TrendBudget };

const CAPACITY = ROW_HISTORY_SAMPLES + KEPT_BEHIND_SAMPLES;

/**
 * To be called before this sample's growth is added. Most processes of a crowd grow in one sample and end: a ring is made
 * with the second.
 */
const trendOf = (tally: Tally, { sample, trends }: Growing, blank: number): Ring | null => {
  if (tally.trend !== null) return tally.trend;
  if (tally.first === NEVER) tally.first = sample;
  if (tally.first === sample) return null;
  const isAll = tally.first >= 0;
  const { first, delta } = tally;
  tally.first = UNKNOWN;
  if (trends.held >= trends.limit) return null;
  trends.held += 1;
  tally.trend = createRing(CAPACITY, blank);
  if (isAll) writeRing(tally.trend, first, delta);
  return tally.trend;
};

/** The past of a tally, also where it is one sample alone; null where it is not kept. */
export const pastOf = ({ trend, first, delta }: Tally, blank: number): Ring | null => {
  if (trend !== null || first < 0) return trend;
  const ring = createRing(CAPACITY, blank);
  writeRing(ring, first, delta);
  return ring;
};

/** Counts `delta` of a metric in a sample, for the process and, with dimensions, for the part `dims`. */
export const countEntity = (
  entity: Entity,
  metric: string,
  dims: readonly number[],
  delta: number,
  growing: Growing,
): void => {
  const { sample } = growing;
  entity.version += 1;
  const tally = tallyOf(entity, metric);
  const trend = trendOf(tally, growing, 0);
  addTo(tally, delta, sample);
  if (trend !== null) writeRing(trend, sample, tally.delta);
  if (dims.length > 0) addTo(partOf(entity, metric, dims), delta, sample);
};

/** Counts `delta` in totals alone, before it is known which sample's growth it belongs to. */
export const addEarly = (entity: Entity, metric: string, dims: readonly number[], delta: number): void => {
  entity.version += 1;
  tallyOf(entity, metric).total += delta;
  if (dims.length > 0) partOf(entity, metric, dims).total += delta;
};

/** Takes what was counted already into the growth of this sample. */
export const growEntity = (
  entity: Entity,
  metric: string,
  dims: readonly number[],
  delta: number,
  growing: Growing,
): void => {
  const { sample } = growing;
  entity.version += 1;
  const tally = tallyOf(entity, metric);
  const trend = trendOf(tally, growing, 0);
  growIn(tally, delta, sample);
  if (trend !== null) writeRing(trend, sample, tally.delta);
  if (dims.length > 0) growIn(partOf(entity, metric, dims), delta, sample);
};

const partOf = (entity: Entity, metric: string, dims: readonly number[]): Part => {
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
  return part;
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
export const levelEntity = (entity: Entity, metric: string, value: number, growing: Growing): void => {
  const { sample } = growing;
  entity.version += 1;
  const tally = tallyOf(entity, metric);
  const trend = trendOf(tally, growing, Number.NaN);
  tally.total = value;
  tally.delta = value;
  tally.sample = sample;
  if (trend !== null) holdRing(trend, sample, value);
};

/** Drops trends that a view can no longer ask for. */
export const trimTrends = (entity: Entity, sample: number, budget: TrendBudget): void => {
  for (const tally of entity.counts.values()) {
    if (tally.trend === null || tally.trend.last > sample - tally.trend.capacity) continue;
    tally.trend = null;
    budget.held -= 1;
  }
};

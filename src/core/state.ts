/**
 * What a session has folded so far. Plain data, mutated in place by `fold` and never handed out: views get
 * Snapshots. Bounded by construction: few of the ended keep a row of their own (retire.ts; the others are summed into
 * `others`, so that every count stays somewhere), histories are rings.
 */
import type { Baselines } from './baseline.ts';
import type { Count, Entity, TrendBudget } from './entity.ts';
import { createWatch, type Watch } from './insight/watch.ts';
import type { MetricDescriptor } from './metric.ts';
import type { HeaderRecord, LossKind, ProbeInUse, SelfCost } from './record.ts';
import { createRing, type Ring } from './ring.ts';
import type { Gap, InsightSaid, Mark } from './snapshot.ts';

export const MAX_ENTITIES = 20_000;
/** Of those that ended last, apart from the ones who did most. */
export const ENDED_ROWS = 400;
export const SIGNAL_HISTORY_SAMPLES = 3_600;
/** Rings of `ROW_HISTORY_SAMPLES` doubles, about 1.3 KB each; beyond, a process has counts but no sparkline. */
export const MAX_TRENDS = 40_000;
export const MAX_GAPS = 1_000;
export const MAX_MARKS = 10_000;

export type HostReading = { last: number; total: number; delta: number };

export type SessionState = {
  readonly header: HeaderRecord;
  readonly metrics: ReadonlyMap<string, MetricDescriptor>;
  /** Samples folded; the newest has number `samples - 1`. */
  samples: number;
  bootUs: number;
  previousBootUs: number;
  epoch: number;
  /** The last sample for which the tracer was read: its number, its time, and the µs since the one before. */
  counted: { readonly sample: number; readonly bootUs: number; readonly intervalUs: number };
  /** Where counting began again after the last gap; what is read next covers the time since then. */
  resumedBootUs: number;
  readonly baselines: Baselines;
  /** The present owner of each PID. */
  readonly owners: Map<number, Entity>;
  /** Earlier owners of a PID that has a new one. */
  readonly former: Map<string, Entity>;
  readonly trends: TrendBudget;
  /** How many of the ended keep their row, apart from those who did most. */
  readonly endedRows: number;
  readonly others: { processes: number; readonly metrics: Map<string, number> };
  readonly totals: Map<string, Count>;
  readonly host: Map<string, HostReading>;
  readonly hostHistory: Map<string, Ring>;
  readonly totalHistory: Map<string, Ring>;
  readonly times: Ring;
  readonly countedUs: Ring;
  readonly probes: Map<string, ProbeInUse>;
  /** Metric id to the time for which its probe did not count it, to stay within the budget. */
  readonly uncounted: Map<string, { sinceUs: number | null; us: number }>;
  readonly losses: Map<LossKind, number>;
  readonly mapFull: Set<string>;
  readonly imprecise: Set<string>;
  /** Metric id to how much of it was shared out instead of counted. */
  readonly shared: Map<string, number>;
  readonly gaps: Gap[];
  readonly marks: Mark[];
  /** What spikes, and what it means. */
  readonly watch: Watch;
  /** Samples are folded without being watched: on the way to a moment that insight does not know how it came about. */
  unwatched: boolean;
  /** What insight had said where this state began, if it began at a checkpoint. */
  readonly told: InsightSaid | null;
  /** Of samples before this one only the counts are known, not the past. */
  readonly knownFrom: number;
  self: SelfCost;
  previousSelf: SelfCost;
  ended: { readonly bootUs: number; readonly reason: string } | null;
};

const NO_COST: SelfCost = { cpuMs: 0, rssBytes: 0, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 };

/**
 * `eventScore` is from which score on something is a spike, unless the usual one; after `freezeAfterMs` of the session
 * nothing more is learnt about what is usual.
 */
export const createState = (
  header: HeaderRecord,
  eventScore?: number,
  freezeAfterMs: number = Number.POSITIVE_INFINITY,
  endedRows: number = ENDED_ROWS,
): SessionState => ({
  header,
  metrics: new Map(header.metrics.map((metric) => [metric.id, metric])),
  samples: 0,
  bootUs: header.clock.bootUs,
  previousBootUs: header.clock.bootUs,
  epoch: 0,
  counted: { sample: -1, bootUs: header.clock.bootUs, intervalUs: 0 },
  resumedBootUs: 0,
  baselines: new Map(),
  owners: new Map(),
  former: new Map(),
  trends: { limit: MAX_TRENDS, held: 0 },
  endedRows,
  others: { processes: 0, metrics: new Map() },
  totals: new Map(),
  host: new Map(),
  hostHistory: new Map(),
  totalHistory: new Map(),
  times: createRing(SIGNAL_HISTORY_SAMPLES, Number.NaN),
  countedUs: createRing(SIGNAL_HISTORY_SAMPLES, Number.NaN),
  probes: new Map(header.probes.map((probe) => [probe.id, probe])),
  uncounted: new Map(),
  losses: new Map(),
  mapFull: new Set(),
  imprecise: new Set(),
  shared: new Map(),
  gaps: [],
  marks: [],
  watch: createWatch(header.intervalMs, eventScore, header.clock.bootUs + freezeAfterMs * 1000),
  unwatched: false,
  told: null,
  knownFrom: 0,
  self: NO_COST,
  previousSelf: NO_COST,
  ended: null,
});

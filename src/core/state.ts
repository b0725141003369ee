/**
 * What a session has folded so far. Plain data, mutated in place by `fold` and never handed out: views get
 * Snapshots. Bounded by construction: few of the ended keep a row of their own (retire.ts; the others are summed into
 * `others`, so that every count stays somewhere), histories are rings.
 */

import { createHeld, type Held, MAX_HISTORIES } from './bounds.ts';
import type { Cgroup } from './cgroup.ts';
import type { DeviceCalls } from './device-calls.ts';
import type { Count, Entity, TrendBudget } from './entity.ts';
import { isHistogram } from './histogram.ts';
import type { HostReading } from './host-reading.ts';
import type { Ledger } from './ledger.ts';
import type { MetricDescriptor } from './metric.ts';
import type { HeaderRecord, LossKind, ProbeInUse, SelfCost, Waits } from './record.ts';
import { createRing, type Ring } from './ring.ts';
import type { Mark } from './snapshot.ts';
import type { Stretch } from './stretch.ts';
import type { Gap } from './trust.ts';

export const MAX_ENTITIES = 20_000;
/** Of those that ended and whose keys the kernel still holds. */
export const MAX_WAITING = 1_500;
/** Of those that ended last, apart from the ones who did most. */
export const ENDED_ROWS = 400;
export const SIGNAL_HISTORY_SAMPLES = 3_600;
/** Rings of `ROW_HISTORY_SAMPLES` doubles, about 1.3 KB each; beyond, a process has counts but no sparkline. */
export const MAX_TRENDS = 8_000;
export const MAX_GAPS = 1_000;
export const MAX_MARKS = 10_000;

/** What was counted in a sample too soon after the last for a rate of its own: in the totals, in no growth yet. */
export type Early = {
  readonly entity: Entity;
  readonly metric: string;
  readonly dims: readonly number[];
  readonly delta: number;
  readonly sample: number;
};

export type SessionState = {
  readonly header: HeaderRecord;
  readonly metrics: ReadonlyMap<string, MetricDescriptor>;
  /** Samples folded; the newest has number `samples - 1`. */
  samples: number;
  bootUs: number;
  previousBootUs: number;
  epoch: number;
  /** What the growth of processes is of, but for `procRead`. It ends with the last sample for which the tracer was read, in time (rate.ts). */
  counted: Stretch;
  /** The last sample for which the tracer was read, in time or not. */
  read: Stretch;
  /** What the growth of what /proc says of processes is of (stretch.ts). It ends with a sample that `counted` ended with. */
  procRead: Stretch;
  /** When /proc was last read of any process. */
  procUs: number;
  /** What the growth of the host's own counters is of. */
  hostRead: Stretch;
  /** Read since the stretch ended that it would be growth of. */
  early: readonly Early[];
  /** Of what grew in a stretch that ended with the sample read last, what had been read before its end. */
  carried: readonly Early[];
  /** Where counting began again after the last gap; what is read next covers the time since then. */
  resumedBootUs: number;
  readonly baselines: Ledger;
  /** The present owner of each PID. */
  readonly owners: Map<number, Entity>;
  /** Earlier owners of a PID that has a new one. */
  readonly former: Map<string, Entity>;
  readonly trends: TrendBudget;
  /** How much of what is bounded there is. */
  readonly held: Held;
  /** How many of the ended keep their row, apart from those who did most. */
  readonly endedRows: number;
  readonly others: { processes: number; readonly metrics: Map<string, number> };
  readonly totals: Map<string, Count>;
  /** Of each metric that is one: calls by bucket, of all processes there were. */
  readonly histograms: Map<string, number[]>;
  /** The same of each device, by its number, of metrics that count by device. */
  readonly devices: Map<string, Map<number, DeviceCalls>>;
  readonly host: Map<string, HostReading>;
  /** Control groups that are followed, and were, by their id. */
  readonly cgroups: Map<number, Cgroup>;
  readonly hostHistory: Map<string, Ring>;
  readonly totalHistory: Map<string, Ring>;
  /** When each sample was. What lies before the first of them is unknown of all histories. */
  readonly times: Ring;
  readonly countedUs: Ring;
  readonly procReadUs: Ring;
  readonly hostUs: Ring;
  readonly probes: Map<string, ProbeInUse>;
  /** Metric id to the time for which its probe did not count it, to stay within the budget. */
  readonly uncounted: Map<string, { sinceUs: number | null; us: number }>;
  /** Metric id to why some of it is an estimate: so a variant of its probe counted, for a while or still. */
  readonly estimated: Map<string, string>;
  readonly losses: Map<LossKind, number>;
  readonly mapFull: Set<string>;
  readonly imprecise: Set<string>;
  /** Counters of /proc that a process had which has ended: nobody read what it did last. */
  readonly cut: Set<string>;
  /** Metric id to how much of it was shared out instead of counted. */
  readonly shared: Map<string, number>;
  /** Metric id, or `ALL_METRICS`, to when some of it was last shared out, or deleted unread. */
  readonly doubtUs: Map<string, number>;
  /** Metric id to how much too high it may be, at most. */
  readonly over: Map<string, number>;
  /** Metric id to how many calls may have been more than was counted. */
  readonly least: Map<string, number>;
  /** Metric id to how many programs it does not see, however often they run. */
  readonly unseen: Map<string, number>;
  /** Metric id to how many runs of its programs the kernel skipped. */
  readonly missed: Map<string, number>;
  /** As of the sample read last; null where nobody waits so, or nobody looked. */
  waits: Waits | null;
  readonly gaps: Gap[];
  readonly marks: Mark[];
  self: SelfCost;
  /** What shares of time are taken from, and when that was. */
  previousSelf: SelfCost;
  previousSelfUs: number;
  ended: { readonly bootUs: number; readonly reason: string } | null;
};

const NO_COST: SelfCost = { cpuMs: 0, rssBytes: 0, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 };

export const createState = (header: HeaderRecord, endedRows: number = ENDED_ROWS): SessionState => ({
  header,
  metrics: new Map(header.metrics.map((metric) => [metric.id, metric])),
  samples: 0,
  bootUs: header.clock.bootUs,
  previousBootUs: header.clock.bootUs,
  epoch: 0,
  counted: { sample: -1, bootUs: header.clock.bootUs, intervalUs: 0 },
  read: { sample: -1, bootUs: header.clock.bootUs, intervalUs: 0 },
  procRead: { sample: -1, bootUs: header.clock.bootUs, intervalUs: 0 },
  procUs: header.clock.bootUs,
  hostRead: { sample: -1, bootUs: header.clock.bootUs, intervalUs: 0 },
  early: [],
  carried: [],
  resumedBootUs: 0,
  baselines: new Map(),
  owners: new Map(),
  former: new Map(),
  trends: { limit: MAX_TRENDS, held: 0 },
  held: createHeld(),
  endedRows,
  others: { processes: 0, metrics: new Map() },
  totals: new Map(),
  histograms: new Map(
    header.metrics
      .filter((metric) => isHistogram(metric) && metric.scope === 'pid')
      .map(({ id }) => [id, []]),
  ),
  devices: new Map(header.metrics.filter(({ scope }) => scope === 'device').map(({ id }) => [id, new Map()])),
  host: new Map(),
  cgroups: new Map(),
  hostHistory: new Map(),
  totalHistory: new Map(),
  times: createRing(SIGNAL_HISTORY_SAMPLES, Number.NaN),
  countedUs: createRing(SIGNAL_HISTORY_SAMPLES, Number.NaN),
  procReadUs: createRing(SIGNAL_HISTORY_SAMPLES, Number.NaN),
  hostUs: createRing(SIGNAL_HISTORY_SAMPLES, Number.NaN),
  probes: new Map(header.probes.map((probe) => [probe.id, probe])),
  uncounted: new Map(),
  estimated: new Map(header.probes.flatMap(({ estimated = {} }) => Object.entries(estimated))),
  losses: new Map(),
  mapFull: new Set(),
  imprecise: new Set(),
  cut: new Set(),
  shared: new Map(),
  doubtUs: new Map(),
  over: new Map(),
  least: new Map(),
  unseen: new Map(),
  missed: new Map(),
  waits: null,
  gaps: [],
  marks: [],
  self: NO_COST,
  previousSelf: NO_COST,
  previousSelfUs: header.clock.bootUs,
  ended: null,
});

/** The past of one metric, made when it is first written; null when there are too many. */
export const historyRing = (rings: Map<string, Ring>, metric: string, blank: number): Ring | null => {
  const ring = rings.get(metric);
  if (ring !== undefined) return ring;
  if (rings.size >= MAX_HISTORIES) return null;
  const fresh = createRing(SIGNAL_HISTORY_SAMPLES, blank);
  rings.set(metric, fresh);
  return fresh;
};

/** The state of a session at one sample: what every view, report and exporter is drawn from. Immutable. */
import type { Finding } from './insight/findings/finding.ts';
import type { MetricDescriptor } from './metric.ts';
import type { HeaderRecord, LossKind, ProbeInUse, SelfCost } from './record.ts';

/**
 * How far a number can be trusted. `exact` counts everything since tracing began; an `estimate` may be too large for
 * one process and too small for another, but not in sum.
 */
export type Coverage = 'exact' | 'estimate' | 'lower-bound' | 'not-covered';

export type MetricCoverage = { readonly coverage: Coverage; readonly reasons: readonly string[] };

export type Reading = {
  /** Since tracing began (counter), or the level (gauge), or the largest seen (max). */
  readonly total: number;
  /** In the last interval (per process: between the last two readings of the tracer); for gauge and max, as total. */
  readonly delta: number;
};

/** One part of a metric with dimensions, for example the failures of order 2. */
export type Breakdown = { readonly key: readonly number[]; readonly total: number; readonly delta: number };

export type Row = {
  /** `pid@startMs`, unique in a session. */
  readonly id: string;
  readonly pid: number;
  readonly startMs: number | null;
  readonly comm: string;
  readonly ppid: number | null;
  readonly uid: number | null;
  readonly cmdline: string | null;
  readonly cgroup: string | null;
  readonly endedBootUs: number | null;
  /** It ran before tracing began: its counts cover only the time since. */
  readonly lateStart: boolean;
  /** Metric id to reading; a metric never seen for this process is absent. */
  readonly metrics: Readonly<Record<string, Reading>>;
  /** Metric id to why it cannot be counted for this process, though it is for others: an absent one is no zero. */
  readonly uncovered: Readonly<Record<string, string>>;
};

export type Gap = { readonly fromBootUs: number; readonly toBootUs: number; readonly reason: string };
export type Mark = { readonly bootUs: number; readonly text: string };

export type Losses = {
  readonly lostEvents: number;
  readonly mapFull: readonly string[];
  readonly rejectedLines: number;
  readonly unknownMessages: number;
  /** Every kind with its count, for the curious. */
  readonly byKind: Readonly<Partial<Record<LossKind, number>>>;
  readonly gaps: readonly Gap[];
};

/** Past values, aligned to samples: index 0 is the oldest asked for, the last is this snapshot's own sample. */
export type History = {
  /** Deltas (counters) or levels (gauges) of a host metric; NaN where nothing was sampled. */
  host(metric: string, samples: number): Float64Array;
  /** Deltas per reading of the tracer, summed over all PIDs; see `countedUs` for the time each covers. */
  all(metric: string, samples: number): Float64Array;
  /** Deltas of one row; `id` as in `Row.id`. */
  row(id: string, metric: string, samples: number): Float64Array;
  /** `bootUs` of those samples, NaN before the first. */
  times(samples: number): Float64Array;
  /** µs that the counters of those samples cover; NaN where the tracer was not read. */
  countedUs(samples: number): Float64Array;
};

/** A series that did something unlikely, as far as it was known at this sample. */
export type SpikeMark = {
  readonly metric: string;
  /** null for the host's own. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly startUs: number;
  readonly endUs: number;
  /** -log10 of how often a tick is so large. */
  readonly score: number;
};

/** A series by its name, for whoever tells of it. */
export type SeriesName = {
  readonly metric: string;
  readonly pid: number | null;
  readonly comm: string | null;
};

/** Two series that spike together, and which first, if that can be told. Association, never cause. */
export type SeriesLink = {
  readonly leader: SeriesName;
  readonly follower: SeriesName;
  /** False: they belong together, and which comes first cannot be told. */
  readonly ordered: boolean;
  readonly lagMs: number;
  /** P(they belong together). */
  readonly confidence: number;
  /** How often they did. */
  readonly seen: number;
};

/** Several series that did something unlikely at the same time, whether or not it has a name. */
export type IncidentMark = {
  readonly startUs: number;
  readonly endUs: number;
  /** How far it stands out, in standard deviations of what was usual. */
  readonly weight: number;
  /** The first to begin first. */
  readonly spikes: readonly (SeriesName & {
    readonly startUs: number;
    readonly score: number;
    /** Per second for a counter. */
    readonly peak: number;
  })[];
};

/** What the numbers mean, from nothing but what came before this sample. */
export type InsightSaid = {
  /** Known failures, the most severe first. */
  readonly findings: readonly Finding[];
  /** The latest, in order of their beginning. */
  readonly spikes: readonly SpikeMark[];
  /** What is usual is still being learnt. */
  readonly learning: boolean;
};

/** That, and what is only worked out when somebody asks. */
export type InsightView = InsightSaid & {
  /** In order of time; computed when first asked for, in a fraction of a millisecond. */
  readonly incidents: () => readonly IncidentMark[];
  /** The surest first; computed when first asked for, which can take a second: never on the way to a frame. */
  readonly links: () => readonly SeriesLink[];
};

export type Snapshot = {
  readonly header: HeaderRecord;
  /** How many samples were folded; 0 before the first. */
  readonly samples: number;
  readonly bootUs: number;
  /** Wall clock of `bootUs`, by the header's anchor. */
  readonly realMs: number;
  /** Since the header's anchor. */
  readonly elapsedUs: number;
  /** Between the last two samples; 0 before the second. */
  readonly intervalUs: number;
  /** When the tracer was last read, and the time its deltas cover; 0 before the first. */
  readonly counted: { readonly bootUs: number; readonly intervalUs: number };
  readonly metrics: readonly MetricDescriptor[];
  readonly rows: readonly Row[];
  /** Sums over all PIDs, including those no longer listed. */
  readonly totals: Readonly<Record<string, Reading>>;
  /** What PIDs beyond the bound on rows counted; so that in = shown + others. */
  readonly others: { readonly processes: number; readonly metrics: Readonly<Record<string, number>> };
  readonly host: Readonly<Record<string, Reading>>;
  readonly probes: readonly ProbeInUse[];
  readonly coverage: Readonly<Record<string, MetricCoverage>>;
  readonly losses: Losses;
  readonly marks: readonly Mark[];
  readonly self: SelfCost & {
    readonly cpuPercent: number;
    readonly tracerCpuPercent: number;
    /** What the probes' events take from the traced, in percent of one CPU; null when it is not measured. */
    readonly probesPercent: number | null;
    /** The same by probe. */
    readonly probePercent: Readonly<Record<string, number>>;
  };
  /** Set once the stream has ended as it should. */
  readonly ended: { readonly bootUs: number; readonly reason: string } | null;
  readonly breakdown: (rowId: string, metric: string) => readonly Breakdown[];
  readonly history: History;
  readonly insight: InsightView;
};

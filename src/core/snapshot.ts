/** What a session had counted at one sample: what every view, report and exporter is drawn from. Immutable. */
import type { Histogram } from './histogram.ts';
import type { MetricDescriptor } from './metric.ts';
import type { HeaderRecord, LossKind, ProbeInUse, SelfCost, Waits } from './record.ts';
import type { Gap, Trust } from './trust.ts';

/**
 * How far a number can be trusted. `exact` counts everything since tracing began; an `estimate` may be too large for
 * one process and too small for another, but not in sum; `sampled` is what another tool reported, at its own pace.
 */
export type Coverage = 'exact' | 'estimate' | 'sampled' | 'lower-bound' | 'not-covered';

export type MetricCoverage = {
  readonly coverage: Coverage;
  readonly reasons: readonly string[];
};

export type Reading = {
  /** Since tracing began (counter), or the level (gauge), or the largest seen (max). */
  readonly total: number;
  /** In the interval that rates are of (`counted`, `procRead`, `hostIntervalUs`); for gauge and max, as total. */
  readonly delta: number;
  /** What came with this very sample, where that is not `delta`: after one that came too soon for a rate. */
  readonly fresh?: number | undefined;
};

/** One part of a metric with dimensions, for example the failures of order 2. */
export type Breakdown = { readonly key: readonly number[]; readonly total: number; readonly delta: number };

/** What is known of a metric of one device: its number, and its calls. */
export type OfDevice = { readonly device: number; readonly histogram: Histogram };

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
  /** Other paths that it has in other hierarchies; absent where there are none. */
  readonly cgroups?: readonly string[];
  readonly endedBootUs: number | null;
  /** When it was last found to have done anything that is counted; absent where nobody kept that. */
  readonly movedBootUs?: number | undefined;
  /** It ran before tracing began: its counts cover only the time since. */
  readonly lateStart: boolean;
  /** Metric id to reading; a metric never seen for this process is absent. */
  readonly metrics: Readonly<Record<string, Reading>>;
  /** Metric id to why it cannot be counted for this process, though it is for others: an absent one is no zero. */
  readonly uncovered: Readonly<Record<string, string>>;
  /** It is stallscope, its tracer, or a helper of theirs; absent for all others. */
  readonly own?: true;
  /** Names under which it counted before it took this one, the first first; absent when it had no other. */
  readonly formerly?: readonly string[];
  /** Its counts are not exact: some may be of another process that had its PID within the same interval. */
  readonly shared?: string;
};

/** A control group with a limit. */
export type CgroupReadings = {
  readonly id: number;
  readonly path: string;
  readonly endedBootUs: number | null;
  /** A metric that it has not is absent. */
  readonly metrics: Readonly<Record<string, Reading>>;
  /** Metric id to why the kernel does not say it of this one. */
  readonly uncovered: Readonly<Record<string, string>>;
};

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
  /** µs that the counters of those samples cover; NaN where the tracer was not read, or too soon for a rate. */
  countedUs(samples: number): Float64Array;
  /** The same of what /proc says of processes (`proc.*`). */
  procReadUs(samples: number): Float64Array;
  /** The same of the host's own counters. */
  hostUs(samples: number): Float64Array;
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
  /** When what the deltas of processes cover, but for those of `procRead`, ended, and how long it was: never too short for a rate; 0 before the first. */
  readonly counted: { readonly bootUs: number; readonly intervalUs: number };
  /**
   * How long the deltas of what /proc says of processes (`proc.*`) cover, whether that ended with the last sample, and when any
   * of them was last read.
   */
  readonly procRead: { readonly intervalUs: number; readonly isNew: boolean; readonly readUs: number };
  /** When the tracer was last read, and the time since it was read before. */
  readonly read: { readonly bootUs: number; readonly intervalUs: number };
  /** How long the deltas of the host cover: never too short for a rate; 0 before the first. */
  readonly hostIntervalUs: number;
  readonly metrics: readonly MetricDescriptor[];
  readonly rows: readonly Row[];
  /** Sums over all PIDs, including those no longer listed. */
  readonly totals: Readonly<Record<string, Reading>>;
  /** What PIDs beyond the bound on rows counted; so that in = shown + others. */
  readonly others: { readonly processes: number; readonly metrics: Readonly<Record<string, number>> };
  readonly host: Readonly<Record<string, Reading>>;
  /** Those that are followed, and were; their growth is of the host's interval. Absent where there are none. */
  readonly cgroups?: readonly CgroupReadings[];
  readonly probes: readonly ProbeInUse[];
  /** Of what was counted since tracing began. */
  readonly coverage: Readonly<Record<string, MetricCoverage>>;
  /** Of what grew in the last interval: what is missing belongs to the interval it fell in. */
  readonly coverageNow: Readonly<Record<string, Coverage>>;
  /** What coverage follows from. */
  readonly trust: Trust;
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
  /** Where threads waited uninterruptibly when the tracer was read last; null where none did, or nobody looked. */
  readonly waits: Waits | null;
  /** Set once the stream has ended as it should. */
  readonly ended: { readonly bootUs: number; readonly reason: string } | null;
  /** Of each metric that is one: calls by bucket, of all processes there were; empty where nothing was counted. */
  readonly histograms: Readonly<Record<string, Histogram>>;
  /** The same of each device, whoever asked; absent where no metric counts so. */
  readonly devices?: Readonly<Record<string, readonly OfDevice[]>>;
  readonly breakdown: (rowId: string, metric: string) => readonly Breakdown[];
  readonly history: History;
};

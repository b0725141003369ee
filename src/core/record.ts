/**
 * The one stream. Everything that can change what the screen shows arrives as one of these records, in order.
 * Live tracing produces them, the recorder writes them, replay reads them back: the same records folded in the
 * same order give the same Snapshot, which is why a replay can be trusted.
 *
 * Times are integer microseconds since boot (`bootUs`, CLOCK_BOOTTIME); the header pairs one of them with the
 * wall clock. Counter values are cumulative since the tracer of the current `epoch` attached; an entry that did
 * not change since the last sample may be left out, and a `full` sample carries every entry. Metrics of scope `pid` and
 * kind `gauge` (a process's resident memory) travel with the counters; theirs is the level.
 */
import type { ClockAnchor } from './clock.ts';
import type { BlockDevice } from './device.ts';
import type { CountedFile } from './file-extents.ts';
import type { MetricDescriptor } from './metric.ts';

export const RECORDING_FORMAT = 'stallscope-recording';
export const RECORDING_VERSION = 1;

export type HostIdentity = {
  readonly hostname: string;
  readonly kernel: string;
  readonly arch: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Types of the file systems mounted when tracing began, and settings that advice depends on; where they are known. */
  readonly filesystems?: readonly string[] | undefined;
  /** Block devices that were there when tracing began, by their numbers. */
  readonly devices?: readonly BlockDevice[] | undefined;
  /** Which version of control groups bounds memory here. */
  readonly memoryControl?: 'v1' | 'v2' | undefined;
  readonly swappiness?: number | undefined;
  readonly minFreeKb?: number | undefined;
};

export type ProbeState = 'attached' | 'refused' | 'detached';

export type ProbeInUse = {
  readonly id: string;
  /** null when no variant could be used here. */
  readonly variant: string | null;
  readonly state: ProbeState;
  /** Why it is refused, detached or another variant than it was. */
  readonly reason?: string | undefined;
  /** Metrics of it that this variant does not count, though it began with one that did. */
  readonly uncounted?: readonly string[] | undefined;
  /** Metric id to why its number is an estimate as this variant counts, and how far off it can be. */
  readonly estimated?: Readonly<Record<string, string>> | undefined;
};

export type Selection = {
  readonly pids: readonly number[];
  /** Of what was asked for, the numbers that were threads of these processes. */
  readonly threads?: readonly number[] | undefined;
  readonly comm: string | null;
  /** argv of the traced command, if one was given after `--`. */
  readonly command: readonly string[] | null;
};

/** `from` is the tool or format; `notes` what was assumed in reading it. */
export type Imported = {
  readonly from: string;
  readonly notes: readonly string[];
  /** How coarse each source is, where there are several, or one without an interval. */
  readonly coarse?: string | undefined;
};

export type HeaderRecord = {
  readonly type: 'header';
  readonly format: typeof RECORDING_FORMAT;
  readonly version: number;
  /** `pid` is that of the process that traced: what it suffers and does is not part of the incident. */
  readonly tool: { readonly name: 'stallscope'; readonly version: string; readonly pid?: number | undefined };
  /** The same in every segment of one session; the first recordings have none. */
  readonly session?: string | undefined;
  /** Which file of the session this is, from 0. */
  readonly segment?: number | undefined;
  readonly host: HostIdentity;
  /** It was traced from another host, over ssh; absent when it traced itself. */
  readonly remote?: Remote | undefined;
  readonly bpftrace: string | null;
  /** The same instant on both clocks. */
  readonly clock: ClockAnchor;
  readonly intervalMs: number;
  /**
   * Why the PIDs here are not those of the /proc of whoever traced, so that nobody could be looked up by them; absent when
   * they are.
   */
  readonly unnamed?: string | undefined;
  /** Capacity of every kernel map in keys; a map that holds as many may have dropped PIDs. */
  readonly mapKeys: number;
  readonly selection: Selection;
  /** Where its values are from, when nobody traced: they are samples and rates of another tool, not counts of ours. */
  readonly imported?: Imported | undefined;
  /** What the probes may take, as a share of each CPU at work; null when there is no limit. */
  readonly budget?: number | null | undefined;
  /** Whether the cost of the probes is measured from time to time, or estimated only. */
  readonly costBasis?: CostBasis | undefined;
  readonly probes: readonly ProbeInUse[];
  readonly metrics: readonly MetricDescriptor[];
};

export type Remote = {
  /** As its user named it to ssh. */
  readonly hostname: string;
  /** How far its wall clock, which is that of the recording, was ahead of the clock of who traced, and how far that may be off. */
  readonly aheadMs: number;
  readonly unsureMs: number;
};

/** What tracing itself costs: our process, the tracer's, and kernel memory of its maps. */
export type SelfCost = {
  /** CPU used since start, user + system. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly tracerCpuMs: number;
  readonly tracerRssBytes: number;
  readonly mapBytes: number;
  /** Probe to CPU ms that its events took from those who ran into them, since start. */
  readonly probeMs?: Readonly<Record<string, number>> | undefined;
  /** How what came to `probeMs` since the last sample is known; the first recordings have none, and measured. */
  readonly probeMsBy?: CostBasis | undefined;
  /** The estimate is of a load that no window has measured yet: it may be off by far. */
  readonly probeMsUnsure?: boolean | undefined;
};

/** Measured by the kernel in a window of that time, or estimated from what the probes counted. */
export type CostBasis = 'measured' | 'estimated';

/** `[pid, ...dims, cumulative value]`, all integers. */
export type CounterEntry = readonly number[];

export type SampleRecord = {
  readonly type: 'sample';
  readonly seq: number;
  readonly bootUs: number;
  /** Which life of the tracer the counters belong to; counters restart at zero with each. */
  readonly epoch: number;
  /** Whether the tracer's maps were read for this sample. When not, its counters say nothing, not even zero. */
  readonly counted: boolean;
  /** True when every live entry is present, not only those that changed. */
  readonly full: boolean;
  /** Metric id to entries, per PID. */
  readonly counters: Readonly<Record<string, readonly CounterEntry[]>>;
  /** Host metric id to value (cumulative for counters), only those that changed unless `full`. */
  readonly host: Readonly<Record<string, number>>;
  /** Metric id to `[id of a control group, value]`, read with the host; only those that changed unless `full`. */
  readonly cgroups?: Readonly<Record<string, readonly CounterEntry[]>> | undefined;
  /** Metric id to `[number of a device, ...dims, cumulative value]`, read with the counters; only those that changed unless `full`. */
  readonly deviceCounters?: Readonly<Record<string, readonly CounterEntry[]>> | undefined;
  /** When the host was read, where that is not at `bootUs`: the tracer can be read a good while after its tick. */
  readonly hostUs?: number | undefined;
  /** When what /proc says of processes (`proc.*`) was last read of all of them, where that is not when the host was. */
  readonly procUs?: number | undefined;
  /** Where threads wait uninterruptibly that did so at the sample before, too; absent where none does, or nobody looked. */
  readonly waits?: Waits | undefined;
  readonly self: SelfCost;
};

export type Waits = {
  /** In uninterruptible sleep, of the processes that were looked at. */
  readonly threads: number;
  /** By kernel function (/proc/PID/task/TID/wchan), the most threads first; those of more are not listed. */
  readonly channels: readonly WaitChannel[];
};

export type WaitChannel = {
  readonly name: string;
  readonly threads: number;
  /** Whose, the most threads first; not all of many. */
  readonly pids: readonly number[];
};

/** What /proc says of a living process; a file that went away in between leaves its fact undefined. */
export type ProcessFacts = {
  readonly pid: number;
  /** Since boot, 10 ms resolution. */
  readonly startMs: number;
  readonly comm: string;
  readonly ppid: number;
  /** The real user. */
  readonly uid: number | undefined;
  /** Arguments joined by spaces, at most 4096 bytes of them; empty for kernel threads. */
  readonly cmdline: string | undefined;
  /** Path in the unified hierarchy, or the longest of the version 1 hierarchies. */
  readonly cgroup: string | undefined;
  /** Other paths that it has in other hierarchies; absent where there are none. */
  readonly cgroups?: readonly string[] | undefined;
  /** Metric id to why it cannot be counted for this process, though it is for others. */
  readonly uncovered?: Readonly<Record<string, string>> | undefined;
};

/** What one process uses and holds at one moment; times and faults are since it started. */
export type ProcessReading = {
  /** Since boot, 10 ms resolution: who it is, together with its PID. */
  readonly startMs: number;
  readonly ppid: number;
  /** It runs, or waits for a CPU (its first thread). */
  readonly isRunnable: boolean;
  /** On a CPU, all its threads, also those that ended; in steps of 10 ms. */
  readonly cpuMs: number;
  /** The same of its children that ended and were waited for, and of theirs. */
  readonly childCpuMs: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** null: none of its own. Kernel threads, and the dead until they are reaped. */
  readonly memory: { readonly rssBytes: number; readonly anonBytes: number } | null;
};

/** Who a PID is. Sent before the first sample that counts it, and again when the PID has a new owner. */
export type ProcessRecord = {
  readonly type: 'process';
  readonly bootUs: number;
  readonly pid: number;
  /** Start in ms since boot, 10 ms resolution as in /proc/PID/stat; null when it was gone before it was read. */
  readonly startMs: number | null;
  readonly comm: string;
  readonly ppid?: number | undefined;
  readonly uid?: number | undefined;
  readonly cmdline?: string | undefined;
  readonly cgroup?: string | undefined;
  readonly cgroups?: readonly string[] | undefined;
  /** Metric id to why it cannot be counted for this process, though it is for others: not zero, not known. */
  readonly uncovered?: Readonly<Record<string, string>> | undefined;
  /** It is stallscope, its tracer, or a helper of theirs: what it suffers and does is not part of the incident. */
  readonly own?: boolean | undefined;
  /** Names under which it counted before it took this one (by exec, most often), the first first. */
  readonly formerly?: readonly string[] | undefined;
  /** Why some of its counts may be another's: who else had its PID within one interval. */
  readonly shared?: string | undefined;
};

/** Files that a process has open, those with most extents first; asked for because of a finding. The latest is what holds. */
export type FilesRecord = {
  readonly type: 'files';
  readonly bootUs: number;
  readonly pid: number;
  readonly startMs: number | null;
  readonly files: readonly CountedFile[];
};

export type ExitRecord = {
  readonly type: 'exit';
  readonly bootUs: number;
  readonly pid: number;
  readonly startMs: number | null;
  readonly comm: string;
  /** These as of a `process`. */
  readonly own?: boolean | undefined;
  readonly formerly?: readonly string[] | undefined;
  readonly shared?: string | undefined;
};

/** What is known of a control group besides its numbers. */
export type CgroupFacts = {
  /** Of one life of it in this session, from 1: removed and made again, it is another. */
  readonly id: number;
  readonly path: string;
  /** Files that hold its limits; absent where it has none of that kind. */
  readonly cpuLimit?: string | undefined;
  readonly memoryLimit?: string | undefined;
  /** Metric id to why the kernel does not say it of this one: not zero, not known. */
  readonly uncovered?: Readonly<Record<string, string>> | undefined;
};

/** A control group with a limit, whose numbers samples carry. Sent before the first of them, and when facts change. */
export type CgroupRecord = {
  readonly type: 'cgroup';
  readonly bootUs: number;
  /** It is not read any more: removed, or without a limit. */
  readonly ended?: boolean | undefined;
} & CgroupFacts;

/** The kernel's keys of a dead PID were deleted after they had been reported: the next value starts at zero. */
export type ForgetRecord = { readonly type: 'forget'; readonly bootUs: number; readonly pid: number };

export type Unrecorded = 'past' | 'counts';

/** A span in which nothing was counted. Counting restarts from zero after it, in a new epoch. */
export type GapRecord = {
  readonly type: 'gap';
  readonly bootUs: number;
  readonly fromBootUs: number;
  readonly reason: string;
  /** Tracing went on, but the recording lacks it: the past alone, or also what was counted in it. */
  readonly unrecorded?: Unrecorded | undefined;
};

export type LossKind =
  | 'lost-events'
  | 'map-full'
  | 'rejected-line'
  | 'unknown-message'
  | 'helper-error'
  | 'imprecise'
  | 'unnamed-process'
  | 'unread-exit'
  | 'shared-steps'
  | 'over-steps'
  | 'least-steps'
  | 'unseen-program'
  | 'missed-runs'
  | 'shared-pid'
  | 'foreign-pids'
  | 'recorder-dropped'
  | 'over-limit'
  | 'not-imported'
  | 'damaged';

export type LossRecord = {
  readonly type: 'loss';
  readonly bootUs: number;
  readonly kind: LossKind;
  /** How many more since the last such record. */
  readonly count: number;
  readonly metric?: string | undefined;
  readonly detail?: string | undefined;
};

export type ProbeRecord = { readonly type: 'probe'; readonly bootUs: number } & ProbeInUse;

export type MarkRecord = { readonly type: 'mark'; readonly bootUs: number; readonly text: string };

/**
 * Closes a block of lines in a file: how many bytes they are, and their checksum. It says nothing about the session.
 * Its own last field is the checksum of the line before it, so that a damaged seal is distinguished from damaged lines.
 */
export type BlockRecord = {
  readonly type: 'block';
  /** Of the lines before this one, back to the line after the last seal. */
  readonly bytes: number;
  readonly crc32: number;
  /** Of the samples in it; 0 for both when there is none. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly samples: number;
  /** The state of the session stands at its beginning. */
  readonly checkpoint: boolean;
  readonly check: number;
};

export type TrailerRecord = {
  readonly type: 'trailer';
  readonly bootUs: number;
  readonly reason: string;
  readonly samples: number;
  readonly records: number;
};

/** Everything after the header. */
export type StreamRecord =
  | SampleRecord
  | ProcessRecord
  | FilesRecord
  | ExitRecord
  | CgroupRecord
  | ForgetRecord
  | GapRecord
  | LossRecord
  | ProbeRecord
  | MarkRecord
  | TrailerRecord;

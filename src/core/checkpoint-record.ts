/**
 * The state of a session as a few lines of a recording, so that a reader can begin there instead of at the start.
 * Everything that counts is in it exactly: processes, totals, what differences are taken from, losses, gaps, marks.
 * The past (histories) is not: it is unknown before it, and reads as such.
 *
 * A checkpoint says nothing new: a reader that folded all lines before it may ignore it. It stands between samples,
 * and is cut into parts, because a line has a longest length. Written by checkpoint.ts, read by restore.ts.
 */
import type { CountedFile } from './file-extents.ts';
import type { Histogram } from './histogram.ts';
import type {
  CgroupFacts,
  CounterEntry,
  LossKind,
  ProbeInUse,
  ProcessRecord,
  SelfCost,
  Waits,
} from './record.ts';
import type { Mark } from './snapshot.ts';
import type { Stretch } from './stretch.ts';
import type { Gap } from './trust.ts';

/** A process, without what it counted. */
export type CheckpointEntity = Omit<ProcessRecord, 'type' | 'bootUs'> & {
  readonly files?: readonly CountedFile[] | undefined;
  readonly endedBootUs?: number | undefined;
  readonly movedBootUs?: number | undefined;
  /** Another life owns its PID, or nobody does. */
  readonly former?: boolean | undefined;
};

export type CheckpointCgroup = CgroupFacts & {
  readonly endedBootUs?: number | undefined;
  /** Metric to `[last reading, total, delta, what came too soon for a rate]`. */
  readonly readings: Readonly<Record<string, readonly number[]>>;
};

export type CheckpointSession = {
  /** Samples before it. */
  readonly samples: number;
  readonly previousBootUs: number;
  readonly epoch: number;
  readonly counted: Stretch;
  /** Where these are others than `counted` and the last interval. */
  readonly read?: Stretch | undefined;
  readonly procRead?: Stretch | undefined;
  /** Where this is not the end of `procRead`. */
  readonly procUs?: number | undefined;
  readonly hostRead?: Stretch | undefined;
  readonly previousSelfUs?: number | undefined;
  /** Metric, or nothing for all, to when it was last shared out or deleted unread. */
  readonly doubtUs?: Readonly<Record<string, number>> | undefined;
  /** Host metric to what came with samples too soon for a rate. */
  readonly hostEarly?: Readonly<Record<string, number>> | undefined;
  readonly resumedBootUs: number;
  readonly others: { readonly processes: number; readonly metrics: Readonly<Record<string, number>> };
  /** Metric to `[total]`, or `[total, delta]` when it grew in the last interval. */
  readonly totals: Readonly<Record<string, readonly number[]>>;
  /** Metric to calls by bucket, of all processes there were; absent where there is no histogram. */
  readonly histograms?: Readonly<Record<string, Histogram>> | undefined;
  /** Metric to `[device, bucket, calls, last reading]`; absent where no metric counts by device. */
  readonly deviceCounters?: Readonly<Record<string, readonly CounterEntry[]>> | undefined;
  /** Metric to `[last reading, total, delta]`. */
  readonly host: Readonly<Record<string, readonly number[]>>;
  /** Control groups that are followed, and were; absent where there are none. */
  readonly cgroups?: readonly CheckpointCgroup[] | undefined;
  readonly probes: readonly ProbeInUse[];
  readonly losses: Readonly<Partial<Record<LossKind, number>>>;
  readonly mapFull: readonly string[];
  readonly imprecise: readonly string[];
  /** Metric to how much of it was shared out; absent where nothing was. */
  readonly shared?: Readonly<Record<string, number>> | undefined;
  /** Metric to how much too high it may be, and to how many calls may have been more than was counted. */
  readonly over?: Readonly<Record<string, number>> | undefined;
  readonly least?: Readonly<Record<string, number>> | undefined;
  /** Metric to how many programs it does not see. */
  readonly unseen?: Readonly<Record<string, number>> | undefined;
  /** Metric to how many runs of its programs the kernel skipped. */
  readonly missed?: Readonly<Record<string, number>> | undefined;
  /** Metric to µs not counted so far to stay within the budget, and since when it is not, if it is not. */
  readonly uncounted?: Readonly<Record<string, readonly number[]>> | undefined;
  readonly estimated?: Readonly<Record<string, string>> | undefined;
  readonly waits?: Waits | undefined;
  readonly gaps: readonly Gap[];
  readonly marks: readonly Mark[];
  readonly self: SelfCost;
  readonly previousSelf: SelfCost;
};

/** `Added` is what whoever watches the session keeps in it. */
export type CheckpointRecord<Added = unknown> = {
  readonly type: 'checkpoint';
  readonly bootUs: number;
  readonly part: number;
  readonly parts: number;
  /** In the first part only. */
  readonly session?: (CheckpointSession & Added) | undefined;
  readonly entities: readonly CheckpointEntity[];
  /** Metric to `[index in entities, total]`, with the delta as in `totals`. */
  readonly counts: Readonly<Record<string, readonly CounterEntry[]>>;
  /** The same of metrics with dimensions: `[index in entities, ...dims, total]`. */
  readonly partial: Readonly<Record<string, readonly CounterEntry[]>>;
  /** Of metrics with dimensions, what grew in the last interval: `[index in entities, ...dims, delta]`. */
  readonly grown?: Readonly<Record<string, readonly CounterEntry[]>> | undefined;
  /** What was counted too soon for a rate and is in no growth yet: `[index in entities, ...dims, delta]`. */
  readonly early?: Readonly<Record<string, readonly CounterEntry[]>> | undefined;
  /** Where differences are not taken from the total of the present owner: `[pid, ...dims, value]`, -1 for from zero. */
  readonly baselines: Readonly<Record<string, readonly CounterEntry[]>>;
};

/** As a baseline: the next difference is taken from zero, though there is a total. */
export const FROM_ZERO = -1;

/** What the growth of the host is of, where nothing else is said: the last interval. */
export const lastStretch = ({
  samples,
  bootUs,
  previousBootUs,
}: {
  readonly samples: number;
  readonly bootUs: number;
  readonly previousBootUs: number;
}): Stretch => ({ sample: samples - 1, bootUs, intervalUs: bootUs - previousBootUs });

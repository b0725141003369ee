/** What a session is plugged into. Sources, sinks and clocks know these types; the session knows nothing else of them. */

import type { AttachedProgram, CountedRuns, Processor, ProgramCost } from '../core/cost-facts.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import type {
  CgroupFacts,
  CostBasis,
  CounterEntry,
  HeaderRecord,
  LossKind,
  ProbeInUse,
  ProcessFacts,
  ProcessReading,
  StreamRecord,
} from '../core/record.ts';
import type { Mark } from '../core/snapshot.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import type { LossyAnchor, Timeline } from './timeline.ts';

/** Where records come from: a tracer, or a recording. */
export type Source = {
  /** Attaches or opens; resolves when counting has really begun. Rejects with a StallscopeError. */
  open(): Promise<HeaderRecord>;
  /** Records in order until the source is done. Call once, after `open`. */
  records(): AsyncIterable<StreamRecord>;
  /** Asks the source to finish: it drains, yields its last records and ends. Safe to call at any time, and again. */
  stop(reason: string): void;
};

/** Where records go besides the screen. A sink never throws on write and never makes the caller wait for a disk. */
export type Sink = {
  /** `checkpoint` reports, whenever asked, the state after what was written last. */
  begin(header: HeaderRecord, checkpoint?: () => WatchedCheckpoint[]): void;
  /** `json` is its text, where that was made already. */
  write(record: StreamRecord, json?: string): void;
  /** Flushes and closes; resolves when everything accepted is on its way to the kernel. */
  end(): Promise<void>;
};

/** What was traced before a sink began, as the stream it would have had. */
export type Held = {
  /** The state after what was given last. */
  checkpoint(): WatchedCheckpoint[];
  /** The records up to and including the next sample that is held; null when there is none yet. */
  next(): readonly StreamRecord[] | null;
  /** What stands after the last sample. */
  rest(): readonly StreamRecord[];
};

export type Clock = {
  /** CLOCK_BOOTTIME in µs. */
  bootUs(): number;
  /** Wall clock, ms since the epoch. */
  realMs(): number;
};

/** A kernel map whose entries become counter entries of one metric. */
export type MapBinding = { readonly map: string; readonly metric: string; readonly keyParts: number };

/** A file that is open, and has no name. */
export type OpenFile = { readonly descriptor: number; close(): void };

/** One bpftrace program, ready to run. */
export type TracerScript = {
  readonly script: string;
  readonly bindings: readonly MapBinding[];
  /** Maps that are printed but mean nothing outside the kernel (in-flight starts, slots). */
  readonly scratch: readonly string[];
  /** Maps whose keys are checked, by the number under which @frame_full counts them, and what misses one that is full. */
  readonly checked: readonly { readonly map: string; readonly metrics: readonly string[] }[];
  /** Metrics that lack something where a file that was to be looked into was not reported. */
  readonly needFiles: readonly string[];
  readonly metrics: readonly MetricDescriptor[];
  /** How many attach points the script asks for, as bpftrace counts them in `attached_probes`. */
  readonly attachPoints: number;
  /** Every attach point but BEGIN and END, in the order of the script. */
  readonly programs: readonly AttachedProgram[];
  /** Metrics whose counts stand for runs of these programs. */
  readonly runs: readonly CountedRuns[];
  /** Which probe a line of the script belongs to (1-based), null for the frame. */
  readonly ownerOfLine: (line: number) => string | null;
  /** The only file bpftrace may take kernel types from; absent when it looks for them itself, in modules too. */
  readonly btfFile?: string;
  /** All the kernel types that bpftrace needs, to be given to it as such a file. */
  readonly types?: Buffer;
};

/** Reads what BPF programs cost, in windows, because reading costs too. None of these throws. */
export type CostMeter = {
  /** Opens a window; false when the kernel's statistics cannot be turned on. */
  begin(): boolean;
  end(): void;
  /** The programs that a process holds, in order. Their figures move only while a window is open. */
  read(pid: number): readonly ProgramCost[];
  /** Puts back what was set; call when the session ends. */
  close(): void;
};

/** What tracing may cost the traced, and what is done about it. */
export type Budget = {
  /** null where nothing is measured, only estimated. */
  readonly meter: CostMeter | null;
  /** Of a CPU, per CPU at work; null: the cost is reported, and nothing is done. */
  readonly share: number | null;
  readonly processor: Processor;
  /** Reported the cost of each probe; the probes that take a step now, as they will be. */
  observe(reading: {
    readonly atMs: number;
    readonly shares: ReadonlyMap<string, number>;
    readonly busyCpus: number;
    readonly by: CostBasis;
  }): readonly ProbeInUse[];
};

/** Says of a tracer's maps what their numbers come to, and what they are worth, from other maps of it. */
export type Derivation = {
  /** Metrics that are for it alone, and go no further: each with those that it makes them into. */
  readonly internal: Readonly<Record<string, readonly string[]>>;
  /** The maps of one reading, which began to be read at `tickUs`, with what they come to at that moment. */
  complete?(
    counters: ReadonlyMap<string, readonly CounterEntry[]>,
    tickUs: number,
  ): ReadonlyMap<string, readonly CounterEntry[]>;
  /** Of the maps of one reading, and what each grew by since the last: what keeps the numbers from being exact. */
  read(
    counters: ReadonlyMap<string, readonly CounterEntry[]>,
    grown: ReadonlyMap<string, number>,
  ): readonly { readonly kind: LossKind; readonly metric: string; readonly count: number }[];
  /** A tracer has attached, with these probes, and counts from zero. */
  restart(probes: readonly ProbeInUse[]): void;
  /** Metric to why nothing of it could be counted for this process so far, though it did what is counted. */
  uncovered(pid: number): Readonly<Record<string, string>>;
};

/** A file that a process began to use, as a probe's script says once of each. */
export type UsedFile = {
  /** What for: the map of the script. */
  readonly map: string;
  readonly pid: number;
  readonly ppid: number | null;
  readonly inode: number;
  /** As the program was called, or of a library, the program that maps it. */
  readonly name: string;
};

/** Control groups with a limit, as they are now. */
export type CgroupsRead = {
  /** Those that are followed from now on, and those that are not any more. */
  readonly begun: readonly CgroupFacts[];
  readonly ended: readonly CgroupFacts[];
  /** Metric id to `[id, value]`. */
  readonly values: ReadonlyMap<string, readonly CounterEntry[]>;
};

/** What /proc and /sys report, read at the moment of a sample. None of these throws. */
export type HostPort = {
  readonly metrics: readonly MetricDescriptor[];
  sample(): Record<string, number>;
  /** Those of the processes that were asked for (`process`), and all above them. */
  cgroups(): CgroupsRead;
  /** Why the tracer's PIDs are not those of this /proc, so that nobody can be looked up by them; null when they are. */
  readonly unnamed: string | null;
  /** null when there is no such process (any more). */
  process(pid: number): ProcessFacts | null;
  /** The same text as before: the process still is what it was, and its program too. null when it is gone. */
  image(pid: number): string | null;
  /** PIDs of all processes that live. */
  living(): readonly number[];
  /** null when there is no such process. */
  reading(pid: number): ProcessReading | null;
  /** By thread, ns it was ready to run and waited for a CPU, since it began; null where the kernel does not say. */
  cpuWaits(pid: number): ReadonlyMap<number, number> | null;
  /** Its threads in uninterruptible sleep now, and how many of them in which kernel function, as far as it is known. */
  waits(pid: number): { readonly threads: number; readonly byChannel: ReadonlyMap<string, number> };
  /**
   * Threads of any process in uninterruptible sleep now, as many as can be looked at, and whether it is for block I/O; absent where
   * looking at all of them would cost too much.
   */
  stuck?(): readonly { readonly pid: number; readonly tid: number; readonly isForIo: boolean }[];
  /** Whether this thread is. */
  isStuck?(pid: number, tid: number): boolean;
  /** When what `sample` says was read, in µs since boot; absent where that is when it is asked. */
  readUs?(): number;
  /** The same of what each process uses, where they are read in turns: when all had been, last. */
  processesUs?(): number;
  /** Nothing is heard of the host: what is known of it is of before. */
  isSilent?(): boolean;
  /** What watching costs there; absent where that is this process. */
  ownCost?(): { readonly cpuMs: number; readonly rssBytes: number };
  /** Metric to why it is not counted for processes that use this file. */
  uncoveredBy(used: UsedFile): Readonly<Record<string, string>>;
  /** Whether it is our own work: us, the tracer, a helper of either. */
  own(who: { readonly pid: number; readonly startMs: number | null; readonly ppid: number | null }): boolean;
  cost(pid: number): { readonly cpuMs: number; readonly rssBytes: number } | null;
  /** The BPF programs a process holds, in order, and the kernel memory of its maps. */
  bpfObjects(pid: number): { readonly programs: readonly ProgramCost[]; readonly mapBytes: number };
};

/** A recording opened for reading in any order. Sample numbers run from 0. */
export type Recording = Timeline<LossyAnchor> & {
  /** Marks of the stream itself, to its end. */
  ownMarks(): readonly Mark[];
  /** Sets one beside it. What went wrong, or null. */
  addMark(mark: Mark): string | null;
  /** Looks for what was written since; true when there is more. */
  refresh(): boolean;
  close(): void;
};

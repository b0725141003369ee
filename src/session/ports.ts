/** What a session is plugged into. Sources, sinks and clocks know these types; the session knows nothing else of them. */
import type { CheckpointRecord } from '../core/checkpoint.ts';
import type { AttachedProgram, Processor, ProgramCost } from '../core/cost.ts';
import type { CountedRuns } from '../core/cost-estimate.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import type {
  CostBasis,
  CounterEntry,
  HeaderRecord,
  ProbeInUse,
  ProcessFacts,
  ProcessMemory,
  StreamRecord,
} from '../core/record.ts';
import type { Mark } from '../core/snapshot.ts';

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
  /** `checkpoint` tells, whenever asked, the state after what was written last. */
  begin(header: HeaderRecord, checkpoint?: () => CheckpointRecord[]): void;
  write(record: StreamRecord): void;
  /** Flushes and closes; resolves when everything accepted is on its way to the kernel. */
  end(): Promise<void>;
};

export type Clock = {
  /** CLOCK_BOOTTIME in µs. */
  bootUs(): number;
  /** Wall clock, ms since the epoch. */
  realMs(): number;
};

/** A kernel map whose entries become counter entries of one metric. */
export type MapBinding = { readonly map: string; readonly metric: string; readonly keyParts: number };

/** One bpftrace program, ready to run. */
export type TracerScript = {
  readonly script: string;
  readonly bindings: readonly MapBinding[];
  /** Maps that are printed but mean nothing outside the kernel (in-flight starts, slots). */
  readonly scratch: readonly string[];
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
  /** Of a CPU, per CPU at work; null: the cost is told, and nothing is done. */
  readonly share: number | null;
  readonly processor: Processor;
  /** Told the cost of each probe; the probes that take a step now, as they will be. */
  observe(reading: {
    readonly atMs: number;
    readonly shares: ReadonlyMap<string, number>;
    readonly busyCpus: number;
    readonly by: CostBasis;
  }): readonly ProbeInUse[];
};

/** Makes the numbers of metrics from a tracer's maps and from what the kernel counts anyway. */
export type Derivation = {
  /** Of the maps of one reading: what they come to, and how much of it is only an estimate. */
  read(counters: ReadonlyMap<string, readonly CounterEntry[]>): {
    readonly counters: ReadonlyMap<string, readonly CounterEntry[]>;
    readonly estimated: readonly { readonly metric: string; readonly count: number }[];
  };
  /** A tracer has attached and counts from zero. */
  restart(): void;
  /** The tracer deleted this PID's keys. */
  forget(pid: number): void;
};

/** What /proc and /sys tell, read at the moment of a sample. None of these throws. */
export type HostPort = {
  readonly metrics: readonly MetricDescriptor[];
  sample(): Record<string, number>;
  /** null when there is no such process (any more). */
  process(pid: number): ProcessFacts | null;
  /** The same text as before: the process still is what it was, and its program too. null when it is gone. */
  image(pid: number): string | null;
  /** null when there is no such process, or none with memory of its own. */
  memory(pid: number): ProcessMemory | null;
  cost(pid: number): { readonly cpuMs: number; readonly rssBytes: number } | null;
  /** Kernel memory of the BPF maps a process holds open. */
  mapBytes(pid: number): number;
};

/** The state of a session where sample `sample` is about to be folded. */
export type Checkpoint = { readonly sample: number; readonly parts: readonly CheckpointRecord[] };

/** A recording opened for reading in any order. Sample numbers run from 0. */
export type Recording = {
  readonly header: HeaderRecord;
  /** How many there are; more after a `refresh`. */
  samples(): number;
  /** `bootUs` of a sample. */
  timeOf(number: number): number;
  /** `bootUs` of the last sample. */
  endUs(): number;
  /** The last sample at or before a time; 0 when it lies before the first. */
  sampleAt(bootUs: number): number;
  /** What stands after sample `number - 1`, up to and including sample `number`. */
  recordsOf(number: number): readonly StreamRecord[];
  /** What stands after the last sample. */
  tail(): readonly StreamRecord[];
  /** The last readable checkpoint at or before sample `number`. */
  checkpointAt(number: number): Checkpoint | null;
  /** A checkpoint stands right before sample `number`. */
  hasCheckpoint(number: number): boolean;
  /** So it does, and what came before was not kept: whoever comes from there has to begin anew. */
  resumesAt(number: number): boolean;
  /** Bytes of text from one sample to another: what it costs to fold them. */
  weightOf(from: number, to: number): number;
  /** Marks set beside the recording, in order of time. */
  addedMarks(): readonly Mark[];
  /** Those, and the recording's own, to its end. */
  marks(): readonly Mark[];
  /** Sets one beside it. What went wrong, or null. */
  addMark(mark: Mark): string | null;
  /** Looks for what was written since; true when there is more. */
  refresh(): boolean;
  close(): void;
};

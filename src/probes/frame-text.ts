/** What the clauses of the frame have in common: what is asked of it, and how the kernel says who a process is. */
import type { Seed } from '../host/targets.ts';
import type { KernelFilter } from './types.ts';

/** Counts keys that did not fit: the number of a checked map to how often. Printed at each tick; no metric. */
export const FULL_MAP = '@frame_full';

export type FrameRequest = {
  readonly filter: KernelFilter;
  readonly intervalMs: number;
  /** Capacity of every map. */
  readonly mapKeys: number;
  /** Printed at each tick. */
  readonly metricMaps: readonly string[];
  /** Metric maps whose only key is the PID: the ones that can be forgotten. */
  readonly pidMaps: readonly string[];
  /** Metric maps whose key is a PID and a bucket (histograms.ts). */
  readonly histogramMaps: readonly string[];
  /** Scratch maps whose only key is the id of a thread. */
  readonly threadMaps: readonly string[];
  /** Metric maps whose key is a PID and the id of a thread. */
  readonly pidThreadMaps: readonly string[];
  readonly scratchMaps: readonly string[];
  /** Checked numbers: they become script text here. */
  readonly seeds: readonly Seed[];
  /** Whether any script reports files. */
  readonly reportsFiles: boolean;
  readonly startTime: 'btf' | 'none';
  /** Number of the map of selected processes in @frame_full. */
  readonly treeMap: number;
  /** Whether any map is checked. */
  readonly checksMaps: boolean;
  /** Whether the kernel says which thread of a process became another program. */
  readonly execs: boolean;
  /** Whether the kernel has an event for a change of name. */
  readonly renames: boolean;
  /** Whether the kernel takes programs with loops (from 5.3 on). */
  readonly loops: boolean;
  /** Whether bpftrace can be asked if a key is there (from 0.22). */
  readonly hasKey: boolean;
  /** Whether sched_process_exit says itself that the last thread is gone (from 6.15). */
  readonly groupDeadField: boolean;
};

/** A clause as text: its head, and its lines in braces. */
export const clause = (head: string, lines: readonly string[]): string =>
  [head, '{', ...lines.map((line) => `  ${line}`), '}'].join('\n');

const TASK = '((struct task_struct *)curtask)';

/**
 * True in the last thread of a process to end. Without the event's field and without BTF it is the end of the first
 * thread, which is the same for all but programs whose main thread ends early.
 */
export const groupDead = ({ groupDeadField, startTime }: FrameRequest): string => {
  if (groupDeadField) return 'args->group_dead';
  return startTime === 'btf' ? `${TASK}->signal->live.counter == 0` : 'pid == tid';
};

/** Start time and name of the process; of the thread that ended last where only that is known. */
export const startOf = (request: FrameRequest): string =>
  request.startTime === 'btf'
    ? `${startNsOf(request)}, ${TASK}->group_leader->comm`
    : `${startNsOf(request)}, comm`;

type Asks = Pick<FrameRequest, 'startTime'>;

export const startNsOf = ({ startTime }: Asks): string =>
  startTime === 'btf' ? `${TASK}->group_leader->start_boottime` : '(uint64)0';

export const parentOf = ({ startTime }: Asks): string =>
  startTime === 'btf' ? `${TASK}->real_parent->tgid` : '(uint64)0';

/** 4,000 a second, and no more than one CPU's buffer of 256 KiB holds with room for the maps. */
export const linesPerInterval = (intervalMs: number): number =>
  Math.min(4_000, Math.max(1_000, 4 * intervalMs));

/**
 * What the processes of a session use and hold, beside what probes count: CPU time, time they waited for a CPU, memory
 * and faults, read from /proc at each sample, for the living, whether or not a probe counts them. The cost is bounded: so
 * many processes and threads are read per sample, and where there are more, all of them in a round of several samples. So
 * each is read once a round, and what it grew by is of the time that a round takes.
 *
 * All of it is counted since tracing began. Of a process that ran before, what it had when it was first met is left out.
 * What a process does between its last reading and its end is not seen: once one has ended, its counters are a lower
 * bound (core/coverage), but for its CPU time, which its parent is charged when it waits for it (child-cpu).
 */
import type { MetricDescriptor } from '../core/metric.ts';
import type { CounterEntry, ProcessReading } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';
import { createChildCpu } from './child-cpu.ts';
import { createCpuWait } from './cpu-wait.ts';

const MAX_READ = 2_048;
/** Whose waits are read: a reading of one takes some 10 µs. */
const MAX_THREADS = 2_048;

const TURNS = `read at each sample; of more than ${MAX_READ} processes, or as many threads that run, in a round of several`;
const SINCE = 'of those running before since they were first seen';

const describe = (
  name: string,
  kind: MetricDescriptor['kind'],
  unit: MetricDescriptor['unit'],
  label: string,
  help: string,
): MetricDescriptor => ({
  ...{ id: `proc.${name}`, probe: 'host', scope: 'pid', kind, unit, label },
  help: `${help}, ${kind === 'counter' ? `${SINCE}; ` : ''}${TURNS}.`,
});

export const PROCESS_METRICS: readonly MetricDescriptor[] = [
  describe(
    'cpu_ms',
    'counter',
    'ms',
    'CPU',
    'Time on a CPU of all its threads, user and system, in steps of 10 ms (/proc/PID/stat)',
  ),
  describe(
    'cpu_wait_ns',
    'counter',
    'ns',
    'CPU wait',
    'Time its threads were ready to run and waited for a CPU, summed (/proc/PID/task/*/schedstat), read while it runs at all',
  ),
  describe(
    'child_cpu_ms',
    'counter',
    'ms',
    'child CPU',
    'CPU time of its children that ended, beyond what each was seen to use: what many short processes take, by who waited for them (/proc/PID/stat)',
  ),
  describe('rss_bytes', 'gauge', 'bytes', 'RSS', 'Memory the process holds (/proc/PID/statm)'),
  describe(
    'anon_bytes',
    'gauge',
    'bytes',
    'anon RSS',
    'Of it, what is no file and not shared: heaps, arenas and stacks (/proc/PID/statm)',
  ),
  describe(
    'minor_faults',
    'counter',
    'count',
    'minor faults',
    'Page faults served from memory (/proc/PID/stat)',
  ),
  describe(
    'major_faults',
    'counter',
    'count',
    'faults on disk',
    'Page faults that waited for a device (/proc/PID/stat)',
  ),
];

export type Metered = {
  /** Metric id to entries, for the processes that were read. */
  readonly entries: ReadonlyMap<string, readonly CounterEntry[]>;
  /** All were read since the last time that it was so. */
  readonly isWhole: boolean;
};

export type ProcessMeter = {
  read(pids: readonly number[]): Metered;
  /** Counters of a new epoch begin at zero. */
  restart(): void;
};

/** What is counted from a base. */
type Counts = Pick<ProcessReading, 'cpuMs' | 'minorFaults' | 'majorFaults'>;

const NOTHING: Counts = { cpuMs: 0, minorFaults: 0, majorFaults: 0 };

type Known = { base: Counts; last: ProcessReading; readonly ranBefore: boolean };

/**
 * @param countsSinceMs start of the session in ms since boot: what processes that started later use counts in full;
 * null when all of it does, as of a command that waited for the session
 */
export const createProcessMeter = (
  host: Pick<HostPort, 'reading' | 'cpuWaits'>,
  countsSinceMs: number | null,
): ProcessMeter => {
  const known = new Map<number, Known>();
  const childCpu = createChildCpu();
  const cpuWait = createCpuWait(host.cpuWaits);
  /** Of this round, who is still to be read. */
  let due: readonly number[] = [];

  const forget = (pid: number, { last }: Known): void => {
    known.delete(pid);
    childCpu.ended(pid, last);
    cpuWait.forget(pid);
  };

  const meet = (pid: number, now: ProcessReading): Known => {
    const ranBefore = countsSinceMs !== null && now.startMs < countsSinceMs;
    const fresh = { base: ranBefore ? now : NOTHING, last: now, ranBefore };
    known.set(pid, fresh);
    childCpu.met(pid, now, ranBefore);
    return fresh;
  };

  type ReadNow = { readonly pid: number; readonly one: Known; readonly threads: number };

  const readOne = (pid: number): ReadNow | null => {
    const now = host.reading(pid);
    const before = known.get(pid);
    const isOther = before !== undefined && before.last.startMs !== now?.startMs;
    if (isOther) forget(pid, before);
    if (now === null) return null;
    const met = isOther ? undefined : before;
    const one = met ?? meet(pid, now);
    // Who began and rests again between two readings has run, and waited, all the same.
    const isActive = now.isRunnable || now.cpuMs !== (met?.last ?? one.base).cpuMs;
    one.last = now;
    return { pid, one, threads: cpuWait.read(pid, { ranBefore: one.ranBefore, isActive }) };
  };

  /** The next of this round, as many as one sample may read; of the living, whether or not they lived when it began. */
  const readNext = (living: ReadonlySet<number>): ReadNow[] => {
    if (due.length === 0) due = [...living];
    const read: ReadNow[] = [];
    let tried = 0;
    let threads = 0;
    for (const pid of due) {
      if (read.length >= MAX_READ || threads >= MAX_THREADS) break;
      tried += 1;
      const one = living.has(pid) ? readOne(pid) : null;
      if (one === null) continue;
      read.push(one);
      threads += one.threads;
    }
    due = due.slice(tried);
    return read;
  };

  return {
    read: (pids) => {
      const listed = new Set(pids);
      for (const [pid, one] of known) if (!listed.has(pid)) forget(pid, one);
      const entries = new Map<string, CounterEntry[]>(PROCESS_METRICS.map(({ id }) => [id, []]));
      const add = (id: string, pid: number, value: number): void => {
        entries.get(id)?.push([pid, value]);
      };
      for (const { pid, one } of readNext(listed)) {
        const { last, base } = one;
        add('proc.cpu_ms', pid, Math.max(0, last.cpuMs - base.cpuMs));
        // After all that are read now were: who ended is known by then.
        const childMs = childCpu.read(pid, last);
        if (childMs > 0) add('proc.child_cpu_ms', pid, childMs);
        const waitNs = cpuWait.total(pid);
        if (waitNs !== null) add('proc.cpu_wait_ns', pid, waitNs);
        if (last.memory === null) continue;
        add('proc.rss_bytes', pid, last.memory.rssBytes);
        add('proc.anon_bytes', pid, last.memory.anonBytes);
        add('proc.minor_faults', pid, Math.max(0, last.minorFaults - base.minorFaults));
        add('proc.major_faults', pid, Math.max(0, last.majorFaults - base.majorFaults));
      }
      const isWhole = due.length === 0;
      if (isWhole) childCpu.settle();
      return { entries, isWhole };
    },
    restart: () => {
      for (const one of known.values()) one.base = one.last;
      childCpu.restart();
      cpuWait.restart();
    },
  };
};

/**
 * What a process uses and holds, now, from /proc/PID/stat and statm, and how long its threads waited for a CPU, from
 * their schedstat. Idle processes are most of all there are, and cost one read: their stat is the same text as before.
 *
 * From 6.2 on kernels keep sizes of memory per CPU: until 6.16 a reading may be off by up to 32 pages for each of them.
 */
import { createLru } from '../core/lru.ts';
import type { ProcessReading } from '../core/record.ts';
import { type HostFiles, namesIn } from './files.ts';
import { pageBytesOf } from './page-size.ts';
import { kernelStartMs } from './process.ts';
import type { StatFiles } from './stat-files.ts';
import { MS_PER_TICK, parseStatLine, type StatLine } from './stat-line.ts';

export type ProcessReader = {
  /** null for a process that is gone. */
  read(pid: number): ProcessReading | null;
  /** By thread, ns it was ready to run and waited for a CPU, since it began; null where the kernel does not say. */
  cpuWaits(pid: number): ReadonlyMap<number, number> | null;
};

/** Processes whose last text is kept. */
const MOST_KEPT = 8_192;
const THREADS_FIELD = 20;
/** A process that rests can still lose memory to reclaim: its size is read at least every so many readings. */
const RESTING_READS = 10;

type Kept = {
  readonly text: string;
  readonly reading: ProcessReading;
  /** One thread is all it has. */
  readonly isAlone: boolean;
  rests: number;
};

export const createProcessReader = (
  files: HostFiles,
  stats: Pick<StatFiles, 'stat' | 'statm' | 'once'>,
): ProcessReader => {
  const kept = createLru<number, Kept>(MOST_KEPT);
  const waitIn = (path: string): number | null => parseCpuWait(stats.once(path) ?? '');
  return {
    read: (pid) => {
      const text = stats.stat(pid);
      if (text === null) return null;
      const before = kept.get(pid);
      if (before !== undefined && before.text === text && before.rests < RESTING_READS) {
        before.rests += 1;
        return before.reading;
      }
      const line = parseStatLine(text);
      const reading = line && processOf(line, stats.statm(pid), pageBytesOf(files));
      if (line === null || reading === null) return null;
      const known = { ...reading, startMs: kernelStartMs(files, reading.startMs) };
      kept.set(pid, { text, reading: known, isAlone: line.field(THREADS_FIELD) === '1', rests: 0 });
      return known;
    },
    cpuWaits: (pid) => {
      // Of its first thread: where there is no other, they need not be listed.
      const alone = kept.get(pid)?.isAlone === true ? waitIn(`/proc/${pid}/schedstat`) : null;
      if (alone !== null) return new Map([[pid, alone]]);
      const waits = namesIn(files, `/proc/${pid}/task`).flatMap((tid): [number, number][] => {
        const ns = waitIn(`/proc/${pid}/task/${tid}/schedstat`);
        return ns === null ? [] : [[Number(tid), ns]];
      });
      return waits.length === 0 ? null : new Map(waits);
    },
  };
};

/** Of the text of the two files; null for a torn line. `statm` is empty of who is a zombie, and 0 of kernel threads. */
export const parseProcess = (
  stat: string,
  statm: string | null,
  pageSizeBytes: number,
): ProcessReading | null => {
  const line = parseStatLine(stat);
  return line && processOf(line, statm, pageSizeBytes);
};

const processOf = (line: StatLine, statm: string | null, pageSizeBytes: number): ProcessReading | null => {
  const numberAt = (field: number): number => Number(line.field(field));
  const cpuMs = (numberAt(14) + numberAt(15)) * MS_PER_TICK;
  // These two are printed signed: a child may not be waited for, then they are zero.
  const childCpuMs = (numberAt(16) + numberAt(17)) * MS_PER_TICK;
  const [ppid, minorFaults, majorFaults] = [4, 10, 12].map(numberAt) as [number, number, number];
  if (![ppid, minorFaults, majorFaults, cpuMs, childCpuMs].every(Number.isSafeInteger)) return null;
  return {
    startMs: line.startMs,
    ppid,
    isRunnable: line.field(3) === 'R',
    cpuMs,
    childCpuMs,
    minorFaults,
    majorFaults,
    memory: parseMemory(statm ?? '', pageSizeBytes),
  };
};

const parseMemory = (statm: string, pageSizeBytes: number): ProcessReading['memory'] => {
  const [size = 0, resident = Number.NaN, shared = Number.NaN] = statm.split(' ').map(Number);
  if (size === 0 || ![resident, shared].every(Number.isSafeInteger)) return null;
  return {
    rssBytes: resident * pageSizeBytes,
    anonBytes: Math.max(0, resident - shared) * pageSizeBytes,
  };
};

/** The second of its three numbers; the first is time on a CPU, the third how often it got one. */
export const parseCpuWait = (schedstat: string): number | null => {
  const ns = /^\d+ (\d+) \d+\n/.exec(schedstat)?.[1];
  return ns === undefined ? null : Number(ns);
};

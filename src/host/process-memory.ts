/**
 * What a process holds and how often it faulted, now, from /proc/PID/statm and /proc/PID/stat: two short reads. From 6.2 on kernels keep these sizes per CPU: until 6.16 a reading may be off by up to 32 pages for
 * each of them.
 */
import type { ProcessMemory } from '../core/record.ts';
import { pageBytes } from './page-size.ts';
import type { StatFiles } from './stat-files.ts';

/** null for a process that is gone, or has no memory of its own: kernel threads, and the dead until they are reaped. */
export const readProcessMemory = (files: StatFiles, pid: number): ProcessMemory | null => {
  const statm = files.statm(pid);
  const stat = statm === null ? null : files.stat(pid);
  return statm === null || stat === null ? null : parseProcessMemory(statm, stat, pageBytes());
};

const MS_PER_TICK = 10;

/** The same of the text of the two files. */
export const parseProcessMemory = (
  statm: string,
  stat: string,
  pageSizeBytes: number,
): ProcessMemory | null => {
  const [size, resident, shared] = statm.split(' ').map(Number);
  // From field 3, the state, on: the name before may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 23 - 2);
  const [minorFaults, majorFaults, start] = [10, 12, 22].map((field) => Number(fields[field - 3]));
  if (size === undefined || resident === undefined || shared === undefined || size === 0) return null;
  if (minorFaults === undefined || majorFaults === undefined || start === undefined) return null;
  // Field 23 must have begun, or the start time may be torn.
  if (fields.length <= 23 - 3) return null;
  if (![resident, shared, minorFaults, majorFaults, start].every(Number.isSafeInteger)) return null;
  return {
    startMs: start * MS_PER_TICK,
    rssBytes: resident * pageSizeBytes,
    anonBytes: Math.max(0, resident - shared) * pageSizeBytes,
    minorFaults,
    majorFaults,
  };
};

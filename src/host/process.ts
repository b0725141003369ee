/**
 * Who a PID is, from /proc. A PID is reused, so its identity is the PID and its start time: field 22 of
 * /proc/PID/stat, in ticks of 1/100 s since boot (USER_HZ, the same on every kernel whatever its own tick).
 *
 * Every reader answers null for a process that is gone, and a process may go between two of its files: what was read
 * by then stays, the rest is undefined. Names are any bytes but NUL; they are decoded as UTF-8 with replacement
 * characters, and may still hold newlines, escape sequences and parentheses: whoever shows them must say so safely.
 */
import { readdirSync } from 'node:fs';
import type { ProcessFacts } from '../core/record.ts';
import { readHead, readText, wholeLines } from './files.ts';
import type { StatFiles } from './stat-files.ts';

/** The idle task and whatever runs in interrupt context on it: counted by the kernel as PID 0, absent from /proc. */
const SWAPPER: ProcessFacts = {
  pid: 0,
  startMs: 0,
  comm: 'swapper',
  ppid: 0,
  uid: 0,
  cmdline: '',
  cgroup: '/',
};

export const readProcess = (pid: number): ProcessFacts | null => {
  if (pid === 0) return SWAPPER;
  const stat = readStat(pid);
  if (stat === null) return null;
  const status = readText(`/proc/${pid}/status`);
  const cgroups = readText(`/proc/${pid}/cgroup`);
  const cmdline = readHead(`/proc/${pid}/cmdline`, MAX_CMDLINE_BYTES);
  return {
    pid,
    startMs: stat.startMs,
    comm: stat.comm,
    ppid: stat.ppid,
    uid: status === null ? undefined : parseUid(status),
    cmdline: cmdline === null ? undefined : parseCmdline(cmdline),
    cgroup: cgroups === null ? undefined : parseCgroup(cgroups),
  };
};

/** Since boot, 10 ms resolution. */
export const readStartMs = (pid: number): number | null =>
  pid === 0 ? SWAPPER.startMs : (readStat(pid)?.startMs ?? null);

/**
 * What a program was loaded as: its name, when the process began, and where its code and stack lie, which the kernel
 * draws anew at each exec (but tells only those who may trace it). The same text again means: the same program.
 */
export const readImage = (files: StatFiles, pid: number): string | null => {
  const text = files.stat(pid);
  return text === null ? null : parseImage(text);
};

export const parseImage = (text: string): string | null => {
  const stat = parseStat(text);
  if (stat === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [stat.startMs, ...[26, 27, 28].map((field) => fields[field - 3]), stat.comm].join(' ');
};

/** CPU time since its start, user and system, and memory it holds now. */
export const readCostOf = (pid: number): { readonly cpuMs: number; readonly rssBytes: number } | null => {
  const stat = readStat(pid);
  const status = readText(`/proc/${pid}/status`);
  if (stat === null || status === null) return null;
  const rssKib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { cpuMs: stat.cpuMs, rssBytes: rssKib * 1024 };
};

/**
 * Kernel memory of the BPF maps a process holds, in bytes; 0 when its descriptors may not be read. The kernel's own
 * figure: exact since 6.4, before that what it charged for the map. A map held by two descriptors counts once.
 */
export const readMapBytes = (pid: number): number => {
  const directory = `/proc/${pid}/fdinfo`;
  const maps = new Map<string, number>();
  for (const fd of namesIn(directory)) {
    const map = parseMapInfo(readText(`${directory}/${fd}`) ?? '');
    if (map !== null) maps.set(map.id ?? `fd ${fd}`, map.sizeBytes);
  }
  return [...maps.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
};

const MAX_CMDLINE_BYTES = 4096;
const MS_PER_TICK = 10;

export type StatFacts = {
  readonly comm: string;
  readonly ppid: number;
  readonly startMs: number;
  readonly cpuMs: number;
};

/** comm stands in parentheses and may hold any of them itself: the last one closes it. */
export const parseStat = (text: string): StatFacts | null => {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open) return null;
  // From field 3, the state, on.
  const fields = text.slice(close + 2).split(' ');
  const [ppid, utime, stime, start] = [4, 14, 15, 22].map((field) => Number(fields[field - 3] ?? Number.NaN));
  // Field 23 must have begun, or the start time may be torn.
  if (ppid === undefined || utime === undefined || stime === undefined || start === undefined) return null;
  if (fields.length <= 23 - 3 || ![ppid, utime, stime, start].every(Number.isSafeInteger)) return null;
  return {
    comm: text.slice(open + 1, close),
    ppid,
    startMs: start * MS_PER_TICK,
    cpuMs: (utime + stime) * MS_PER_TICK,
  };
};

const readStat = (pid: number): StatFacts | null => {
  const text = readText(`/proc/${pid}/stat`);
  return text === null ? null : parseStat(text);
};

/** The first of real, effective, saved and file system user. */
export const parseUid = (status: string): number | undefined => {
  const uid = /^Uid:\t(\d+)\t/m.exec(status)?.[1];
  return uid === undefined ? undefined : Number(uid);
};

export const parseCmdline = (bytes: Buffer): string =>
  bytes.toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ');

export const parseCgroup = (text: string): string | undefined => {
  const paths = wholeLines(text).flatMap((line) => {
    const [, hierarchy, path] = /^(\d+):[^:]*:(\/.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ unified: hierarchy === '0', path }];
  });
  // On a mixed machine the unified hierarchy exists but may hold everything at its root.
  const unified = paths.find(({ unified, path }) => unified && path !== '/');
  return unified?.path ?? paths.map(({ path }) => path).sort((a, b) => b.length - a.length)[0];
};

/** A line of /proc/PID/fdinfo/FD that only BPF maps have; null for any other descriptor. */
export const parseMapInfo = (
  fdinfo: string,
): { readonly id: string | null; readonly sizeBytes: number } | null => {
  if (!/^map_type:\t/m.test(fdinfo)) return null;
  const sizeBytes = /^memlock:\t(\d+)$/m.exec(fdinfo)?.[1];
  if (sizeBytes === undefined) return null;
  return { id: /^map_id:\t(\d+)$/m.exec(fdinfo)?.[1] ?? null, sizeBytes: Number(sizeBytes) };
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

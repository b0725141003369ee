/**
 * Who a PID is, from /proc. A PID is reused, so its identity is the PID and its start time: field 22 of
 * /proc/PID/stat, in ticks of 1/100 s since boot (USER_HZ, the same on every kernel whatever its own tick).
 *
 * Every reader answers null for a process that is gone, and a process may go between two of its files: what was read
 * by then stays, the rest is undefined. Names are any bytes but NUL; they are decoded as UTF-8 with replacement
 * characters, and may still hold newlines, escape sequences and parentheses: whoever shows them must say so safely.
 */
import type { ProcessFacts } from '../core/record.ts';
import { type HostFiles, wholeLines } from './files.ts';
import type { StatFiles } from './stat-files.ts';
import { MS_PER_TICK, parseStatLine } from './stat-line.ts';
import { timeShiftOf } from './time-namespace.ts';

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

export const readProcess = (files: HostFiles, pid: number): ProcessFacts | null => {
  if (pid === 0) return SWAPPER;
  const stat = readStat(files, pid);
  if (stat === null) return null;
  const status = files.text(`/proc/${pid}/status`);
  const cgroups = files.text(`/proc/${pid}/cgroup`);
  const cmdline = files.head(`/proc/${pid}/cmdline`, MAX_CMDLINE_BYTES);
  return {
    pid,
    startMs: stat.startMs,
    comm: stat.comm,
    ppid: stat.ppid,
    uid: status === null ? undefined : parseUid(status),
    cmdline: cmdline === null ? undefined : parseCmdline(cmdline),
    cgroup: cgroups === null ? undefined : parseCgroup(cgroups),
    ...otherCgroups(cgroups ?? ''),
  };
};

/** Since boot, 10 ms resolution. */
export const readStartMs = (files: HostFiles, pid: number): number | null =>
  pid === 0 ? SWAPPER.startMs : (readStat(files, pid)?.startMs ?? null);

/** The process that a thread belongs to, by the thread's number or the process's own. */
export const readProcessOf = (files: HostFiles, tid: number): number | null => {
  const tgid = /^Tgid:\t(\d+)$/m.exec(files.text(`/proc/${tid}/status`) ?? '')?.[1];
  return tgid === undefined ? null : Number(tgid);
};

/** Our own PID in this /proc, which may be that of another PID namespace. */
export const readOwnPid = (files: HostFiles): number => Number(files.link('/proc/self') ?? process.pid);

/** How many PID namespaces there are from the one that this /proc shows to ours, both included; null before 4.1. */
export const readDepth = (files: HostFiles): number | null => {
  const pids = /^NSpid:((?:\t\d+)+)$/m.exec(files.text('/proc/self/status') ?? '')?.[1];
  return pids === undefined ? null : pids.trim().split('\t').length;
};

/** null when it is gone. */
export const readParent = (files: HostFiles, pid: number): number | null =>
  readStat(files, pid)?.ppid ?? null;

/**
 * What a program was loaded as: its name, when the process began, and where its code and stack lie, which the kernel
 * draws anew at each exec (but reports only those who may trace it). The same text again means: the same program.
 */
export const readImage = (stats: StatFiles, pid: number): string | null => {
  const text = stats.stat(pid);
  return text === null ? null : parseImage(text);
};

export const parseImage = (text: string): string | null => {
  const line = parseStatLine(text);
  return line === null ? null : [line.startMs, ...[26, 27, 28].map(line.field), line.comm].join(' ');
};

/** CPU time since its start, user and system, and memory it holds now. */
export const readCostOf = (
  files: HostFiles,
  pid: number,
): { readonly cpuMs: number; readonly rssBytes: number } | null => {
  const stat = readStat(files, pid);
  const status = files.text(`/proc/${pid}/status`);
  if (stat === null || status === null) return null;
  const rssKib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { cpuMs: stat.cpuMs, rssBytes: rssKib * 1024 };
};

const MAX_CMDLINE_BYTES = 4096;

export type StatFacts = {
  readonly comm: string;
  readonly ppid: number;
  readonly startMs: number;
  readonly cpuMs: number;
};

export const parseStat = (text: string): StatFacts | null => {
  const line = parseStatLine(text);
  if (line === null) return null;
  const { comm, startMs } = line;
  const [ppid = Number.NaN, utime = Number.NaN, stime = Number.NaN] = [4, 14, 15].map((number) =>
    Number(line.field(number)),
  );
  if (![ppid, utime, stime].every(Number.isSafeInteger)) return null;
  return { comm, ppid, startMs, cpuMs: (utime + stime) * MS_PER_TICK };
};

const readStat = (files: HostFiles, pid: number): StatFacts | null => {
  const text = files.text(`/proc/${pid}/stat`);
  const stat = text === null ? null : parseStat(text);
  return stat === null ? null : { ...stat, startMs: kernelStartMs(files, stat.startMs) };
};

/** Both are cut to 10 ms; a shift that is not a multiple of it can leave one step between them. */
export const kernelStartMs = (files: HostFiles, startMs: number): number => {
  const { bootUs } = timeShiftOf(files);
  return bootUs === 0 ? startMs : Math.max(0, Math.round((startMs - bootUs / 1000) / 10) * 10);
};

/** The first of real, effective, saved and file system user. */
export const parseUid = (status: string): number | undefined => {
  const uid = /^Uid:\t(\d+)\t/m.exec(status)?.[1];
  return uid === undefined ? undefined : Number(uid);
};

export const parseCmdline = (bytes: Buffer): string =>
  bytes.toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ');

export const parseCgroup = (text: string): string | undefined => {
  const paths = cgroupPaths(text);
  // On a mixed machine the unified hierarchy exists but may hold everything at its root.
  const unified = paths.find(({ unified, path }) => unified && path !== '/');
  return unified?.path ?? paths.map(({ path }) => path).sort((a, b) => b.length - a.length)[0];
};

const cgroupPaths = (text: string): { readonly unified: boolean; readonly path: string }[] =>
  wholeLines(text).flatMap((line) => {
    const [, hierarchy, path] = /^(\d+):[^:]*:(\/.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ unified: hierarchy === '0', path }];
  });

/** Hierarchies of version 1 are independent of each other: one may hold a process elsewhere. */
const otherCgroups = (text: string): Pick<ProcessFacts, 'cgroups'> => {
  const first = parseCgroup(text);
  const others = new Set(cgroupPaths(text).map(({ path }) => path));
  others.delete('/');
  if (first !== undefined) others.delete(first);
  return others.size === 0 ? {} : { cgroups: [...others] };
};

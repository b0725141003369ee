/** The threads of one process, when somebody looks at it: who each is, what it does, and where it sleeps in the kernel. */
import type { Thread, ThreadList } from '../core/inspection.ts';
import { type HostFiles, namesIn } from './files.ts';
import { MS_PER_TICK, parseStatLine } from './stat-line.ts';

/** Of one process; of more threads the rest is not looked at. */
const MAX_THREADS = 256;
/** Of them, those first that are stuck, then those that run, then those that used most. */
const SHOWN_THREADS = 32;

const UTIME = 14;
const STIME = 15;
const STATE = 3;
/** States, in the order of how much they matter to who looks for a stall. */
const URGENCY = 'DRtTSI';

export const readThreads = (files: HostFiles, pid: number): ThreadList => {
  const { all, read } = threadsOf(files, pid);
  const first = [...read]
    .sort((a, b) => urgency(a.state) - urgency(b.state) || b.cpuMs - a.cpuMs || a.tid - b.tid)
    .slice(0, SHOWN_THREADS);
  return {
    threads: first.map((one) => ({ ...one, waitChannel: waitChannelOf(files, pid, one.tid) })),
    more: Math.max(0, all - first.length),
    unread: Math.max(0, all - MAX_THREADS),
  };
};

/** Those that are looked at, and how many there are. */
export const threadsOf = (
  files: HostFiles,
  pid: number,
): { readonly all: number; readonly read: readonly Omit<Thread, 'waitChannel'>[] } => {
  const names = namesIn(files, `/proc/${pid}/task`);
  const read = names.slice(0, MAX_THREADS).flatMap((name) => {
    const stat = parseStatLine(files.text(`/proc/${pid}/task/${name}/stat`) ?? '');
    if (stat === null) return [];
    const { comm, field } = stat;
    const cpuMs = (Number(field(UTIME)) + Number(field(STIME))) * MS_PER_TICK;
    return [{ tid: Number(name), comm, state: field(STATE), cpuMs }];
  });
  return { all: names.length, read };
};

const urgency = (state: string): number => {
  const at = URGENCY.indexOf(state);
  return at < 0 ? URGENCY.length : at;
};

/** `0` where it runs, or where the kernel says it to nobody. */
export const waitChannelOf = (files: HostFiles, pid: number, tid: number): string | null => {
  const channel = (files.text(`/proc/${pid}/task/${tid}/wchan`) ?? '').trim();
  return channel === '' || channel === '0' ? null : channel;
};

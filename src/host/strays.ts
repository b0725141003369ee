/**
 * bpftrace processes left behind by a stallscope that was killed. Every tracer we start carries its owner's identity
 * in its environment; when that owner (PID and start time, so that a reused PID is not taken for it) is gone, the
 * tracer is a stray. Only looks: ending them is the caller's decision.
 *
 * Processes of another PID namespace are left alone: there the owner's PID means somebody else, and a container's
 * living tracer would look abandoned.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { readHead, readText } from './files.ts';
import { parseCmdline, readStartMs } from './process.ts';

export type Stray = { readonly pid: number; readonly cmdline: string };

/** Holds the mark of the owner in the environment of each tracer. */
export const OWNER_VARIABLE = 'STALLSCOPE_OWNER';

/** `<pid>:<startMs>` of the process that starts tracers. */
export const ownerMark = (pid: number, startMs: number): string => `${pid}:${startMs}`;

export const findStrays = (): readonly Stray[] => {
  const namespace = pidNamespaceOf('self');
  if (namespace === null) return [];
  return tracerPids()
    .filter((pid) => isAbandoned(pid) && pidNamespaceOf(pid) === namespace)
    .map((pid) => ({
      pid,
      cmdline: parseCmdline(readHead(`/proc/${pid}/cmdline`, MAX_CMDLINE_BYTES) ?? Buffer.alloc(0)),
    }));
};

/** Whether the owner named in this environment block (`NAME=value`, NUL between) is gone; false without a mark. */
export const isOwnerGone = (environ: string, startOf: (pid: number) => number | null): boolean => {
  const mark = environ.split('\0').find((entry) => entry.startsWith(`${OWNER_VARIABLE}=`));
  const [, pid, startMs] = /=(\d+):(\d+)$/.exec(mark ?? '') ?? [];
  return pid !== undefined && startOf(Number(pid)) !== Number(startMs);
};

const MAX_CMDLINE_BYTES = 4096;

/** Before its exec, a tracer is still the setpriv that ties its life to ours. */
const isTracer = (comm: string | null): boolean =>
  comm !== null && (comm.startsWith('bpftrace') || comm === 'setpriv\n');

const tracerPids = (): readonly number[] => {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => isTracer(readText(`/proc/${name}/comm`)))
      .map(Number);
  } catch {
    return [];
  }
};

const isAbandoned = (pid: number): boolean =>
  isOwnerGone(readText(`/proc/${pid}/environ`) ?? '', readStartMs);

const pidNamespaceOf = (pid: number | 'self'): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
};

/**
 * bpftrace processes left behind by a stallscope that was killed. Every tracer we start carries its owner's identity
 * in its environment; when that owner (PID and start time, so that a reused PID is not taken for it) is gone, the
 * tracer is an orphan: it costs the machine, and nobody reads it.
 *
 * Processes of another PID namespace are left alone: there the owner's PID means somebody else, and a container's
 * living tracer would look abandoned.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type HostFiles, namesIn } from './files.ts';
import { readDepth, readStartMs } from './process.ts';

/** Holds the mark of the owner in the environment of each tracer. */
export const OWNER_VARIABLE = 'STALLSCOPE_OWNER';

/** `<pid>:<startMs>` of the process that starts tracers. */
export const ownerMark = (pid: number, startMs: number): string => `${pid}:${startMs}`;

const PATIENCE_MS = 3_000;
const POLL_MS = 50;

/** Ends them, by force where they do not end when asked. */
export const endOrphans = async (files: HostFiles, status: (text: string) => void): Promise<void> => {
  const orphans = findOrphans(files);
  if (orphans.length === 0) return;
  status(`ending ${orphans.length} bpftrace left by an earlier stallscope (PID ${orphans.join(', ')})`);
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    for (const pid of findOrphans(files)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended by itself.
      }
    }
    const untilMs = performance.now() + PATIENCE_MS;
    while (findOrphans(files).length > 0 && performance.now() < untilMs) await delay(POLL_MS);
  }
};

/** PIDs. */
export const findOrphans = (files: HostFiles): readonly number[] => {
  const namespace = pidNamespaceOf(files, 'self');
  // The owner's PID is one of its own namespace: only a /proc of that one can say whether it lives.
  if (namespace === null || (readDepth(files) ?? 1) > 1) return [];
  return tracerPids(files).filter(
    (pid) => isAbandoned(files, pid) && pidNamespaceOf(files, pid) === namespace,
  );
};

/** Whether the owner named in this environment block (`NAME=value`, NUL between) is gone; false without a mark. */
export const isOwnerGone = (environ: string, startOf: (pid: number) => number | null): boolean => {
  const mark = environ.split('\0').find((entry) => entry.startsWith(`${OWNER_VARIABLE}=`));
  const [, pid, startMs] = /=(\d+):(\d+)$/.exec(mark ?? '') ?? [];
  return pid !== undefined && startOf(Number(pid)) !== Number(startMs);
};

/** Before its exec, a tracer is still the setpriv that ties its life to ours. */
const isTracer = (comm: string | null): boolean =>
  comm !== null && (comm.startsWith('bpftrace') || comm === 'setpriv\n');

const tracerPids = (files: HostFiles): readonly number[] =>
  namesIn(files, '/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => isTracer(files.text(`/proc/${name}/comm`)))
    .map(Number);

const isAbandoned = (files: HostFiles, pid: number): boolean =>
  isOwnerGone(files.text(`/proc/${pid}/environ`) ?? '', (owner) => readStartMs(files, owner));

const pidNamespaceOf = (files: HostFiles, pid: number | 'self'): string | null =>
  files.link(`/proc/${pid}/ns/pid`);

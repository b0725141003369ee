/**
 * Which processes are stallscope's own work: itself, its bpftrace, the guard of the kernel's statistics, the programs it
 * asks about files, and whatever those start. What they do to a machine is not part of what is being looked for. The
 * command after `--` is our child and is not ours: it, and all it starts, is the user's.
 */
import { createLru } from '../core/lru.ts';
import type { HostFiles } from './files.ts';
import { readStartMs } from './process.ts';

export type OwnFacts = {
  readonly pid: number;
  readonly startMs: number | null;
  /** null where only its end is known. */
  readonly ppid: number | null;
};

/** Helpers come and go faster than they can be looked up by: each is noted when it is started. */
const MAX_HELPERS = 256;
const helpers = createLru<number, number | null>(MAX_HELPERS);

/** Call right after starting it: a child that ended stays readable until it is waited for. */
export const noteHelper = (files: HostFiles, pid: number | undefined): void => {
  if (pid === undefined) return;
  helpers.set(pid, readStartMs(files, pid));
};

/** How far up from a process its ancestors are looked at. */
const MAX_GENERATIONS = 16;

/**
 * @param self PID of this process, as the processes asked about name their parents
 * @param command PID of the user's command; null without one
 */
export const createOwnProcesses =
  (self: number, command: number | null, parentOf: (pid: number) => number | null) =>
  ({ pid, startMs, ppid }: OwnFacts): boolean => {
    if (pid === command) return false;
    if (pid === self || isHelper(pid, startMs)) return true;
    let ancestor = ppid;
    for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
      if (ancestor === null || ancestor <= 1 || ancestor === command) return false;
      if (ancestor === self) return true;
      ancestor = parentOf(ancestor);
    }
    return false;
  };

const isHelper = (pid: number, startMs: number | null): boolean => {
  const started = helpers.get(pid);
  if (started === undefined) return false;
  return started === null || startMs === null || started === startMs;
};

/**
 * Limits on a suspect that takes what others wait for. They last beyond the guard, so each only makes narrower, and says what
 * there was before; names of groups stay out of it, since they are somebody's choice.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { directoryOf, readHierarchies } from '../../host/cgroup/hierarchy.ts';
import { builtEnvironment } from '../../host/environment.ts';
import { type HostFiles, namesIn } from '../../host/files.ts';
import type { Outcome, Target } from '../rules/policy.ts';
import { writeInto } from './setting.ts';

const IONICE = ['/usr/bin/ionice', '/bin/ionice'];
const IDLE = '3';
/** Of a thread each: what one command line holds. */
const MOST_THREADS = 4_000;
/** It stops at a thread that has ended meanwhile. */
const ATTEMPTS = 3;

/** Never by PATH: it is run as root. */
export const ioniceOf = (files: HostFiles): string | null => IONICE.find(files.isExecutable) ?? null;

/** The kernel's idle class of I/O for every thread it has now; those it starts later inherit it. */
export const ioIdle = async (files: HostFiles, { pid }: Target, timeoutMs: number): Promise<Outcome> => {
  const ionice = ioniceOf(files);
  if (ionice === null) return { how: 'failed', text: 'ionice is not installed' };
  const run = promisify(execFile);
  const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', env: builtEnvironment(process.env) } as const;
  let why = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const threads = namesIn(files, `/proc/${pid}/task`).slice(0, MOST_THREADS);
    if (threads.length === 0) return { how: 'failed', text: `PID ${pid} has ended` };
    try {
      await run(ionice, ['-c', IDLE, '-p', ...threads], limits);
      return { how: 'done', text: `${threads.length} threads of PID ${pid}; undone by ionice -c 0` };
    } catch (error) {
      why = `ionice: ${(error as NodeJS.ErrnoException).code ?? 'killed'}`;
    }
  }
  return { how: 'failed', text: why };
};

/** Why there is nothing to bound a group's memory by; null when there is. */
export const whyNoMemoryHigh = (files: HostFiles): string | null => {
  const { unified } = readHierarchies(files);
  const controllers = unified === null ? null : files.text(`${unified.at}/cgroup.controllers`);
  return controllers?.split(/\s/).includes('memory') === true
    ? null
    : 'memory.high is of control groups of version 2, and here those have no memory controller';
};

/** The bound of the group that the process is in, and of all else in it: never the root's, never our own, never wider. */
export const memoryHigh = async (
  files: HostFiles,
  { pid }: Target,
  { session, bytes }: { readonly session: number; readonly bytes: number },
): Promise<Outcome> => {
  const group = groupOf(files, pid);
  const ours = groupOf(files, session);
  if (group === null || ours === null) return refused(`the group of PID ${pid} cannot be read`);
  if (group === '/') return refused(`PID ${pid} is in the root group, which has no bound`);
  if (ours === group || ours.startsWith(`${group}/`)) return refused(`we are in the group of PID ${pid}`);
  const directory = directoryOf(readHierarchies(files).unified, group);
  const before = directory === null ? undefined : files.text(`${directory}/memory.high`)?.trim();
  if (directory === null || before === undefined)
    return refused(`the group of PID ${pid} has no memory.high`);
  if (before !== 'max' && !(Number(before) > bytes)) return refused(`it is ${Number(before)} already`);
  const outcome = await writeInto(`${directory}/memory.high`, String(bytes));
  return outcome.how === 'done'
    ? { how: 'done', text: `the group of PID ${pid}; ${before === 'max' ? before : Number(before)} before` }
    : { how: outcome.how, text: `memory.high of PID ${pid}'s group was not written` };
};

const refused = (text: string): Outcome => ({ how: 'refused', text });

const groupOf = (files: HostFiles, pid: number): string | null =>
  /^0::(\/.*)$/m.exec(files.text(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null;

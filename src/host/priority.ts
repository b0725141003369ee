/** Who comes before others where many compete for the CPUs. */
import { getPriority, setPriority } from 'node:os';
import { type HostFiles, namesIn } from './files.ts';
import { writeSetting } from './write-setting.ts';

/**
 * As `nice` counts. With autogroups (sched_autogroup) niceness counts only inside a session, and a session has one of its
 * own: for a process that leads one, it is set too. Where that is not allowed nothing changes.
 */
export const prioritize = (pid: number, niceness: number): void => {
  if (setNiceness(pid, niceness)) writeSetting(`/proc/${pid}/autogroup`, String(niceness));
};

/** Of a process or a thread, not of its session. Whether it was done: it may be gone, or that not be allowed. */
export const setNiceness = (pid: number, niceness: number): boolean => {
  try {
    setPriority(pid, niceness);
    return true;
  } catch {
    return false;
  }
};

const FIRST = -10;

/**
 * Where dozens compete for the CPUs we come before them, as atop does: what we read late fills maps, and what is lost then was the
 * outage. We take little (the budget), and whoever was started with a niceness keeps it. What we start from now on has it too:
 * whose work is not ours is given back the usual one.
 */
export const comeFirst = (files: HostFiles): void => {
  // Where that is not allowed (CAP_SYS_NICE) nothing changes.
  if (getPriority() !== USUAL || !setNiceness(process.pid, FIRST)) return;
  // Niceness is each thread's own; those that collect garbage for us run already.
  for (const thread of namesIn(files, '/proc/self/task')) setNiceness(Number(thread), FIRST);
};

/** Of a process that was started by us for somebody else. */
export const comeAsUsual = (pid: number | undefined): void => {
  if (pid !== undefined && getPriority() === FIRST) setNiceness(pid, USUAL);
};

/** What a tracer has when there is no hurry. */
export const ownNiceness = (): number => getPriority();

const USUAL = 0;

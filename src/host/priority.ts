/** Who comes before others where many compete for the CPUs. */
import { getPriority, setPriority } from 'node:os';
import { type HostFiles, namesIn } from './files.ts';
import { writeSetting } from './write-setting.ts';

/**
 * As `nice` counts. With autogroups (sched_autogroup) niceness counts only inside a session, and a session has one of its
 * own: for a process that leads one, it is set too. Where that is not allowed nothing changes.
 */
export const prioritize = (pid: number, niceness: number): void => {
  try {
    setPriority(pid, niceness);
  } catch {
    // Gone, or not allowed.
    return;
  }
  writeSetting(`/proc/${pid}/autogroup`, String(niceness));
};

const FIRST = -10;

/**
 * Where dozens compete for the CPUs we come before them, as atop does: what we read late fills maps, and what is lost then was the
 * outage. We take little (the budget), and whoever was started with a niceness keeps it. What we start from now on has it too:
 * whose work is not ours is given back the usual one.
 */
export const comeFirst = (files: HostFiles): void => {
  if (getPriority() !== USUAL) return;
  try {
    setPriority(FIRST);
    // Niceness is each thread's own; those that collect garbage for us run already.
    for (const thread of namesIn(files, '/proc/self/task')) setPriority(Number(thread), FIRST);
  } catch {
    // Not allowed (CAP_SYS_NICE), or a thread that has ended.
  }
};

/** Of a process that was started by us for somebody else. */
export const comeAsUsual = (pid: number | undefined): void => {
  if (pid === undefined || getPriority() !== FIRST) return;
  try {
    setPriority(pid, USUAL);
  } catch {
    // It has ended.
  }
};

/** What a tracer has when there is no hurry. */
export const ownNiceness = (): number => getPriority();

const USUAL = 0;

/** Who comes before others where many compete for the CPUs. */
import { setPriority } from 'node:os';
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

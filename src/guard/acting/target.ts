/**
 * Whom a signal or a limit may reach: the very process that was accused, looked at right before, and never one of ours, of those that
 * started us, or of the kernel's. By number and start alone: its name is its own choice.
 */
import type { HostFiles } from '../../host/files.ts';
import { readParent, readStartMs } from '../../host/process.ts';
import type { Target } from '../rules/policy.ts';

const KTHREADD = 2;
/** How far up from a process its ancestors are looked at. */
const MAX_GENERATIONS = 64;

/** Why it may not; null when it may. `session` is the process that traces: all it has started is ours. */
export const whyNotTouch = (files: HostFiles, { pid, startMs }: Target, session: number): string | null => {
  if (!Number.isSafeInteger(pid) || pid <= 1) return `PID ${pid} is no process that may be touched`;
  const startedMs = readStartMs(files, pid);
  if (startedMs === null) return `PID ${pid} has ended`;
  if (startedMs !== startMs) return `PID ${pid} is another process by now`;
  const above = ancestorsOf(files, pid);
  if (above === null) return `whose child PID ${pid} is cannot be read`;
  if (pid === KTHREADD || above.includes(KTHREADD)) return `PID ${pid} is a thread of the kernel`;
  if (pid === session || above.includes(session)) return `PID ${pid} is one of our own`;
  return ancestorsOf(files, session)?.includes(pid) === false ? null : `PID ${pid} started us`;
};

/** Parents, from its own up; null where one cannot be read. */
const ancestorsOf = (files: HostFiles, pid: number): number[] | null => {
  const above: number[] = [];
  let parent = readParent(files, pid);
  while (parent !== null && parent > 0 && above.length < MAX_GENERATIONS) {
    above.push(parent);
    parent = readParent(files, parent);
  }
  return parent === null ? null : above;
};

/**
 * Replacing a tracer by one that is started beside it: it takes seconds to compile, and where many compete for the CPUs
 * many seconds, in which the old one goes on counting.
 */
import type { Attachment } from './attachment.ts';

export type BesideOptions = {
  /** Whether there is memory for two. */
  readonly hasRoom: () => boolean;
  /** Whether a process has loaded any BPF program: before that it cannot have counted anything. */
  readonly hasPrograms: (pid: number) => boolean;
  /** Which processes come first, as `nice` counts. */
  readonly prioritize: (pid: number, niceness: number) => void;
  /** Of a tracer that need not hurry. */
  readonly niceness: () => number;
};

/**
 * As `nice` counts: the old one costs too much until the new one is there, and where many compete for the CPUs that took
 * 8 s instead of one. For that second it comes before them.
 */
const HURRIED = -10;

/** Whether the new one has attached and nothing of the old one counts any more; when not, the old one still counts. */
export const takeOver = async (
  old: Attachment,
  next: Attachment,
  beside: BesideOptions,
  isStopping: () => boolean,
): Promise<boolean> => {
  next.turn.wait();
  beside.prioritize(next.pid, HURRIED);
  // What both count would count twice: the old one's maps are taken as long as the new one cannot have counted.
  old.turn.endWhen(() => beside.hasPrograms(next.pid));
  const readiness = await next.ready;
  beside.prioritize(next.pid, beside.niceness());
  if (!isStopping() && readiness.kind === 'ready') {
    old.turn.end();
    return true;
  }
  await next.drain();
  // Nothing that it counted was taken.
  old.turn.begin();
  return false;
};

/** Where the threads of a process wait uninterruptibly: those in state D, by the kernel function that put them to sleep. */
import type { HostFiles } from './files.ts';
import { threadsOf, waitChannelOf } from './threads.ts';

export type ProcessWaits = {
  /** In state D. */
  readonly threads: number;
  /** Of them, by function; those whose function is not known are in none. */
  readonly byChannel: ReadonlyMap<string, number>;
};

export const readWaits = (files: HostFiles, pid: number): ProcessWaits => {
  const byChannel = new Map<string, number>();
  let threads = 0;
  for (const { tid, state } of threadsOf(files, pid).read) {
    if (state !== 'D') continue;
    threads += 1;
    const channel = waitChannelOf(files, pid, tid);
    if (channel !== null) byChannel.set(channel, (byChannel.get(channel) ?? 0) + 1);
  }
  return { threads, byChannel };
};

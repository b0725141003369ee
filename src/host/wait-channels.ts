/** Where the threads of a process wait uninterruptibly: those in state D, by the kernel function that put them to sleep. */
import { type HostFiles, namesIn } from './files.ts';
import { parseStatLine } from './stat-line.ts';

/** Of one process; of more threads the rest is not looked at. */
const MAX_THREADS = 256;
/** Where the kernel does not say it, or not to us. */
const HIDDEN = '0';

export type ProcessWaits = {
  /** In state D. */
  readonly threads: number;
  /** Of them, by function; those whose function is not known are in none. */
  readonly byChannel: ReadonlyMap<string, number>;
};

export const readWaits = (files: HostFiles, pid: number): ProcessWaits => {
  const byChannel = new Map<string, number>();
  let threads = 0;
  for (const tid of namesIn(files, `/proc/${pid}/task`).slice(0, MAX_THREADS)) {
    const thread = `/proc/${pid}/task/${tid}`;
    if (parseStatLine(files.text(`${thread}/stat`) ?? '')?.field(3) !== 'D') continue;
    threads += 1;
    const channel = (files.text(`${thread}/wchan`) ?? '').trim();
    if (channel !== '' && channel !== HIDDEN) byChannel.set(channel, (byChannel.get(channel) ?? 0) + 1);
  }
  return { threads, byChannel };
};

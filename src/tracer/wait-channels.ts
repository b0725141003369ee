/**
 * Where threads wait uninterruptibly, of the processes that had such threads at this reading of the tracer and at the one
 * before: who waits for a moment only is not looked for. The cost is bounded: at most `MAX_PROCESSES` are looked at, those
 * with the most waiting threads.
 */
import type { CounterEntry, WaitChannel, Waits } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';

const MAX_PROCESSES = 32;
const MAX_CHANNELS = 8;
const MAX_PIDS = 8;

export type WaitChannels = {
  /** @param waiting PID and its threads in uninterruptible sleep, as the tracer counts them */
  read(waiting: readonly CounterEntry[]): Waits | null;
};

export const createWaitChannels = (host: Pick<HostPort, 'waits'>): WaitChannels => {
  let before: ReadonlySet<number> = new Set();

  const longest = (waiting: readonly CounterEntry[]): readonly number[] => {
    const now = waiting.filter(([, threads = 0]) => threads > 0);
    const still = now.filter(([pid = 0]) => before.has(pid));
    before = new Set(now.map(([pid = 0]) => pid));
    return still
      .toSorted(([, a = 0], [, b = 0]) => b - a)
      .slice(0, MAX_PROCESSES)
      .map(([pid = 0]) => pid);
  };

  return {
    read: (waiting) => {
      const byChannel = new Map<string, Map<number, number>>();
      let threads = 0;
      for (const pid of longest(waiting)) {
        const found = host.waits(pid);
        threads += found.threads;
        for (const [channel, count] of found.byChannel) {
          const pids = byChannel.get(channel) ?? new Map<number, number>();
          byChannel.set(channel, pids.set(pid, count));
        }
      }
      return threads === 0 ? null : { threads, channels: mostFirst(byChannel) };
    },
  };
};

const mostFirst = (byChannel: ReadonlyMap<string, ReadonlyMap<number, number>>): readonly WaitChannel[] =>
  [...byChannel]
    .map(([name, pids]) => ({
      name,
      threads: [...pids.values()].reduce((sum, count) => sum + count, 0),
      pids: [...pids]
        .sort(([, a], [, b]) => b - a)
        .slice(0, MAX_PIDS)
        .map(([pid]) => pid),
    }))
    .sort((a, b) => b.threads - a.threads || a.name.localeCompare(b.name))
    .slice(0, MAX_CHANNELS);

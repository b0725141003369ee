/**
 * How long the threads of a process waited for a CPU. The kernel keeps it per thread, and a thread that ends takes it
 * along: growth is added up thread by thread. Reading every thread of a machine would cost more than it is worth: read are
 * those of processes that ran lately or want to.
 */
import type { HostPort } from '../session/ports.ts';

/** Readings for which a process that was active is still read. */
const LINGERS = 10;

type Known = {
  byThread: ReadonlyMap<number, number> | null;
  totalNs: number;
  idle: number;
  readonly ranBefore: boolean;
};

export type CpuWait = {
  /**
   * It lives: its threads are read where it ran since the last reading or wants to, and for a while after. Returns how many
   * were read.
   */
  read(pid: number, of: { readonly ranBefore: boolean; readonly isActive: boolean }): number;
  /** ns since it was met; null where nothing was read. */
  total(pid: number): number | null;
  forget(pid: number): void;
  restart(): void;
};

export const createCpuWait = (waitsOf: HostPort['cpuWaits']): CpuWait => {
  const known = new Map<number, Known>();

  /** Returns how many threads it has. */
  const grow = (one: Known, now: ReadonlyMap<number, number>): number => {
    // What threads that ran before had waited until they were first read is not of this session.
    const isBase = one.byThread === null && one.ranBefore;
    for (const [tid, ns] of now) {
      const last = one.byThread?.get(tid) ?? (isBase ? ns : 0);
      // A number that fell is another thread's.
      one.totalNs += ns >= last ? ns - last : ns;
    }
    one.byThread = now;
    return now.size;
  };

  return {
    read: (pid, { ranBefore, isActive }) => {
      const one = known.get(pid) ?? { byThread: null, totalNs: 0, idle: LINGERS, ranBefore };
      known.set(pid, one);
      one.idle = isActive ? 0 : one.idle + 1;
      if (one.idle > LINGERS) return 0;
      const now = waitsOf(pid);
      return now === null ? 0 : grow(one, now);
    },
    total: (pid) => {
      const one = known.get(pid);
      return one === undefined || one.byThread === null ? null : one.totalNs;
    },
    forget: (pid) => {
      known.delete(pid);
    },
    restart: () => {
      for (const one of known.values()) one.totalNs = 0;
    },
  };
};

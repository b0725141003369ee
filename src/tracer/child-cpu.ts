/**
 * CPU time of processes too short to be seen: a build, or a script that starts a thousand programs a second, has no
 * process that uses much. When a parent waits for a child that ended, the kernel adds the child's time to the parent's
 * account of its children. Of that, what the child was seen to use before is counted already, in its own row. A shell that
 * ends with its compiler hands on at once, to who waited for the shell, what nobody read in its own account.
 */
import type { ProcessReading } from '../core/record.ts';

/** A child that was not waited for adds nothing to its parent's account; what it was seen to use is kept no longer. */
const KEPT_READINGS = 3;

type Account = { last: number; total: number };

export type ChildCpu = {
  met(pid: number, now: ProcessReading, ranBefore: boolean): void;
  /** It is gone, and this was its last reading. */
  ended(pid: number, last: ProcessReading): void;
  /** ms of its children, beyond what they were seen to use, since it was met; after all of a sample were read. */
  read(pid: number, now: ProcessReading): number;
  /** The sample is over. */
  settle(): void;
  restart(): void;
};

export const createChildCpu = (): ChildCpu => {
  const accounts = new Map<number, Account>();
  /** By parent: what its ended children were seen to use, and is not in its account yet. */
  let seen: { readonly ppid: number; ms: number; age: number }[] = [];
  /** Who has what the ended were owed, by their PID. */
  let heirs = new Map<number, { readonly ppid: number; age: number }>();

  /** Through those that ended since: a chain of PIDs that were used again may be a ring. */
  const isOwed = (pid: number, owed: number): boolean => {
    let at = owed;
    for (let ends = 0; at !== pid && ends <= heirs.size; ends += 1) {
      const heir = heirs.get(at);
      if (heir === undefined) return false;
      at = heir.ppid;
    }
    return at === pid;
  };

  /** Of so much, what was not seen. */
  const unseen = (pid: number, addedMs: number): number => {
    let left = addedMs;
    for (const one of seen) {
      if (left === 0 || !isOwed(pid, one.ppid)) continue;
      const known = Math.min(left, one.ms);
      one.ms -= known;
      left -= known;
    }
    return left;
  };

  return {
    met: (pid, { childCpuMs }, ranBefore) => {
      heirs.delete(pid);
      accounts.set(pid, { last: ranBefore ? childCpuMs : 0, total: 0 });
    },
    ended: (pid, { ppid, cpuMs, childCpuMs }) => {
      accounts.delete(pid);
      heirs.set(pid, { ppid, age: 0 });
      if (cpuMs + childCpuMs > 0) seen.push({ ppid, ms: cpuMs + childCpuMs, age: 0 });
    },
    read: (pid, { childCpuMs }) => {
      const account = accounts.get(pid);
      if (account === undefined) return 0;
      const addedMs = childCpuMs - account.last;
      account.last = childCpuMs;
      if (addedMs > 0) account.total += unseen(pid, addedMs);
      return account.total;
    },
    settle: () => {
      for (const one of seen) one.age += 1;
      for (const one of heirs.values()) one.age += 1;
      seen = seen.filter(({ ms, age }) => ms > 0 && age < KEPT_READINGS);
      heirs = new Map([...heirs].filter(([, { age }]) => age < KEPT_READINGS));
    },
    restart: () => {
      for (const account of accounts.values()) account.total = 0;
    },
  };
};

/**
 * The names of processes. An exec changes who a process is, not what it did before, so it keeps those under which it
 * counted. The kernel says a name when it is given up, which may be before anybody has met the process.
 */
import type { ProcessRecord } from '../core/record.ts';
import { HELD_COMM } from './workload.ts';

/** Names a process had before: the first of them, and no more. */
const MAX_NAMES = 16;
/** PIDs with a name that nobody has met: each is met with the next sample, or its exit line comes. */
const MAX_EARLY = 8_192;

/** Our own shell waits under a name of its own until it becomes the command. */
export const withName = (names: readonly string[], comm: string): readonly string[] =>
  comm === HELD_COMM || names.includes(comm) || names.length >= MAX_NAMES ? names : [...names, comm];

/** What to say of the names before `comm`. */
export const before = (names: readonly string[], comm: string): Pick<ProcessRecord, 'formerly'> => {
  const others = names.filter((name) => name !== comm);
  return others.length === 0 ? {} : { formerly: others };
};

export type EarlyNames = {
  add(pid: number, comm: string, bootUs: number): void;
  /** Takes those that this PID had up to a moment. */
  take(pid: number, untilUs: number): readonly string[];
  clear(): void;
};

/** Names of processes that nobody has met yet. */
export const createEarlyNames = (): EarlyNames => {
  const early = new Map<number, { readonly comm: string; readonly bootUs: number }[]>();
  return {
    add: (pid, comm, bootUs) => {
      early.set(pid, [...(early.get(pid) ?? []), { comm, bootUs }].slice(0, MAX_NAMES));
      const [oldest] = early.keys();
      if (early.size > MAX_EARLY && oldest !== undefined) early.delete(oldest);
    },
    take: (pid, untilUs) => {
      const names = early.get(pid) ?? [];
      const later = names.filter(({ bootUs }) => bootUs > untilUs);
      if (later.length === 0) early.delete(pid);
      else early.set(pid, later);
      return names
        .filter(({ bootUs }) => bootUs <= untilUs)
        .reduce<readonly string[]>((all, { comm }) => withName(all, comm), []);
    },
    clear: () => early.clear(),
  };
};

/**
 * The last reading of each key, and what the next one says against it: whether it changed, and by how much. Kernel maps
 * only grow, so the difference of two readings is exact; a reading below the last means that the kernel's key was
 * deleted and counts from zero again, so all of it is new. Plain data: a session's state holds one, and is cloned.
 */
import { LAST_BUCKET } from './histogram.ts';

export type Ledger = Map<string, Account>;
/** Of one metric, by kernel key: the last reading, in a box of its own, which is found once for each value that comes. */
export type Account = Map<Key, { value: number }>;
export type Key = number | string;

/** A kernel key: the PID alone, or PID and dimensions. */
export const keyOf = (entry: readonly number[]): Key =>
  entry.length === 2 ? (entry[0] ?? 0) : entry.slice(0, -1).join(',');

export const accountOf = (ledger: Ledger, metric: string): Account => {
  const known = ledger.get(metric);
  if (known !== undefined) return known;
  const account: Account = new Map();
  ledger.set(metric, account);
  return account;
};

export type Advance = { readonly delta: number; readonly changed: boolean };

/** Remembers `value` and returns what is new since the last reading of this key. */
export const advance = (account: Account, key: Key, value: number): Advance => {
  const last = account.get(key);
  if (last === undefined) {
    account.set(key, { value });
    return { delta: value, changed: true };
  }
  const before = last.value;
  last.value = value;
  return value >= before
    ? { delta: value - before, changed: value > before }
    : { delta: value, changed: true };
};

/**
 * The kernel deleted this PID's keys, and its buckets in histograms: its next reading starts at zero. Other keys with
 * dimensions it does not delete (the script cannot name them all): there the next owner of the PID counts on from what
 * stands, and so does the difference.
 */
export const forgetPid = (
  ledger: ReadonlyMap<string, { delete(key: Key): boolean }>,
  pid: number,
  histograms: Iterable<string>,
): void => {
  for (const account of ledger.values()) account.delete(pid);
  for (const metric of histograms) {
    const account = ledger.get(metric);
    for (let bucket = 0; account !== undefined && bucket <= LAST_BUCKET; bucket += 1)
      account.delete(`${pid},${bucket}`);
  }
};

/**
 * A counter of the host that fell was reset (a device came back), and all of it is new. Some go back a little, though: the
 * kernel adds them up over CPUs while they move (cpu.iowait_ms, see proc(5)). Nothing happened then, and the counter goes
 * on from where it was (`last`), or what it regains would count twice.
 */
export const hostStep = (last: number, value: number): { readonly delta: number; readonly last: number } => {
  if (value >= last) return { delta: value - last, last: value };
  return value < last / 2 ? { delta: value, last: value } : { delta: 0, last };
};

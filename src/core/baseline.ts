/**
 * From cumulative to delta. Kernel maps only grow, so the difference of two readings is exact; a reading below
 * the last one means the kernel's key was deleted and counts from zero again, so all of it is new.
 */
export type Baselines = Map<string, KeyBaselines>;
/** By kernel key: the last reading, in a box of its own, which is found once for each value that comes. */
export type KeyBaselines = Map<number | string, { value: number }>;

/** A kernel key: the PID alone, or PID and dimensions. */
export const keyOf = (entry: readonly number[]): number | string =>
  entry.length === 2 ? (entry[0] ?? 0) : entry.slice(0, -1).join(',');

export type Advance = { readonly delta: number; readonly grew: boolean };

export const keysOf = (baselines: Baselines, metric: string): KeyBaselines => {
  const known = baselines.get(metric);
  if (known !== undefined) return known;
  const keys: KeyBaselines = new Map();
  baselines.set(metric, keys);
  return keys;
};

/** Remembers `value` and returns what is new since the last reading of this key. */
export const advance = (keys: KeyBaselines, key: number | string, value: number): Advance => {
  const last = keys.get(key);
  if (last === undefined) {
    keys.set(key, { value });
    return { delta: value, grew: true };
  }
  const before = last.value;
  last.value = value;
  return value >= before ? { delta: value - before, grew: value > before } : { delta: value, grew: true };
};

/**
 * The kernel deleted this PID's keys: its next reading starts at zero. Keys with dimensions it does not delete (the
 * script cannot name them all): there the next owner of the PID counts on from what stands, and so does the difference.
 */
export const forgetPid = (baselines: Baselines, pid: number): void => {
  for (const keys of baselines.values()) keys.delete(pid);
};

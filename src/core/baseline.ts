/**
 * From cumulative to delta. Kernel maps only grow, so the difference of two readings is exact; a reading below
 * the last one means the kernel's key was deleted and counts from zero again, so all of it is new.
 */
export type Baselines = Map<string, Map<number | string, number>>;

/** A kernel key: the PID alone, or PID and dimensions. */
export const keyOf = (entry: readonly number[]): number | string =>
  entry.length === 2 ? (entry[0] ?? 0) : entry.slice(0, -1).join(',');

export type Advance = { readonly delta: number; readonly grew: boolean };

/** Remembers `value` and returns what is new since the last reading of this key. */
export const advance = (
  baselines: Baselines,
  metric: string,
  key: number | string,
  value: number,
): Advance => {
  let keys = baselines.get(metric);
  if (keys === undefined) {
    keys = new Map();
    baselines.set(metric, keys);
  }
  const before = keys.get(key);
  keys.set(key, value);
  if (before === undefined) return { delta: value, grew: true };
  return value >= before ? { delta: value - before, grew: value > before } : { delta: value, grew: true };
};

/**
 * The kernel deleted this PID's keys: its next reading starts at zero. Keys with dimensions it does not delete (the
 * script cannot name them all): there the next owner of the PID counts on from what stands, and so does the difference.
 */
export const forgetPid = (baselines: Baselines, pid: number): void => {
  for (const keys of baselines.values()) keys.delete(pid);
};

/**
 * Extent steps on XFS, per process, without an event for each: the probe's script (probes/iomap/counters.bt) tells of
 * each process what its searches are known to have looked up, and how long its other searches took; the mount's own
 * counter tells how many lookups there were in all. What the counter has beyond the known ones belongs to the others:
 *
 *     lookups of the mount = known lookups of all searches + lookups of the other searches
 *
 * so they are exact for a process that searched there alone, and shared out by time among several, which is said
 * (`shared-steps`) and makes the metric an estimate. Processes outside the selection count too, as PID 0, and what is
 * theirs is shown to nobody. The maps and the counter are not read at one instant: what does not fit yet is carried to
 * the next reading, where it does. Nothing is ever given to a process twice, and no search that returned is left out.
 */
import type { CounterEntry } from '../core/record.ts';
import type { Derivation } from '../session/ports.ts';

/** One mount: lookups modulo 2³² that no read made, and a number that moves when anything is written. */
type Mount = { readonly lookups: number; readonly changes: number };

const ITER = 'iomap.iter';
const KNOWN = 'iomap.xfs_known';
const TIME = 'iomap.xfs_ns';

const WRAP = 2 ** 32;

/** What a mount's counter may stay behind the known lookups; a file with extents beyond its end makes it so for good. */
const MAX_BEHIND_READINGS = 5;

type Device = { mount: Mount; unclaimed: number; behind: number };

export const createXfsSteps = (mounts: () => ReadonlyMap<number, Mount>): Derivation => {
  const devices = new Map<number, Device>();
  /** `pid,device` to the last reading of each map. */
  const known = new Map<string, number>();
  const time = new Map<string, number>();
  const shared = new Map<number, number>();
  let first = true;

  const restart = (): void => {
    for (const map of [devices, known, time, shared]) map.clear();
    first = true;
    for (const [device, mount] of mounts()) devices.set(device, { mount, unclaimed: 0, behind: 0 });
  };

  /** How far a mount's counter has moved since the last reading. One that was not there then counts from its mount. */
  const advance = (id: number, mount: Mount): { device: Device; written: boolean } => {
    const device = devices.get(id) ?? { mount: { lookups: 0, changes: 0 }, unclaimed: 0, behind: 0 };
    devices.set(id, device);
    device.unclaimed += (mount.lookups - device.mount.lookups + WRAP) % WRAP;
    const written = mount.changes !== device.mount.changes;
    device.mount = mount;
    return { device, written };
  };

  const give = (pid: number, steps: number): void => {
    if (pid !== 0 && steps > 0) shared.set(pid, (shared.get(pid) ?? 0) + steps);
  };

  const read: Derivation['read'] = (counters) => {
    const knownNow = growth(counters.get(KNOWN) ?? [], known);
    const timeNow = growth(counters.get(TIME) ?? [], time);
    let estimated = 0;
    for (const [id, mount] of mounts()) {
      const { device, written } = advance(id, mount);
      const knownHere = knownNow.get(id);
      const timeHere = timeNow.get(id);
      for (const steps of knownHere?.values() ?? []) device.unclaimed -= steps;
      // Searches that returned while the probes were being attached are known, but were before the first reading.
      if (first && device.unclaimed < 0) device.unclaimed = 0;
      const steps = device.unclaimed;
      if (timeHere !== undefined && steps > 0) {
        device.unclaimed = 0;
        const searchers = new Set([...(knownHere?.keys() ?? []), ...timeHere.keys()]);
        if (searchers.size > 1 || written) estimated += steps;
        for (const [pid, share] of split(steps, timeHere)) give(pid, share);
      } else if (written && knownHere === undefined && steps > 0) {
        // Nobody searched, so it was the writer.
        device.unclaimed = 0;
      }
      device.behind = device.unclaimed < 0 ? device.behind + 1 : 0;
      if (device.behind > MAX_BEHIND_READINGS) {
        estimated -= device.unclaimed;
        device.unclaimed = 0;
      }
    }
    first = false;
    const entries = new Map(counters);
    entries.delete(KNOWN);
    entries.delete(TIME);
    const iter = counters.get(ITER);
    if (iter !== undefined) entries.set(ITER, withShares(iter, shared));
    return { counters: entries, estimated: estimated > 0 ? [{ metric: ITER, count: estimated }] : [] };
  };

  return {
    read,
    restart,
    forget: (pid) => {
      shared.delete(pid);
    },
  };
};

/** By device and process, how much each entry has grown; remembers what it read. */
const growth = (
  entries: readonly CounterEntry[],
  last: Map<string, number>,
): ReadonlyMap<number, ReadonlyMap<number, number>> => {
  const byDevice = new Map<number, Map<number, number>>();
  for (const [pid = 0, device = 0, value = 0] of entries) {
    const key = `${pid},${device}`;
    const grown = value - (last.get(key) ?? 0);
    last.set(key, value);
    if (grown <= 0) continue;
    const processes = byDevice.get(device) ?? new Map<number, number>();
    byDevice.set(device, processes);
    processes.set(pid, grown);
  }
  return byDevice;
};

/** Whole steps in proportion to weights; they add up to `steps`, the last one takes what rounding left. */
const split = (steps: number, weights: ReadonlyMap<number, number>): Map<number, number> => {
  let weightLeft = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let stepsLeft = steps;
  const shares = new Map<number, number>();
  for (const [pid, weight] of weights) {
    const share = Math.round((stepsLeft * weight) / weightLeft);
    shares.set(pid, share);
    stepsLeft -= share;
    weightLeft -= weight;
  }
  return shares;
};

const withShares = (
  entries: readonly CounterEntry[],
  shared: ReadonlyMap<number, number>,
): readonly CounterEntry[] => entries.map(([pid = 0, value = 0]) => [pid, value + (shared.get(pid) ?? 0)]);

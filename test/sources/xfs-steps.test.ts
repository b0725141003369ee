import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CounterEntry } from '../../src/core/record.ts';
import { createXfsSteps } from '../../src/sources/xfs-steps.ts';

const DEVICE = 7 * 2 ** 20 + 1;
const OTHER = 7 * 2 ** 20 + 2;

type Search = { readonly pid: number; readonly steps: number; readonly ns: number; readonly known: boolean };

/** A kernel with one mount or two: what its maps and its counters show after each search. */
const createKernel = (startLookups = 0) => {
  const mounts = new Map([[DEVICE, { lookups: startLookups % 2 ** 32, changes: 0 }]]);
  const maps = {
    iter: new Map<number, number>(),
    known: new Map<string, number>(),
    ns: new Map<string, number>(),
  };
  const raise = <Key>(map: Map<Key, number>, key: Key, by: number): void => {
    map.set(key, (map.get(key) ?? 0) + by);
  };
  const keyed = (map: ReadonlyMap<string, number>): CounterEntry[] =>
    [...map].map(([key, value]) => [...key.split(',').map(Number), value]);
  const lookUp = (steps: number, device = DEVICE): void => {
    const { lookups, changes } = mounts.get(device) ?? { lookups: 0, changes: 0 };
    mounts.set(device, { lookups: (lookups + steps) % 2 ** 32, changes });
  };
  return {
    mounts,
    lookUp,
    /** A search that has returned: its lookups are on the counter, and its entries in the maps. */
    search: ({ pid, steps, ns, known }: Search, device = DEVICE): void => {
      lookUp(steps, device);
      if (known) raise(maps.known, `${pid},${device}`, steps);
      else raise(maps.ns, `${pid},${device}`, ns);
      if (pid !== 0) raise(maps.iter, pid, known ? steps + 1 : 1);
    },
    write: (device = DEVICE): void => {
      const mount = mounts.get(device) ?? { lookups: 0, changes: 0 };
      mounts.set(device, { ...mount, changes: mount.changes + 1 });
    },
    maps: (): Map<string, readonly CounterEntry[]> =>
      new Map<string, readonly CounterEntry[]>([
        ['iomap.iter', [...maps.iter]],
        ['iomap.xfs_known', keyed(maps.known)],
        ['iomap.xfs_ns', keyed(maps.ns)],
        ['iomap.seek_hole', [[1, 5]]],
      ]),
  };
};

const begin = (startLookups = 0) => {
  const kernel = createKernel(startLookups);
  const steps = createXfsSteps(() => new Map(kernel.mounts));
  steps.restart();
  const read = () => {
    const { counters, estimated } = steps.read(kernel.maps());
    return {
      counters,
      iter: Object.fromEntries((counters.get('iomap.iter') ?? []) as [number, number][]),
      estimated: estimated.reduce((sum, { count }) => sum + count, 0),
    };
  };
  return { kernel, steps, read };
};

describe('steps on XFS', () => {
  it('are those known, where every search went through the whole file', () => {
    const { kernel, read } = begin(1_000_000);
    kernel.search({ pid: 10, steps: 28_495, ns: 7e6, known: true });
    kernel.search({ pid: 11, steps: 28_495, ns: 7e6, known: true });
    const { iter, estimated, counters } = read();
    expect(iter).toEqual({ 10: 28_496, 11: 28_496 });
    expect(estimated).toBe(0);
    expect([...counters.keys()].sort()).toEqual(['iomap.iter', 'iomap.seek_hole']);
  });

  it('are what the mount counted beyond, and exact, for the one who searched there', () => {
    const { kernel, read } = begin(2 ** 32 - 5_000);
    kernel.search({ pid: 10, steps: 3_000, ns: 5, known: false });
    kernel.search({ pid: 10, steps: 4_000, ns: 9, known: false });
    expect(read()).toMatchObject({ iter: { 10: 7_002 }, estimated: 0 });
    kernel.search({ pid: 10, steps: 500, ns: 1, known: false });
    expect(read()).toMatchObject({ iter: { 10: 7_503 }, estimated: 0 });
  });

  it('are shared by time among several, and that is said', () => {
    const { kernel, read } = begin();
    kernel.search({ pid: 10, steps: 900, ns: 300, known: false });
    kernel.search({ pid: 11, steps: 100, ns: 100, known: false });
    expect(read()).toMatchObject({ iter: { 10: 751, 11: 251 }, estimated: 1_000 });
  });

  it('leave out what others did who are not traced', () => {
    const { kernel, read } = begin();
    kernel.search({ pid: 0, steps: 5_000, ns: 50, known: true });
    kernel.search({ pid: 10, steps: 800, ns: 50, known: false });
    const { iter, estimated } = read();
    expect(iter).toEqual({ 10: 801 });
    expect(estimated).toBe(800);
  });

  it('of a search under way come with its end, on a file system mounted since too', () => {
    const { kernel, read } = begin();
    kernel.lookUp(600, OTHER);
    expect(read()).toMatchObject({ iter: {}, estimated: 0 });
    kernel.search({ pid: 10, steps: 400, ns: 5, known: false }, OTHER);
    expect(read()).toMatchObject({ iter: { 10: 1_001 }, estimated: 0 });
  });

  it('are not given to a later searcher when a writer made them', () => {
    const { kernel, read } = begin();
    kernel.lookUp(300);
    kernel.write();
    read();
    kernel.search({ pid: 10, steps: 40, ns: 5, known: false });
    expect(read()).toMatchObject({ iter: { 10: 41 }, estimated: 0 });
    kernel.search({ pid: 10, steps: 40, ns: 5, known: false });
    kernel.lookUp(3);
    kernel.write();
    expect(read()).toMatchObject({ iter: { 10: 85 }, estimated: 43 });
  });

  it('do not owe for searches that returned while the probes were being attached', () => {
    const { kernel, read } = begin();
    kernel.search({ pid: 10, steps: 500, ns: 5, known: true });
    kernel.mounts.set(DEVICE, { lookups: 0, changes: 0 });
    read();
    kernel.search({ pid: 11, steps: 70, ns: 5, known: false });
    expect(read().iter).toEqual({ 10: 501, 11: 71 });
  });

  it('are called an estimate when more were taken for known than there were', () => {
    const { kernel, read } = begin();
    read();
    kernel.search({ pid: 10, steps: 100, ns: 5, known: true });
    kernel.mounts.set(DEVICE, { lookups: 99, changes: 0 });
    const told = Array.from({ length: 8 }, () => read().estimated);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('begin again with a new tracer, and with a new owner of a PID', () => {
    const { kernel, steps, read } = begin();
    kernel.search({ pid: 10, steps: 50, ns: 5, known: false });
    expect(read().iter).toEqual({ 10: 51 });
    steps.forget(10);
    expect(read().iter).toEqual({ 10: 1 });
  });

  it('add up, whoever searches how and whenever it is read', () => {
    const search = fc.record({
      pid: fc.integer({ min: 1, max: 4 }),
      steps: fc.integer({ min: 1, max: 50_000 }),
      ns: fc.integer({ min: 1, max: 1_000_000 }),
      known: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.array(search, { maxLength: 5 })), fc.nat(2 ** 32 - 1), (rounds, start) => {
        const { kernel, read } = begin(start);
        let before: Readonly<Record<string, number>> = {};
        let now = read();
        for (const round of rounds) {
          for (const one of round) kernel.search(one);
          now = read();
          for (const [pid, value] of Object.entries(before))
            expect(now.iter[pid]).toBeGreaterThanOrEqual(value);
          before = now.iter;
        }
        const searches = rounds.flat();
        const truth = searches.reduce((sum, { steps }) => sum + steps + 1, 0);
        expect(Object.values(now.iter).reduce((sum, value) => sum + value, 0)).toBe(truth);
      }),
    );
  });
});

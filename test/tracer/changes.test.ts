import { describe, expect, it } from 'vitest';
import type { CounterEntry } from '../../src/core/record.ts';
import { createChanges } from '../../src/tracer/changes.ts';
import { createLossTally } from '../../src/tracer/losses.ts';

/** One metric, sample by sample: what is reported of it, what it has grown by, and what for whom. */
const metricOf = () => {
  const changes = createChanges(new Set());
  const sample = (entries: readonly CounterEntry[], isWanted: (pid: number) => boolean = () => true) => {
    const full = changes.begin(true);
    const { grown, moved } = changes.read(new Map([['m', entries]]));
    const shares: [number, number][] = [];
    const reported = changes.report('m', moved.get('m') ?? [], isWanted, (pid, by) => shares.push([pid, by]));
    return { full, reported, grown: grown.get('m'), shares };
  };
  return { changes, sample };
};

describe('what a sample has to say', () => {
  it('is everything at first and every 60th time, else only what moved', () => {
    const { changes, sample } = metricOf();
    const reported: number[] = [];
    for (let number = 0; number < 121; number += 1) {
      const { full, reported: entries } = sample([[7, 5]]);
      expect(full).toBe(number % 60 === 0);
      if (entries.length > 0) reported.push(number);
      expect(changes.host({ load: 3 }).changed).toEqual(full ? { load: 3 } : {});
    }
    expect(reported).toEqual([0, 60, 120]);
  });

  it('is never full where the tracer was not read', () => {
    const { changes } = metricOf();
    expect(changes.begin(false)).toBe(false);
    expect(changes.begin(true)).toBe(true);
  });

  it('keeps keys with dimensions apart from each other and from the PID alone', () => {
    const { sample } = metricOf();
    const first: readonly CounterEntry[] = [
      [7, 1, 5],
      [7, 2, 5],
    ];
    sample(first);
    expect(
      sample([
        [7, 1, 5],
        [7, 2, 6],
      ]).reported,
    ).toEqual([[7, 2, 6]]);
  });

  it('what is not wanted yet is still new when it is, with all that it has grown by', () => {
    const { sample } = metricOf();
    const nobody = () => false;
    expect(sample([[7, 5]], nobody)).toMatchObject({ reported: [], grown: 5, shares: [] });
    expect(sample([[7, 6]], nobody)).toMatchObject({ reported: [], grown: 1, shares: [] });
    expect(sample([[7, 6]])).toMatchObject({ reported: [[7, 6]], grown: 0, shares: [[7, 6]] });
    expect(sample([[7, 6]])).toMatchObject({ reported: [], grown: 0, shares: [] });
  });

  it('one that was reported, is not wanted any more and has not moved is no news', () => {
    const { changes, sample } = metricOf();
    sample([[7, 5]]);
    for (let number = 1; number < 60; number += 1) changes.begin(true);
    expect(sample([[7, 5]], () => false)).toMatchObject({ full: true, reported: [] });
    expect(sample([[7, 5]]).reported).toEqual([]);
  });

  it('a forgotten PID and a new life of the tracer start again', () => {
    const { changes, sample } = metricOf();
    const entries: readonly CounterEntry[] = [
      [7, 5],
      [8, 5],
    ];
    sample(entries);
    changes.forget(7);
    expect(sample(entries)).toMatchObject({ reported: [[7, 5]], grown: 5, shares: [[7, 5]] });
    changes.restart();
    expect(sample([[8, 5]])).toMatchObject({ full: true, reported: [[8, 5]], grown: 5 });
  });

  it('what was not wanted goes with its PID', () => {
    const { changes, sample } = metricOf();
    sample([[7, 5]], () => false);
    changes.forget(7);
    expect(sample([[7, 2]]).shares).toEqual([[7, 2]]);
  });
});

describe('what all of them have grown by', () => {
  it('is what each process counted, though keys of the dead are deleted and PIDs come back', () => {
    const { changes, sample } = metricOf();
    const first = sample([
      [1, 10],
      [2, 5],
    ]);
    expect(first.grown).toBe(15);
    changes.forget(1);
    const second = sample([
      [2, 7],
      [3, 4],
    ]);
    expect(second.grown).toBe(6);
    const third = sample([
      [1, 12],
      [2, 1],
    ]);
    expect(third.grown).toBe(13);
  });

  it('counts a reading of which a map is missing as nothing, and not the next one twice', () => {
    const { changes, sample } = metricOf();
    sample([[7, 5]]);
    changes.begin(true);
    expect(changes.read(new Map()).grown.size).toBe(0);
    expect(sample([[7, 6]]).grown).toBe(1);
  });

  it('is of the host what it counted since the tracer was last read, in this life of it', () => {
    const { changes } = metricOf();
    const grown = (counted: boolean, value: number) => {
      changes.begin(counted);
      return changes.host({ 'vm.pgfault': value }).grown.get('vm.pgfault');
    };
    expect(grown(true, 1_000)).toBe(0);
    expect(grown(true, 1_200)).toBe(200);
    expect(grown(false, 1_250)).toBeUndefined();
    expect(grown(true, 1_300)).toBe(100);
    changes.restart();
    expect(grown(true, 1_700)).toBe(0);
    expect(grown(true, 1_701)).toBe(1);
  });

  it('reports of the host a value that went back a little, though nothing has grown', () => {
    const { changes } = metricOf();
    changes.begin(true);
    changes.host({ 'cpu.iowait_ms': 100 });
    changes.begin(true);
    expect(changes.host({ 'cpu.iowait_ms': 99 })).toEqual({
      changed: { 'cpu.iowait_ms': 99 },
      grown: new Map([['cpu.iowait_ms', 0]]),
    });
    changes.begin(true);
    expect(changes.host({ 'cpu.iowait_ms': 102 }).grown.get('cpu.iowait_ms')).toBe(2);
  });
});

describe('losses', () => {
  it('are summed per kind and metric, and handed over once', () => {
    const tally = createLossTally();
    tally.add('lost-events', 3, {});
    tally.add('lost-events', 4, {});
    tally.add('map-full', 1, { metric: 'a' });
    tally.add('map-full', 1, { metric: 'b' });
    expect(tally.drain(9)).toEqual([
      { type: 'loss', bootUs: 9, kind: 'lost-events', count: 7 },
      { type: 'loss', bootUs: 9, kind: 'map-full', count: 1, metric: 'a' },
      { type: 'loss', bootUs: 9, kind: 'map-full', count: 1, metric: 'b' },
    ]);
    expect(tally.drain(10)).toEqual([]);
  });
});

describe('whose keys are gone without a word', () => {
  it('is absent when it is in none of the maps twice in a row, whatever keys with dimensions stay behind', () => {
    const { changes } = metricOf();
    const maps = (m: readonly CounterEntry[], n: readonly CounterEntry[] = []) =>
      new Map([
        ['m', m],
        ['n', n],
      ]);
    const look = (counters: ReturnType<typeof maps>) => {
      changes.read(counters);
      return changes.absent(counters);
    };
    const without7 = maps(
      [],
      [
        [7, 2, 9],
        [8, 4],
      ],
    );
    expect(
      look(
        maps(
          [
            [7, 5],
            [8, 1],
          ],
          [[7, 2, 9]],
        ),
      ),
    ).toEqual([]);
    expect(look(without7)).toEqual([]);
    expect(look(without7)).toEqual([7]);
    // It was there in between.
    expect(look(maps([[7, 1]], []))).toEqual([]);
    expect(look(maps([], []))).toEqual([8]);
    // A map that did not come says nothing.
    expect(changes.absent(new Map())).toEqual([]);
  });
});

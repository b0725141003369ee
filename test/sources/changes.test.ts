import { describe, expect, it } from 'vitest';
import { createChanges } from '../../src/sources/changes.ts';
import { createLossTally } from '../../src/sources/losses.ts';

const all = (): boolean => true;

describe('what a sample has to say', () => {
  it('is everything at first and every 60th time, else only what moved', () => {
    const changes = createChanges();
    const told: number[] = [];
    for (let sample = 0; sample < 121; sample += 1) {
      const full = changes.begin(true);
      expect(full).toBe(sample % 60 === 0);
      if (changes.counters('m', [[7, 5]], all).length > 0) told.push(sample);
      expect(changes.host({ load: 3 })).toEqual(full ? { load: 3 } : {});
    }
    expect(told).toEqual([0, 60, 120]);
  });

  it('keeps keys with dimensions apart from each other and from the PID alone', () => {
    const changes = createChanges();
    changes.begin(true);
    changes.counters(
      'm',
      [
        [7, 1, 5],
        [7, 2, 5],
      ],
      all,
    );
    changes.begin(true);
    expect(
      changes.counters(
        'm',
        [
          [7, 1, 5],
          [7, 2, 6],
        ],
        all,
      ),
    ).toEqual([[7, 2, 6]]);
  });

  it('what is not wanted yet is still new when it is', () => {
    const changes = createChanges();
    changes.begin(true);
    expect(changes.counters('m', [[7, 5]], () => false)).toEqual([]);
    changes.begin(true);
    expect(changes.counters('m', [[7, 5]], all)).toEqual([[7, 5]]);
  });

  it('a forgotten PID and a new life of the tracer start again', () => {
    const changes = createChanges();
    changes.begin(true);
    changes.counters(
      'm',
      [
        [7, 5],
        [8, 5],
      ],
      all,
    );
    changes.forget(7);
    changes.begin(true);
    expect(
      changes.counters(
        'm',
        [
          [7, 5],
          [8, 5],
        ],
        all,
      ),
    ).toEqual([[7, 5]]);
    changes.restart();
    expect(changes.begin(true)).toBe(true);
    expect(changes.counters('m', [[8, 5]], all)).toEqual([[8, 5]]);
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

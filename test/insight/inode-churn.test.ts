/** Files that come and go at once and all the time are churn; those that come to stay, or go for good, are not. */
import { describe, expect, it } from 'vitest';
import { namedIn, pidMetric, recordsOf, type Tick, watchedAfter } from './sessions.ts';

const METRICS = ['inode.create', 'inode.unlink', 'inode.rename', 'inode.create_ns'].map((id) =>
  pidMetric(id),
);

/** Names made, removed and changed in a second. */
type Second = readonly [created: number, removed: number, renamed?: number];

const named = (seconds: readonly Second[], count = 1): string[] => {
  const ticks = seconds.map(([created, removed, renamed = 0]): Tick => {
    const each = (amount: number): Record<number, number> =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [at + 10, amount]));
    return {
      pids: {
        'inode.create': each(created),
        'inode.unlink': each(removed),
        'inode.rename': each(renamed),
        'inode.create_ns': each(created * 3e4),
      },
    };
  });
  const names = Object.fromEntries(Array.from({ length: count }, (_, at) => [at + 10, 'it']));
  return namedIn(watchedAfter(recordsOf(ticks, METRICS, names), METRICS));
};

const times = (seconds: number, second: Second): Second[] => Array.from({ length: seconds }, () => second);

describe('churn', () => {
  it.each<[string, readonly Second[], number]>([
    ['lock files of eight processes, 2,400 a second', times(9, [300, 300]), 8],
    ['lock files of one, 16,000 a second', times(9, [16_000, 16_000]), 1],
    ['a spool that renames in between', times(9, [1_300, 1_300, 1_300]), 1],
    ['locks by hard links', times(9, [600, 600]), 1],
    [
      'bursts with rests between',
      Array.from({ length: 24 }, (_, at): Second => (at % 4 < 3 ? [1_500, 1_500] : [0, 0])),
      1,
    ],
    ['a few that stay', times(9, [400, 330]), 1],
    ['a spool that is emptied a moment later', [[900, 100], ...times(12, [900, 900]), [0, 800]], 1],
  ])('is %s, within nine seconds', (_, seconds, count) => {
    expect(named(seconds, count)).toEqual(['inode-churn it']);
  });

  // What was counted of each (strace), at the pace it has without being watched.
  it.each<[string, readonly Second[]]>([
    ['a package that is installed: 4,157 names made, 8 removed, 4,151 renamed', times(20, [415, 1, 415])],
    ['a package over its older self: 5,081 made, 2,542 removed, 2,543 renamed', times(20, [508, 254, 254])],
    // Where only calls are counted (the budget), so are the 9,205 and 12,422 that fail.
    ['the same, with the removals that fail', times(20, [508, 1_175, 254])],
    ['the first, with the removals that fail', times(20, [415, 1_243, 829])],
    ['an archive', times(20, [3_000, 0])],
    ['a tree that is removed', times(20, [0, 3_000])],
    ['mail that is delivered: made, linked to where it stays, and unlinked', times(20, [800, 400])],
    ['files that are written anew and renamed over the old', times(20, [900, 0, 900])],
    [
      'npm ci: one tree goes, another comes',
      [...times(12, [0, 1_800]), [900, 900], ...times(12, [1_600, 20])],
    ],
    [
      'a build that cleans up before it begins',
      Array.from({ length: 40 }, (_, at): Second => (at % 10 < 3 ? [0, 900] : [390, 3])),
    ],
    [
      'a cache that is filled for ten seconds, and emptied for ten',
      Array.from({ length: 60 }, (_, at): Second => (at % 20 < 10 ? [700, 0] : [0, 700])),
    ],
  ])('is not %s', (_, seconds) => {
    expect(named(seconds)).toEqual([]);
  });
});

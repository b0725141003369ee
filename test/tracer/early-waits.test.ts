/** Who was blocked before the tracer counted: found once, followed while it waits, and never counted twice. */
import { describe, expect, it } from 'vitest';
import { createEarlyWaits } from '../../src/tracer/early-waits.ts';

type Thread = readonly [pid: number, tid: number, isForIo?: boolean];

const ALL = new Set(['blocked.ns', 'blocked.io_ns', 'blocked.max_ns', 'blocked.now']);
const S = 1_000_000;

const hostOf = (first: readonly Thread[]) => {
  let threads = first;
  return {
    becomes: (next: readonly Thread[]) => {
      threads = next;
    },
    stuck: () => threads.map(([pid, tid, isForIo = false]) => ({ pid, tid, isForIo })),
    isStuck: (pid: number, tid: number) => threads.some((one) => one[0] === pid && one[1] === tid),
  };
};

const entriesOf = (counters: Readonly<Record<string, readonly (readonly number[])[]>>) =>
  new Map(Object.entries(counters)) as Parameters<ReturnType<typeof createEarlyWaits>['add']>[0];

const NOTHING = entriesOf({});
const everybody = () => true;

describe('early waits', () => {
  it('add the time for which they are seen, and how many go on, to what the probe counted', () => {
    const host = hostOf([
      [7, 7],
      [7, 8, true],
      [9, 9],
    ]);
    const early = createEarlyWaits(host, ALL, everybody);
    expect(early.add(NOTHING, 10 * S)).toBe(NOTHING);
    const counted = entriesOf({ 'blocked.ns': [[7, 5]], 'blocked.io_ns': [[7, 1]], 'blocked.now': [[7, 1]] });
    expect(Object.fromEntries(early.add(counted, 11 * S))).toEqual({
      'blocked.ns': [
        [7, 2e9 + 5],
        [9, 1e9],
      ],
      'blocked.io_ns': [
        [7, 1e9 + 1],
        [9, 0],
      ],
      'blocked.max_ns': [
        [7, 1e9],
        [9, 1e9],
      ],
      'blocked.now': [
        [7, 3],
        [9, 1],
      ],
    });
  });

  it('keep what they took when they are over, and are seen to be over', () => {
    const host = hostOf([
      [7, 7],
      [9, 9],
    ]);
    const early = createEarlyWaits(host, ALL, everybody);
    early.add(NOTHING, 10 * S);
    early.add(NOTHING, 11 * S);
    host.becomes([[9, 9]]);
    for (const [atS, nine] of [
      [12, 2e9],
      [13, 3e9],
    ] as const) {
      const counters = early.add(NOTHING, atS * S);
      expect(counters.get('blocked.ns')).toEqual([
        [7, 1e9],
        [9, nine],
      ]);
      expect(counters.get('blocked.now')).toEqual([
        [7, 0],
        [9, 1],
      ]);
    }
  });

  it('are none where the probe has met the wait, one that fell asleep after the maps were printed too', () => {
    const host = hostOf([
      [7, 7],
      [9, 9],
    ]);
    const early = createEarlyWaits(host, ALL, everybody);
    early.add(NOTHING, 10 * S);
    const met = entriesOf({ 'blocked.open': [[7, 7, 18 * S]], 'blocked.ns': [[7, 3]] });
    expect(early.add(met, 11 * S).get('blocked.ns')).toEqual([
      [7, 3],
      [9, 1e9],
    ]);
    // It woke, and sleeps again: what is added stays what it was.
    const again = entriesOf({
      'blocked.open': [[9, 9, 0]],
      'blocked.ns': [
        [7, 3],
        [9, 4],
      ],
    });
    expect(early.add(again, 12 * S).get('blocked.ns')).toEqual([
      [7, 3],
      [9, 1e9 + 4],
    ]);
    expect(early.add(again, 13 * S).get('blocked.ns')).toEqual([
      [7, 3],
      [9, 1e9 + 4],
    ]);
  });

  it('are none of whoever has the number next, nor of the next tracer', () => {
    const host = hostOf([
      [7, 7],
      [9, 9],
    ]);
    const early = createEarlyWaits(host, ALL, everybody);
    early.add(NOTHING, 10 * S);
    early.add(NOTHING, 11 * S);
    early.forget(7);
    expect(early.add(NOTHING, 12 * S).get('blocked.ns')).toEqual([[9, 2e9]]);
    early.restart();
    expect(early.add(NOTHING, 20 * S)).toBe(NOTHING);
    expect(early.add(NOTHING, 21 * S).get('blocked.ns')).toEqual([
      [7, 1e9],
      [9, 1e9],
    ]);
  });

  it('are looked for where waits are counted, and for I/O only where that is distinguished', () => {
    const host = hostOf([[7, 7, true]]);
    const none = createEarlyWaits(host, new Set(), everybody);
    none.add(NOTHING, 10 * S);
    expect(none.add(NOTHING, 11 * S)).toBe(NOTHING);
    const plain = createEarlyWaits(
      host,
      new Set([...ALL].filter((metric) => metric !== 'blocked.io_ns')),
      everybody,
    );
    plain.add(NOTHING, 10 * S);
    expect([...plain.add(NOTHING, 11 * S).keys()]).not.toContain('blocked.io_ns');
  });

  it('are none of those who were not asked for', () => {
    const host = hostOf([
      [7, 7],
      [9, 9],
    ]);
    const early = createEarlyWaits(host, ALL, (pid) => pid === 9);
    early.add(NOTHING, 10 * S);
    expect(early.add(NOTHING, 11 * S).get('blocked.ns')).toEqual([[9, 1e9]]);
  });
});

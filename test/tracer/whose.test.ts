import { describe, expect, it } from 'vitest';
import { createWhose, type WhoseOptions } from '../../src/tracer/whose.ts';

/** 1 ─ 10 (the command) ─ 11 ─ 12, 1 ─ 20, and 90 is ours by /proc. */
const PARENTS: Readonly<Record<number, number>> = { 10: 1, 11: 10, 12: 11, 20: 1 };

const whoseOf = (change: Partial<WhoseOptions> = {}) =>
  createWhose({
    host: {
      own: ({ pid }) => pid === 90,
      process: (pid) => {
        const ppid = PARENTS[pid];
        return ppid === undefined
          ? null
          : { pid, startMs: 0, comm: 'a', ppid, uid: 0, cmdline: undefined, cgroup: undefined };
      },
    },
    ids: () => ({ self: 4, tracer: 5 }),
    commandPid: null,
    pids: [],
    ...change,
  });
const who = (pid: number, ppid: number | null = 1) => ({ pid, ppid, startMs: 0 });

describe('who is selected', () => {
  it('is everybody, those asked for, or the command and its descendants', () => {
    expect(whoseOf().isSelected(20)).toBe(true);
    expect([10, 20].map(whoseOf({ pids: [20] }).isSelected)).toEqual([false, true]);
    expect([10, 12, 20, 99].map(whoseOf({ commandPid: 10 }).isSelected)).toEqual([true, true, false, false]);
  });
});

describe('what is our own', () => {
  it('is us, the tracer and the helpers of either, by the numbers that the tracer counts by', () => {
    const { isOwn } = whoseOf();
    expect([who(4), who(5), who(6, 4), who(7, 5), who(90)].map(isOwn)).toEqual(Array(5).fill(true));
    expect([who(6), who(6, null)].map(isOwn)).toEqual([false, false]);
  });

  it('is not the command, which we have started too', () => {
    expect(whoseOf({ commandPid: 10 }).isOwn(who(10, 4))).toBe(false);
  });

  it('is what /proc says before a tracer has reported its numbers', () => {
    const { isOwn } = whoseOf({ ids: () => null });
    expect([who(4), who(90)].map(isOwn)).toEqual([false, true]);
  });
});

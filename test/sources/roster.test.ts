import { describe, expect, it } from 'vitest';
import type { ProcessFacts } from '../../src/core/record.ts';
import { createRoster } from '../../src/sources/roster.ts';

const SECOND = 1_000_000;

/** A /proc of one PID that can change its owner. */
const world = (wants: (comm: string) => boolean = () => true) => {
  const now: { facts: Partial<ProcessFacts> | null; code: string; reads: number; glances: number } = {
    facts: null,
    code: '',
    reads: 0,
    glances: 0,
  };
  const host = {
    image: () => {
      now.glances += 1;
      if (now.facts === null) return null;
      const { startMs = 10, comm = 'a' } = now.facts;
      return `${startMs} ${now.code} ${comm}`;
    },
    process: (pid: number): ProcessFacts | null => {
      now.reads += 1;
      if (now.facts === null) return null;
      return {
        pid,
        startMs: 10,
        comm: 'a',
        ppid: 1,
        uid: 0,
        cmdline: undefined,
        cgroup: undefined,
        ...now.facts,
      };
    },
  };
  return { now, roster: createRoster(host, wants) };
};
const exitOf = (pid: number, startMs: number | null, comm: string) =>
  ({ kind: 'exit', pid, bootUs: 5 * SECOND, startMs, comm }) as const;

describe('a process that counts', () => {
  it('is read once, then glanced at: soon while it is young, seldom later', () => {
    const { now, roster } = world();
    now.facts = {};
    expect(roster.meet(7, 5 * SECOND)).toMatchObject({
      type: 'process',
      pid: 7,
      startMs: 10,
      comm: 'a',
      ppid: 1,
    });
    expect(roster.meet(7, 5.5 * SECOND)).toBeNull();
    expect(now.glances).toBe(1);
    expect(roster.meet(7, 6 * SECOND)).toBeNull();
    expect(now.glances).toBe(2);
    roster.meet(7, 30 * SECOND);
    expect(now.glances).toBe(3);
    roster.meet(7, 35 * SECOND);
    expect(now.glances).toBe(3);
    roster.meet(7, 40 * SECOND);
    expect(now.glances).toBe(4);
    expect(now.reads).toBe(1);
  });

  it('is read again when a glance shows another program under the same name, and after a minute anyway', () => {
    const { now, roster } = world();
    now.facts = { cmdline: 'a first' };
    roster.meet(7, 30 * SECOND);
    now.facts = { cmdline: 'a second' };
    now.code = 'loaded elsewhere';
    // Only a new name, owner or coverage is worth a record of its own.
    expect(roster.meet(7, 40 * SECOND)).toBeNull();
    expect(now.reads).toBe(2);
    now.facts = { uncovered: { 'python.gc0': 'no markers' } };
    expect(roster.meet(7, 95 * SECOND)).toBeNull();
    expect(roster.meet(7, 105 * SECOND)).toMatchObject({ uncovered: { 'python.gc0': 'no markers' } });
  });

  it('that was still loading when it was read is read once more, whether or not it counts on', () => {
    const { now, roster } = world();
    now.facts = { startMs: 5_000 };
    roster.meet(7, 5.2 * SECOND);
    expect(roster.grown(5.9 * SECOND)).toEqual([]);
    expect(roster.grown(6 * SECOND)).toEqual([7]);
    now.facts = { startMs: 5_000, uncovered: { 'python.gc0': 'no markers' } };
    expect(roster.meet(7, 6 * SECOND)).toMatchObject({ uncovered: { 'python.gc0': 'no markers' } });
    expect(roster.grown(6.2 * SECOND)).toEqual([]);
    expect(roster.meet(7, 6.2 * SECOND)).toBeNull();
  });

  it('that ended while it was loading is not looked for again', () => {
    const { now, roster } = world();
    now.facts = { startMs: 4_900 };
    roster.meet(7, 5 * SECOND);
    roster.exit(exitOf(7, 4_900, 'a'));
    expect(roster.grown(9 * SECOND)).toEqual([]);
  });

  it('that changed its name by exec, or its owner, is told again', () => {
    const { now, roster } = world();
    now.facts = { comm: 'sh' };
    roster.meet(7, 5 * SECOND);
    now.facts = { comm: 'qemu' };
    expect(roster.meet(7, 6 * SECOND)).toMatchObject({ comm: 'qemu', startMs: 10 });
    now.facts = { comm: 'other', startMs: 6_500 };
    expect(roster.meet(7, 20 * SECOND)).toMatchObject({ comm: 'other', startMs: 6_500 });
  });

  it('nobody can name is asked for again with every count', () => {
    const { now, roster } = world();
    expect(roster.meet(7, 5 * SECOND)).toBeNull();
    expect(roster.wanted(7)).toBeNull();
    now.facts = {};
    expect(roster.meet(7, 5 * SECOND + 1)).toMatchObject({ pid: 7 });
    expect(roster.wanted(7)).toBe(true);
  });
});

describe('a process that exits', () => {
  it('is named by its exit line', () => {
    const { roster } = world((comm) => comm === 'wanted');
    expect(roster.exit(exitOf(7, 10, 'wanted'))).toMatchObject({
      type: 'exit',
      pid: 7,
      startMs: 10,
      comm: 'wanted',
    });
    expect(roster.wanted(7)).toBe(true);
    expect(roster.exit(exitOf(8, 10, 'other'))).toBeNull();
    expect(roster.wanted(8)).toBe(false);
  });

  it('and whose PID counts on is looked at again: a zombie is the same, a new owner is not', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND);
    roster.exit(exitOf(7, 10, 'a'));
    expect(roster.meet(7, 5.1 * SECOND)).toBeNull();
    expect(now.reads).toBe(2);
    now.facts = { startMs: 5_200, comm: 'b' };
    expect(roster.meet(7, 5.3 * SECOND)).toMatchObject({ startMs: 5_200, comm: 'b' });
  });

  it('is forgotten with its keys, the living are not', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND);
    roster.forget(7);
    expect(roster.wanted(7)).toBe(true);
    roster.exit(exitOf(7, 10, 'a'));
    roster.forget(7);
    expect(roster.wanted(7)).toBeNull();
  });
});

it('in doubt every name is read again', () => {
  const { now, roster } = world();
  now.facts = {};
  roster.meet(7, 5 * SECOND);
  roster.doubt();
  roster.meet(7, 5 * SECOND + 1);
  expect(now.reads).toBe(2);
});

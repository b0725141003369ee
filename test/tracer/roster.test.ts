import { describe, expect, it } from 'vitest';
import type { ProcessFacts } from '../../src/core/record.ts';
import { createRoster } from '../../src/tracer/roster.ts';

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
    own: ({ pid, ppid }: { pid: number; ppid: number | null }) => pid === 99 || ppid === 99,
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

  it('keeps what could not be counted of it when it ends, and maps no interpreter any more', () => {
    const { now, roster } = world();
    const uncovered = { 'python.gc0': 'no markers' };
    now.facts = { uncovered };
    now.code = '1 2 3';
    expect(roster.meet(7, 5 * SECOND)).toMatchObject({ uncovered });
    now.facts = {};
    now.code = '0 0 0';
    expect(roster.meet(7, 105 * SECOND)).toBeNull();
    roster.exit({ ...exitOf(7, 10, 'a'), bootUs: 106 * SECOND });
    expect(roster.meet(7, 206 * SECOND)?.uncovered ?? uncovered).toEqual(uncovered);
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

  it('that changed its name by exec, or its owner, is reported again', () => {
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

describe('a process of our own', () => {
  it('is reported as such, by its parent while it lives, and by what is known of it when it is gone', () => {
    const { now, roster } = world();
    now.facts = { ppid: 99 };
    expect(roster.meet(7, 5 * SECOND)).toMatchObject({ pid: 7, own: true });
    now.facts = { ppid: 1 };
    expect(roster.meet(8, 5 * SECOND)).not.toHaveProperty('own');
    expect(roster.exit(exitOf(99, 10, 'filefrag'))).toMatchObject({ own: true });
    expect(roster.exit(exitOf(8, 10, 'a'))).not.toHaveProperty('own');
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

describe('a process that becomes another program', () => {
  const nameOf = (bootUs: number, comm: string) => ({ kind: 'name', pid: 7, bootUs, comm }) as const;

  it('keeps the name under which it counted, seen or reported, before it is met, while it lives and after its end', () => {
    const { now, roster } = world();
    now.facts = { comm: 'bash' };
    roster.meet(7, 5 * SECOND);
    now.facts = { comm: 'sleep' };
    expect(roster.meet(7, 6 * SECOND)).toMatchObject({ comm: 'sleep', formerly: ['bash'] });
    roster.renamed(nameOf(6.5 * SECOND, 'sleep'));
    expect(roster.grown(7 * SECOND)).toContain(7);
    expect(roster.exit({ ...exitOf(7, 10, 'perl'), bootUs: 8 * SECOND })).toMatchObject({
      comm: 'perl',
      formerly: ['bash', 'sleep'],
    });
    const early = world().roster;
    early.renamed(nameOf(SECOND, 'bash'));
    expect(early.exit(exitOf(7, 10, 'sleep'))).toMatchObject({ comm: 'sleep', formerly: ['bash'] });
    // The next owner of the PID has no part in it.
    expect(early.exit({ ...exitOf(7, 20, 'next'), bootUs: 6 * SECOND })).not.toHaveProperty('formerly');
    const late = world().roster;
    late.exit(exitOf(7, 10, 'sleep'));
    expect(late.renamed(nameOf(SECOND, 'bash'))).toMatchObject({ type: 'exit', formerly: ['bash'] });
  });

  it('but has none of a name under which it only waited, or only was looked up', () => {
    const { now, roster } = world();
    now.facts = { comm: 'first' };
    roster.meet(7, 5 * SECOND, false);
    now.facts = { comm: 'second' };
    expect(roster.meet(7, 6 * SECOND)).not.toHaveProperty('formerly');
    roster.renamed(nameOf(6.5 * SECOND, 'stallscope-hold'));
    expect(roster.exit({ ...exitOf(7, 10, 'second'), bootUs: 8 * SECOND })).not.toHaveProperty('formerly');
  });
});

describe('a process whose end nobody says', () => {
  it('is reported to have ended when it has been gone for a while, at the time that was seen', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND);
    expect(roster.vanished(6 * SECOND)).toEqual([]);
    now.facts = null;
    expect(roster.vanished(7 * SECOND)).toEqual([]);
    expect(roster.vanished(9 * SECOND)).toMatchObject([{ type: 'exit', pid: 7, bootUs: 7 * SECOND }]);
    expect(roster.living()).toEqual([]);
    expect(roster.unreportedExits()).toBe(1);
  });

  it('at the end of the session without waiting for its line, once', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND);
    expect(roster.vanishedAtEnd(6 * SECOND)).toEqual([]);
    now.facts = null;
    expect(roster.vanishedAtEnd(7 * SECOND)).toMatchObject([{ type: 'exit', pid: 7, bootUs: 7 * SECOND }]);
    expect(roster.vanishedAtEnd(8 * SECOND)).toEqual([]);
    expect(roster.unreportedExits()).toBe(1);
  });

  it('as is one whose PID somebody else has by now', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND);
    now.facts = { startMs: 6_000, comm: 'b' };
    roster.vanished(7 * SECOND);
    expect(roster.vanished(9 * SECOND)).toMatchObject([{ pid: 7, startMs: 10 }]);
  });
});

it('a process that the tracer names is reported as it says, once in its life', () => {
  const { roster } = world();
  const meet = { kind: 'meet', pid: 7, bootUs: SECOND, startMs: 10, ppid: 99, comm: 'a' } as const;
  expect(roster.met(meet)).toMatchObject({ pid: 7, startMs: 10, comm: 'a', ppid: 99, own: true });
  expect(roster.met(meet)).toBeNull();
  expect(roster.wanted(7)).toBe(true);
});

describe('a process that uses a file because of which it is not counted', () => {
  const uses = {
    kind: 'file',
    map: '@m',
    pid: 7,
    bootUs: 6 * SECOND,
    startMs: 10,
    ppid: 1,
    inode: 3,
  } as const;
  const event = { ...uses, comm: 'uwsgi', name: '/srv/uwsgi' };
  const why = { 'python.arenas': 'not known' };

  it('is reported as the tracer says, once it is over', () => {
    const { roster } = world();
    expect(roster.uses(event, why)).toMatchObject({ pid: 7, startMs: 10, comm: 'uwsgi', uncovered: why });
    expect(roster.vanishedAtEnd(9 * SECOND)).toMatchObject([{ type: 'exit', pid: 7, comm: 'uwsgi' }]);
  });

  it('is read anew while it lives, with all else that is not counted of it', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 6 * SECOND);
    now.facts = { comm: 'uwsgi', cmdline: 'uwsgi --ini', uncovered: { 'python.gc0': 'no markers' } };
    expect(roster.uses(event, why)).toMatchObject({
      ...{ comm: 'uwsgi', cmdline: 'uwsgi --ini' },
      uncovered: { 'python.arenas': 'not known', 'python.gc0': 'no markers' },
    });
  });

  it('is not said of who has its PID by now, nor after its end', () => {
    const { now, roster } = world();
    now.facts = { startMs: 5_900, comm: 'sleep' };
    expect(roster.uses(event, why)).toMatchObject({ startMs: 5_900, comm: 'sleep' });
    expect(roster.uses(event, why)).toBeNull();
    const { roster: other } = world();
    other.exit(exitOf(7, 10, 'uwsgi'));
    expect(other.uses(event, why)).toBeNull();
  });

  it('is passed over where its name is not asked for', () => {
    const { roster } = world((comm) => comm === 'qemu');
    expect(roster.uses(event, why)).toBeNull();
  });
});

it('in doubt everybody is glanced at, and whoever has the PID by now is read', () => {
  const { now, roster } = world();
  now.facts = {};
  roster.meet(7, 15 * SECOND);
  roster.doubt();
  expect(roster.meet(7, 15 * SECOND + 1)).toBeNull();
  expect(now).toMatchObject({ reads: 1, glances: 2 });
  roster.doubt();
  now.facts = { startMs: 15_000 };
  expect(roster.meet(7, 15 * SECOND + 2)).toMatchObject({ pid: 7, startMs: 15_000 });
});

describe('a process that only lives', () => {
  const looked = () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND, false);
    now.facts = null;
    roster.vanished(10 * SECOND);
    expect(roster.vanished(13 * SECOND)).toMatchObject([{ type: 'exit', pid: 7 }]);
    return { now, roster };
  };

  it('is dropped when nothing came of it for long after its end', () => {
    const { roster } = looked();
    expect(roster.uncounted(20 * SECOND)).toEqual([]);
    expect(roster.uncounted(75 * SECOND)).toEqual([7]);
    expect(roster.life(7)).toBeNull();
    expect(roster.uncounted(76 * SECOND)).toEqual([]);
  });

  it('keeps its name for counts that a tracer reports late', () => {
    const { roster } = looked();
    expect(roster.meet(7, 40 * SECOND)).toBeNull();
    expect(roster.uncounted(200 * SECOND)).toEqual([]);
    expect(roster.life(7)).toMatchObject({ comm: 'a' });
  });

  it('is looked at again when it runs another program', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND, false);
    now.facts = { comm: 'b' };
    roster.vanished(6 * SECOND);
    expect(roster.grown(6 * SECOND)).toEqual([7]);
    expect(roster.meet(7, 6 * SECOND, false)).toMatchObject({ comm: 'b' });
  });
});

describe('a process that is gone', () => {
  it('is looked for no more under its new name: no line of its end may come', () => {
    const { now, roster } = world();
    now.facts = {};
    roster.meet(7, 5 * SECOND);
    roster.renamed({ kind: 'name', pid: 7, bootUs: 6 * SECOND, comm: 'a' });
    expect(roster.grown(6 * SECOND)).toEqual([7]);
    now.facts = null;
    expect(roster.meet(7, 6 * SECOND, false)).toBeNull();
    expect(roster.grown(7 * SECOND)).toEqual([]);
  });
});

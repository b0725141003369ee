/** One cause is one finding, its numbers multiply out, and it stays when counting stops. */
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { allFindings } from '../../src/insight/findings/all.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { START_US } from '../helpers/stream.ts';
import { hostMetric, pidMetric, recordsOf, type Tick, type Watched, watchedAfter } from './sessions.ts';

const INODE = ['inode.create', 'inode.unlink', 'inode.create_ns'].map((id) => pidMetric(id));
const IOMAP = ['iomap.seek_hole', 'iomap.iter', 'iomap.seek_ns'].map((id) => pidMetric(id));

const churners = (count: number, perSecond: (pid: number) => number, nsEach = 8_000): Tick => {
  const of = (amount: (pid: number) => number): Record<number, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [at + 10, amount(at + 10)]));
  return {
    pids: {
      'inode.create': of(perSecond),
      'inode.unlink': of(perSecond),
      'inode.create_ns': of((pid) => perSecond(pid) * nsEach),
    },
  };
};

const times = <Item>(count: number, item: Item | ((at: number) => Item)): Item[] =>
  Array.from({ length: count }, (_, at) =>
    typeof item === 'function' ? (item as (at: number) => Item)(at) : item,
  );

const amountIn = (finding: Finding | undefined, metric: string, at = 0): number =>
  finding?.evidence.filter((one) => one.metric === metric)[at]?.value ?? Number.NaN;

const storm = (searches: number, stepsEach = 20_001, nsEach = 5e6): Tick => ({
  pids: {
    'iomap.seek_hole': { 7: searches },
    'iomap.iter': { 7: searches * stepsEach },
    'iomap.seek_ns': { 7: searches * nsEach },
  },
});

const play = (
  ticks: readonly Tick[],
  metrics = IOMAP,
  names: Record<number, string> = { 7: 'mirror' },
): Watched => watchedAfter(recordsOf(ticks, metrics, names), metrics);

describe('processes that do the same at the same time', () => {
  it('are suspects of one finding, with their sum', () => {
    const session = play(
      times(
        20,
        churners(8, () => 300),
      ),
      INODE,
    );
    const [finding, ...more] = allFindings(session);
    expect(more).toEqual([]);
    expect(finding?.suspects?.map(({ pid }) => pid).sort((a, b) => a - b)).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17,
    ]);
    expect(finding?.suspect).toEqual(finding?.suspects?.[0]);
    expect(amountIn(finding, 'inode.create')).toBeCloseTo(2_400, 0);
    // Eight microseconds each: nobody queues, and nobody is said to.
    expect(finding?.title).not.toMatch(/queue|wait/);
    expect(finding?.victims).toEqual([]);
  });

  it('keep their order while they do the same, so that a command can be typed', () => {
    const ordersAfter = [15, 16, 17, 18].map((ticks) => {
      // Each is a little ahead in turns, as eight workers of one spool are.
      const turns = times(ticks, (at) => churners(8, (pid) => 300 + ((pid * 3 + at * 5) % 8)));
      const [finding] = allFindings(play(turns, INODE));
      return finding?.suspects?.map(({ pid }) => pid);
    });
    for (const order of ordersAfter) expect(order).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
    const uneven = times(
      20,
      churners(3, (pid) => ({ 10: 1_000, 11: 1_300, 12: 2_000 })[pid] ?? 0),
    );
    const [finding] = allFindings(play(uneven, INODE));
    expect(finding?.suspects?.map(({ pid }) => pid)).toEqual([12, 11]);
  });

  it('are meant together also when one of a kind does less', () => {
    const names = Object.fromEntries(times(4, (at) => at + 10).map((pid) => [pid, 'spool']));
    const records = recordsOf(
      times(
        20,
        churners(4, (pid) => (pid === 10 ? 1_000 : 150)),
      ),
      INODE,
      names,
    ).map((record): StreamRecord => (record.type === 'process' ? { ...record, ppid: 5 } : record));
    const [finding] = allFindings(watchedAfter(records, INODE));
    expect(finding?.suspects).toHaveLength(4);
  });

  it('are not joined by others who do little of it', () => {
    const ticks = times(
      20,
      churners(2, (pid) => (pid === 10 ? 2_000 : 150)),
    );
    const [finding] = allFindings(play(ticks, INODE, { 10: 'spool', 11: 'packer' }));
    expect(finding?.suspect?.pid).toBe(10);
    expect(finding?.suspects).toBeUndefined();
  });

  it('hurt those who wait milliseconds for a file, and then it is said', () => {
    const ticks = times(20, (): Tick => {
      const { pids } = churners(1, () => 2_000);
      return {
        pids: {
          'inode.create': { ...pids?.['inode.create'], 30: 20 },
          'inode.create_ns': { ...pids?.['inode.create_ns'], 30: 20 * 6e6 },
          'inode.unlink': { ...pids?.['inode.unlink'] },
        },
      };
    });
    const [finding] = allFindings(play(ticks, INODE, { 10: 'spool', 30: 'shop' }));
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['shop']);
    expect(finding?.title).toContain('others wait');
  });
});

describe('the evidence of a finding', () => {
  it('multiplies out, however unsteady it was: so many a second, so long each, is the time a second', () => {
    const unsteady = times(30, (at) =>
      storm([3, 90, 12, 140, 55][at % 5] ?? 0, 20_001, [9e6, 2e6, 5e6][at % 3]),
    );
    const [finding] = allFindings(play([...times(5, {}), ...unsteady]));
    const perSecond = amountIn(finding, 'iomap.seek_hole');
    const [time, each] = [amountIn(finding, 'iomap.seek_ns', 0), amountIn(finding, 'iomap.seek_ns', 1)];
    expect(perSecond * each).toBeCloseTo(time, -3);
    expect(time).toBeLessThanOrEqual(1e9);
  });

  it('has no more steps a search than there are, though a search lasts from one sample into another', () => {
    // A search of 20,001 steps takes 1.5 s: it is counted when it begins, its steps as they come.
    const ticks = times(24, (at): Tick => {
      const steps = 13_334;
      return {
        pids: {
          'iomap.seek_hole': { 7: at % 3 === 2 ? 0 : 1 },
          'iomap.iter': { 7: steps },
          'iomap.seek_ns': { 7: at % 3 === 0 ? 0 : 1.5e9 },
        },
      };
    });
    const [finding] = allFindings(play([...times(3, {}), ...ticks]));
    expect(amountIn(finding, 'iomap.iter')).toBeLessThanOrEqual(20_001);
    expect(amountIn(finding, 'iomap.iter')).toBeGreaterThan(15_000);
  });

  it('is reported as signs, and what was not seen is not counted as seen', () => {
    const [finding] = allFindings(play([...times(5, {}), ...times(10, storm(60))]));
    expect(finding?.signs).toEqual({ seen: 4, of: 4 });
    const [seldom] = allFindings(play([...times(5, {}), ...times(10, storm(3, 800_000, 2e8))]));
    expect(seldom?.signs).toEqual({ seen: 3, of: 4 });
  });
});

describe('a short freeze', () => {
  it('of three samples is a finding, in a session of 15 s, with nothing learnt before', () => {
    // 892 searches, 12.7 million steps in 2.8 s.
    const freeze = [
      storm(150, 14_238, 3.1e6),
      storm(321, 14_238, 3.1e6),
      storm(321, 14_238, 3.1e6),
      storm(100, 14_238, 3.1e6),
    ];
    const ticks = [...times(6, {}), ...freeze, ...times(5, {})];
    expect(allFindings(play(ticks)).map(({ id }) => id)).toEqual(['seek-hole-storm']);
    expect(allFindings(play([...freeze, ...times(11, {})])).map(({ id }) => id)).toEqual(['seek-hole-storm']);
  });

  it.each<[string, Tick]>([
    ['little time', storm(20, 14_238, 3.1e6)],
    ['few steps', storm(320, 600, 3.1e6)],
  ])('with %s is not beyond doubt', (_, tick) => {
    expect(allFindings(play([...times(6, {}), ...times(3, tick), ...times(6, {})]))).toEqual([]);
  });

  it('of churn is one, when most of the time goes into it', () => {
    const burst = (each: number) => [
      ...times(6, {}),
      ...times(
        3,
        churners(1, () => 9_000, each),
      ),
      ...times(6, {}),
    ];
    expect(allFindings(play(burst(60_000), INODE)).map(({ id }) => id)).toEqual(['inode-churn']);
    expect(allFindings(play(burst(2_000), INODE))).toEqual([]);
  });
});

describe('searches on a file system that counts no steps', () => {
  const searches = (each: number, seconds = 20): Tick[] =>
    times(seconds, {
      pids: { 'iomap.seek_hole': { 7: 700 }, 'iomap.seek_ns': { 7: 700 * each } },
    });

  it('are a storm by their time, with less confidence, and nothing is claimed of extents', () => {
    const [finding, ...more] = allFindings(play(searches(1.1e6)));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      id: 'seek-hole-storm',
      missing: ['iomap.iter'],
      signs: { seen: 3, of: 4 },
    });
    expect(finding?.confidence).toBeLessThan(0.85);
    expect(finding?.title).toContain('not counted here');
    expect(finding?.title).not.toContain('fragmented');
  });

  it('are a storm with less time too, when each takes milliseconds', () => {
    const slow = (each: number) =>
      times(20, { pids: { 'iomap.seek_hole': { 7: 10 }, 'iomap.seek_ns': { 7: 10 * each } } });
    expect(allFindings(play(slow(2e7))).map(({ id }) => id)).toEqual(['seek-hole-storm']);
    expect(allFindings(play(slow(5e6)))).toEqual([]);
  });

  it('are none while they are quick, or seldom', () => {
    expect(allFindings(play(searches(40_000)))).toEqual([]);
    expect(allFindings(play(searches(3.5e5).map((tick, at) => (at % 4 === 0 ? tick : {}))))).toEqual([]);
  });
});

describe('when counting stops', () => {
  const letGo = (atSecond: number): StreamRecord => ({
    type: 'probe',
    bootUs: START_US + atSecond * 1e6 + 500_000,
    id: 'iomap',
    variant: 'none',
    state: 'attached',
    uncounted: ['inode.create', 'inode.unlink', 'inode.create_ns'],
  });

  const stopped = (after: number): Watched => {
    const records = recordsOf(
      [
        ...times(
          after,
          churners(1, () => 900),
        ),
        ...times(60, {}),
      ],
      INODE,
    );
    return watchedAfter([...records.slice(0, after), letGo(after), ...records.slice(after)], INODE);
  };

  it('a finding stays, with its end, and since when it is not counted', () => {
    const [finding] = allFindings(stopped(15));
    expect(finding).toMatchObject({
      id: 'inode-churn',
      endUs: START_US + 15e6,
      uncountedSinceUs: START_US + 15.5e6,
      missing: ['inode.rename'],
    });
  });

  it('what was over before is over', () => {
    const records = recordsOf(
      [
        ...times(
          15,
          churners(1, () => 900),
        ),
        ...times(60, {}),
      ],
      INODE,
    );
    const session = watchedAfter([...records.slice(0, 50), letGo(50), ...records.slice(50)], INODE);
    expect(allFindings(session)[0]?.uncountedSinceUs).toBeUndefined();
  });

  it('and the tracer is not read any more, the same is said', () => {
    const records = recordsOf(
      [
        ...times(
          15,
          churners(1, () => 900),
        ),
        ...times(10, {}),
      ],
      INODE,
    ).map(
      (record): StreamRecord =>
        record.type === 'sample' && record.seq >= 15 ? { ...record, counted: false, counters: {} } : record,
    );
    expect(allFindings(watchedAfter(records, INODE))[0]?.uncountedSinceUs).toBe(START_US + 15e6);
  });
});

describe('nobody is accused', () => {
  it('of what we do ourselves, nor reported to suffer from it', () => {
    const ticks = times(
      20,
      churners(2, () => 900, 3e6),
    );
    const session = watchedAfter(recordsOf(ticks, INODE, { 10: 'node', 11: 'spool' }), INODE, undefined, 10);
    const [finding] = allFindings(session);
    expect(finding?.suspect?.pid).toBe(11);
    expect(finding?.suspects).toBeUndefined();
    expect(finding?.victims).toEqual([]);
    expect(session.watch.insight.slots.some((slot) => slot?.identity.pid === 10)).toBe(false);
  });

  it('who is a kernel thread: it works for others', () => {
    const metrics = [pidMetric('xfs-alloc.stall_ns'), hostMetric('mem.slab', 'gauge')];
    const ticks = times(10, { pids: { 'xfs-alloc.stall_ns': { 44: 9e8 } }, host: { 'mem.slab': 1e6 } });
    const records = recordsOf(ticks, metrics, { 44: 'kworker/3:1' }).map(
      (record): StreamRecord => (record.type === 'process' ? { ...record, ppid: 2 } : record),
    );
    const [finding] = allFindings(watchedAfter(records, metrics));
    expect(finding).toMatchObject({ id: 'xfs-alloc-deadlock', suspect: null, confidence: 0.5 });
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['kworker/3:1']);
  });
});

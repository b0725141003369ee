import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { createState, MAX_ENTITIES, MAX_WAITING } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { play, steps } from '../helpers/kernel-model.ts';
import { foldAll, headerOf, plain, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const process = (pid: number, startMs: number | null, comm: string, more = {}): StreamRecord => ({
  type: 'process',
  bootUs: START_US,
  pid,
  startMs,
  comm,
  ...more,
});
const exit = (pid: number, startMs: number | null, comm: string, bootUs = START_US): StreamRecord => ({
  type: 'exit',
  bootUs,
  pid,
  startMs,
  comm,
});
const forget = (pid: number): StreamRecord => ({ type: 'forget', bootUs: START_US, pid });

describe('any session', () => {
  it('counts to each life of a PID exactly what it did, and to the totals their sum', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { records, lives } = play(script);
        const snapshot = snapshotAfter(records);
        const counted = new Map(
          snapshot.rows.map(({ id, metrics }) => [
            id,
            new Map(Object.entries(metrics).map(([metric, { total }]) => [metric, total])),
          ]),
        );
        expect(counted).toEqual(lives);
        for (const metric of ['iomap.iter', 'iomap.by_order']) {
          const truth = [...lives.values()].reduce((sum, counts) => sum + (counts.get(metric) ?? 0), 0);
          expect(snapshot.totals[metric]?.total ?? 0).toBe(truth);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never has a negative delta, an id twice, or parts that do not add up', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const state = foldAll([]);
        for (const record of play(script).records) {
          foldAll([record], undefined, state);
          if (record.type !== 'sample') continue;
          const { rows, totals, host, breakdown } = takeSnapshot(state);
          expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
          for (const readings of [totals, host, ...rows.map(({ metrics }) => metrics)]) {
            for (const { delta, total } of Object.values(readings)) {
              expect(delta).toBeGreaterThanOrEqual(0);
              expect(total).toBeGreaterThanOrEqual(0);
            }
          }
          for (const row of rows) {
            const parts = breakdown(row.id, 'iomap.by_order');
            const sumOf = (what: 'total' | 'delta') => parts.reduce((sum, part) => sum + part[what], 0);
            expect(sumOf('total')).toBe(row.metrics['iomap.by_order']?.total ?? 0);
            expect(sumOf('delta')).toBe(row.metrics['iomap.by_order']?.delta ?? 0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('folds the same in one go as in two', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (script, share) => {
        const { records } = play(script);
        const at = Math.floor(records.length * share);
        const first = foldAll(records.slice(0, at));
        takeSnapshot(first);
        const both = foldAll(records.slice(at), undefined, structuredClone(first));
        expect(plain(takeSnapshot(both))).toEqual(plain(takeSnapshot(foldAll(records))));
      }),
      { numRuns: 100 },
    );
  });

  it('is whole again after a full sample, whichever samples were missed', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.boolean()), (script, missed) => {
        const honest = script.filter((step) => step.do !== 'crash' && step.do !== 'forget');
        const { records } = play(honest);
        const last = records.length - 1;
        const seen = records.filter(
          (record, index) => record.type !== 'sample' || index === last || !missed.next().value,
        );
        const totals = (of: readonly StreamRecord[]) =>
          Object.entries(snapshotAfter(of).totals)
            .map(([metric, { total }]) => [metric, total])
            .sort();
        expect(totals(seen)).toEqual(totals(records));
      }),
      { numRuns: 100 },
    );
  });

  it('leaves a snapshot as it was taken when the session goes on', () => {
    fc.assert(
      fc.property(steps, steps, (script, more) => {
        const { records } = play([...script, ...more]);
        const at = play(script).records.length - 1;
        const state = foldAll(records.slice(0, at));
        const snapshot = takeSnapshot(state);
        const before = structuredClone(plain(snapshot));
        foldAll(records.slice(at), undefined, state);
        expect(plain(snapshot)).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });
});

describe('whose counts they are', () => {
  it('a process named late keeps what it counted before it had a name', () => {
    const { rows } = snapshotAfter([
      sampleOf(0, { 'iomap.iter': [[7, 5]] }),
      process(7, 990_000, 'late', { uid: 1000, cmdline: 'late --now' }),
      sampleOf(1, { 'iomap.iter': [[7, 8]] }),
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ id: '7@990000', comm: 'late', uid: 1000, cmdline: 'late --now' });
    expect(rows[0]?.metrics['iomap.iter']).toEqual({ total: 8, delta: 3 });
  });

  it('a reused PID makes a second row and ends the first', () => {
    const { rows } = snapshotAfter([
      process(7, 100, 'old'),
      sampleOf(0, { 'iomap.iter': [[7, 5]] }),
      process(7, 200, 'new'),
      sampleOf(1, { 'iomap.iter': [[7, 6]] }),
    ]);
    const by = Object.fromEntries(rows.map((row) => [row.id, row]));
    expect(by['7@100']).toMatchObject({ comm: 'old', endedBootUs: START_US });
    expect(by['7@100']?.metrics['iomap.iter']).toEqual({ total: 5, delta: 0 });
    expect(by['7@200']).toMatchObject({ comm: 'new', endedBootUs: null });
    expect(by['7@200']?.metrics['iomap.iter']).toEqual({ total: 1, delta: 1 });
  });

  it('an exit that is reported late belongs to the life it names, not to the new owner', () => {
    const { rows } = snapshotAfter([
      process(7, 100, 'old'),
      sampleOf(0, { 'iomap.iter': [[7, 5]] }),
      process(7, 200, 'new'),
      exit(7, 100, 'old', START_US + 5),
      sampleOf(1, { 'iomap.iter': [[7, 6]] }),
      exit(7, 50, 'older', START_US + 6),
      sampleOf(2, { 'iomap.iter': [[7, 8]] }),
    ]);
    const totals = rows.map(({ id, metrics, endedBootUs }) => [
      id,
      metrics['iomap.iter']?.total,
      endedBootUs,
    ]);
    expect(totals.sort()).toEqual([
      ['7@100', 5, START_US + 5],
      ['7@200', 3, null],
    ]);
  });

  it('what a PID counts after its keys were forgotten is another process, even before it has a name', () => {
    const { rows } = snapshotAfter([
      exit(7, 100, 'old'),
      sampleOf(0, { 'iomap.iter': [[7, 5]] }),
      forget(7),
      sampleOf(1, { 'iomap.iter': [[7, 4]] }),
      exit(7, 200, 'new'),
      sampleOf(2),
    ]);
    expect(rows.map(({ id, metrics }) => [id, metrics['iomap.iter']?.total]).sort()).toEqual([
      ['7@100', 5],
      ['7@200', 4],
    ]);
  });

  it('nameless lives that cannot be distinguished are summed into others, nothing is lost', () => {
    const life = (seq: number): StreamRecord[] => [
      sampleOf(seq, { 'iomap.iter': [[7, 3]] }),
      exit(7, null, '?'),
      forget(7),
    ];
    const { rows, others, totals } = snapshotAfter([0, 1, 2].flatMap(life));
    expect(rows.map(({ id }) => id)).toEqual(['7@?']);
    expect(others).toEqual({ processes: 2, metrics: { 'iomap.iter': 6 } });
    expect(totals['iomap.iter']?.total).toBe(9);
  });

  it('a process seen alive after its exit was reported is alive', () => {
    const { rows } = snapshotAfter([
      exit(7, 100, 'main thread'),
      sampleOf(0, { 'iomap.iter': [[7, 5]] }),
      forget(7),
      process(7, 100, 'main thread'),
      sampleOf(1, { 'iomap.iter': [[7, 2]] }),
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ id: '7@100', endedBootUs: null });
    expect(rows[0]?.metrics['iomap.iter']).toEqual({ total: 7, delta: 2 });
  });

  const crowd = (dead: number): StreamRecord[] => {
    const records: StreamRecord[] = [process(1, 10, 'alive')];
    for (let pid = 2; pid < dead + 2; pid += 1) records.push(exit(pid, 20, 'short', START_US + pid));
    const entries = Array.from({ length: dead + 1 }, (_, index) => [index + 1, 3]);
    records.push(sampleOf(0, { 'iomap.iter': entries }));
    for (let seq = 1; seq < 60; seq += 1) records.push(sampleOf(seq));
    return records;
  };

  it(`keeps at most ${MAX_ENTITIES} rows; the longest dead go to others with their counts`, () => {
    const state = createState(headerOf(), MAX_ENTITIES);
    for (const record of crowd(MAX_ENTITIES + 500)) fold(state, record);
    const { rows, others, totals } = takeSnapshot(state);
    expect(rows).toHaveLength(MAX_ENTITIES);
    expect(others).toEqual({ processes: 501, metrics: { 'iomap.iter': 3 * 501 } });
    const shown = rows.reduce((sum, row) => sum + (row.metrics['iomap.iter']?.total ?? 0), 0);
    expect(shown + 3 * 501).toBe(totals['iomap.iter']?.total);
    const pids = new Set(rows.map(({ pid }) => pid));
    expect(pids.has(1)).toBe(true);
    expect(pids.has(2)).toBe(false);
    expect(pids.has(502)).toBe(false);
    expect(pids.has(503)).toBe(true);
  });

  it(`of the dead whose keys the kernel holds keeps ${MAX_WAITING}, and loses no count`, () => {
    const dead = 3 * MAX_WAITING;
    const { rows, others, totals } = snapshotAfter(crowd(dead));
    expect(rows.length).toBeLessThanOrEqual(MAX_WAITING);
    expect(rows.length + others.processes).toBe(dead + 1);
    expect(rows.some(({ pid }) => pid === 1)).toBe(true);
    const shown = rows.reduce((sum, row) => sum + (row.metrics['iomap.iter']?.total ?? 0), 0);
    expect(shown + (others.metrics['iomap.iter'] ?? 0)).toBe(totals['iomap.iter']?.total);
  });

  it('counts on who goes on, of those who never had a name; the quiet ones go to others', () => {
    const crowded = 2 * MAX_WAITING;
    const entries = Array.from({ length: crowded }, (_, index) => [index + 1, 3]);
    const { rows, others, totals } = snapshotAfter([
      sampleOf(0, { 'iomap.iter': entries }),
      ...Array.from({ length: 30 }, (_, at) => sampleOf(at + 1, { 'iomap.iter': [[7, 4 + at]] })),
    ]);
    expect(rows.length + others.processes).toBe(crowded);
    expect(rows.find(({ pid }) => pid === 7)?.metrics['iomap.iter']).toEqual({ total: 33, delta: 1 });
    expect(totals['iomap.iter']?.total).toBe(3 * crowded + 30);
  });
});

describe('values', () => {
  it('a new epoch counts from zero, on top of what was counted before', () => {
    const { rows, totals } = snapshotAfter([
      sampleOf(0, { 'iomap.iter': [[7, 100]] }),
      sampleOf(1, { 'iomap.iter': [[7, 130]] }, { epoch: 1 }),
    ]);
    expect(rows[0]?.metrics['iomap.iter']).toEqual({ total: 230, delta: 130 });
    expect(totals['iomap.iter']).toEqual({ total: 230, delta: 130 });
  });

  it('a value that fell was reset: all of it is new', () => {
    const { totals } = snapshotAfter([
      sampleOf(0, { 'iomap.iter': [[7, 100]] }),
      sampleOf(1, { 'iomap.iter': [[7, 40]] }),
    ]);
    expect(totals['iomap.iter']).toEqual({ total: 140, delta: 40 });
  });

  it('a counter of the host that fell far was reset: all of it is new, and never a wrap', () => {
    const { host } = snapshotAfter([
      sampleOf(0, {}, { host: { 'vm.pgfault': 3_000_000_000 } }),
      sampleOf(1, {}, { host: { 'vm.pgfault': 3_000_000_500 } }),
      sampleOf(2, {}, { host: { 'vm.pgfault': 40 } }),
      sampleOf(3, {}, { host: { 'vm.pgfault': 45 } }),
    ]);
    expect(host['vm.pgfault']).toEqual({ total: 500 + 40 + 5, delta: 5 });
  });

  it('a counter of the host that went back a little goes on from where it was', () => {
    const fallen = [
      sampleOf(0, {}, { host: { 'vm.pgfault': 5_000_000 } }),
      sampleOf(1, {}, { host: { 'vm.pgfault': 4_999_990 } }),
    ];
    expect(snapshotAfter(fallen).host['vm.pgfault']).toEqual({ total: 0, delta: 0 });
    const on = sampleOf(2, {}, { host: { 'vm.pgfault': 5_000_007 } });
    expect(snapshotAfter([...fallen, on]).host['vm.pgfault']).toEqual({ total: 7, delta: 7 });
  });

  it('keeps the largest of a max, never its difference, and does not total it', () => {
    const { rows, totals } = snapshotAfter([
      sampleOf(0, { 'iomap.seek_max_ns': [[7, 100]] }),
      sampleOf(1, { 'iomap.seek_max_ns': [[7, 900]] }),
      sampleOf(2, { 'iomap.seek_max_ns': [[7, 300]] }, { epoch: 1 }),
      sampleOf(3),
    ]);
    expect(rows[0]?.metrics['iomap.seek_max_ns']).toEqual({ total: 900, delta: 900 });
    expect(totals['iomap.seek_max_ns']).toBeUndefined();
  });

  it('breaks a metric down by its dimensions, the largest first', () => {
    const { breakdown, rows } = snapshotAfter([
      sampleOf(0, {
        'iomap.by_order': [
          [7, 2, 0, 10],
          [7, 0, -1, 5],
        ],
      }),
      sampleOf(1, { 'iomap.by_order': [[7, 0, -1, 25]] }),
    ]);
    expect(breakdown('7@?', 'iomap.by_order')).toEqual([
      { key: [0, -1], total: 25, delta: 20 },
      { key: [2, 0], total: 10, delta: 0 },
    ]);
    expect(rows[0]?.metrics['iomap.by_order']).toEqual({ total: 35, delta: 20 });
    expect(breakdown('7@?', 'iomap.iter')).toEqual([]);
    expect(breakdown('nobody', 'iomap.by_order')).toEqual([]);
  });

  it('a delta belongs to its own sample only', () => {
    const { rows, totals } = snapshotAfter([sampleOf(0, { 'iomap.iter': [[7, 5]] }), sampleOf(1)]);
    expect(rows[0]?.metrics['iomap.iter']).toEqual({ total: 5, delta: 0 });
    expect(totals['iomap.iter']).toEqual({ total: 5, delta: 0 });
  });

  it('ignores what is no count: below zero, not a number, without a key', () => {
    const { rows, totals } = snapshotAfter([
      sampleOf(0, { 'iomap.iter': [[7, -5], [8, Number.NaN], [9], []] }),
    ]);
    expect(rows).toEqual([]);
    expect(totals).toEqual({});
  });

  it('host counters differ from their first reading, gauges are levels', () => {
    const host = (seq: number, values: Record<string, number>) => sampleOf(seq, {}, { host: values });
    const snapshot = snapshotAfter([
      host(0, { 'vm.pgfault': 5_000, 'mem.free': 70 }),
      host(1, { 'vm.pgfault': 5_010 }),
      host(2, { 'mem.free': 60 }),
      host(3, { 'vm.pgfault': 4 }),
    ]);
    expect(snapshot.host['vm.pgfault']).toEqual({ total: 14, delta: 4 });
    expect(snapshot.host['mem.free']).toEqual({ total: 60, delta: 60 });
    expect([...snapshot.history.host('mem.free', 4)]).toEqual([70, 70, 60, 60]);
    expect([...snapshot.history.host('vm.pgfault', 3)]).toEqual([10, 0, 4]);
    expect([...snapshot.history.host('mem.free', 6)]).toEqual([Number.NaN, Number.NaN, 70, 70, 60, 60]);
  });
});

describe('the rest of a snapshot', () => {
  it('before the first sample everything is empty and at the anchor', () => {
    const snapshot = snapshotAfter([]);
    expect(snapshot).toMatchObject({
      samples: 0,
      bootUs: START_US,
      elapsedUs: 0,
      intervalUs: 0,
      rows: [],
      totals: {},
    });
    expect(snapshot.realMs).toBe(1_700_000_000_000);
    expect([...snapshot.history.times(2)]).toEqual([Number.NaN, Number.NaN]);
  });

  it('has an interval from the second sample on', () => {
    expect(snapshotAfter([sampleOf(1)]).intervalUs).toBe(0);
    const second = snapshotAfter([sampleOf(1), sampleOf(3)]);
    expect(second.intervalUs).toBe(2_000_000);
    expect(second.realMs).toBe(1_700_000_003_000);
    expect(second.self).toMatchObject({ cpuPercent: 1, tracerCpuPercent: 0.5 });
  });

  it('aligns histories to samples: what did not move is 0, the last value is this sample', () => {
    const snapshot = snapshotAfter([
      sampleOf(0, { 'iomap.iter': [[7, 5]] }),
      sampleOf(1),
      sampleOf(2, {
        'iomap.iter': [
          [7, 9],
          [8, 1],
        ],
      }),
    ]);
    expect([...snapshot.history.all('iomap.iter', 4)]).toEqual([0, 5, 0, 5]);
    expect([...snapshot.history.row('7@?', 'iomap.iter', 3)]).toEqual([5, 0, 4]);
    expect([...snapshot.history.row('8@?', 'iomap.iter', 3)]).toEqual([0, 0, 1]);
    expect([...snapshot.history.row('9@?', 'iomap.iter', 2)]).toEqual([0, 0]);
    expect([...snapshot.history.times(3)]).toEqual([0, 1, 2].map((seq) => START_US + seq * 1_000_000));
  });

  it('knows who was there before tracing began, to the 10 ms of /proc, but not of its own command', () => {
    const late = (startMs: number | null, command: readonly string[] | null): boolean | undefined => {
      const selection = { pids: [], comm: null, command };
      const records = [process(7, startMs, 'who'), sampleOf(0, { 'iomap.iter': [[7, 1]] })];
      return snapshotAfter(records, headerOf({ selection })).rows[0]?.lateStart;
    };
    const anchorMs = START_US / 1000;
    expect(late(anchorMs - 10, null)).toBe(true);
    expect(late(anchorMs - 9, null)).toBe(false);
    expect(late(anchorMs + 500, null)).toBe(false);
    expect(late(null, null)).toBe(false);
    expect(late(anchorMs - 5_000, ['make'])).toBe(false);
  });

  it('collects losses, gaps, marks, probes and the end', () => {
    const loss = (
      kind: 'lost-events' | 'rejected-line' | 'unknown-message',
      count: number,
    ): StreamRecord => ({
      type: 'loss',
      bootUs: START_US,
      kind,
      count,
    });
    const snapshot = snapshotAfter([
      loss('lost-events', 3),
      loss('lost-events', 4),
      loss('rejected-line', 2),
      loss('unknown-message', 1),
      { type: 'mark', bootUs: START_US, text: 'deploy' },
      { type: 'gap', bootUs: START_US + 9, fromBootUs: START_US, reason: 'crash' },
      {
        type: 'probe',
        bootUs: START_US,
        id: 'kswapd',
        variant: null,
        state: 'refused',
        reason: 'no tracepoint',
      },
      { type: 'trailer', bootUs: START_US + 10, reason: 'SIGINT', samples: 0, records: 7 },
    ]);
    expect(snapshot.losses).toEqual({
      lostEvents: 7,
      mapFull: [],
      rejectedLines: 2,
      unknownMessages: 1,
      byKind: { 'lost-events': 7, 'rejected-line': 2, 'unknown-message': 1 },
      gaps: [{ fromBootUs: START_US, toBootUs: START_US + 9, reason: 'crash' }],
    });
    expect(snapshot.marks).toEqual([{ bootUs: START_US, text: 'deploy' }]);
    expect(snapshot.probes.map(({ id, state }) => [id, state])).toEqual([
      ['iomap', 'attached'],
      ['kswapd', 'refused'],
    ]);
    expect(snapshot.ended).toEqual({ bootUs: START_US + 10, reason: 'SIGINT' });
  });
});

describe('the time that counts cover', () => {
  it('is what lies between two readings, without a gap', () => {
    const second = 1_000_000;
    const records: StreamRecord[] = [
      sampleOf(0),
      sampleOf(1, { 'iomap.iter': [[7, 5]] }),
      sampleOf(2, {}, { counted: false }),
      sampleOf(3, { 'iomap.iter': [[7, 9]] }),
      { type: 'gap', bootUs: START_US + 8 * second, fromBootUs: START_US + 3 * second, reason: 'killed' },
      sampleOf(9, { 'iomap.iter': [[7, 2]] }, { epoch: 1 }),
      sampleOf(10, { 'iomap.iter': [[7, 4]] }, { epoch: 1 }),
    ];
    const covered = records.map((_, index) => snapshotAfter(records.slice(0, index + 1)).counted.intervalUs);
    expect(covered.map((us) => us / second)).toEqual([0, 1, 1, 2, 2, 0, 1]);
    const { counted, history } = snapshotAfter(records);
    expect(counted.bootUs).toBe(START_US + 10 * second);
    expect([...history.countedUs(5)].map((us) => us / second)).toEqual([1, Number.NaN, 2, 0, 1]);
  });
});

/** What /proc says of processes is read at another time than the tracer's maps: it is growth of the time between its own readings. */
import { describe, expect, it } from 'vitest';
import { checkpointOf } from '../../src/core/checkpoint.ts';
import { count, fold, settle } from '../../src/core/fold.ts';
import type { SampleRecord, StreamRecord } from '../../src/core/record.ts';
import { restoreState } from '../../src/core/restore.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { createState, type SessionState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { widened } from '../../src/core/widen.ts';
import { createReadings } from '../../src/insight/findings/reading-state.ts';
import { ofStretch, read } from '../../src/insight/findings/readings.ts';
import { addTick, createStretch } from '../../src/insight/findings/stretch.ts';
import { intervalLine } from '../../src/report/interval.ts';
import { rateNow } from '../../src/screen/signals/series.ts';
import { foldAll, headerOf, metricOf, plain, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const CPU = 'proc.cpu_ms';
const STEPS = 'iomap.iter';
const HEADER = headerOf({
  metrics: [
    metricOf(STEPS),
    metricOf(CPU, { probe: 'host', unit: 'ms' }),
    metricOf('proc.rss_bytes', { probe: 'host', unit: 'bytes', kind: 'gauge' }),
  ],
});
const CPUS = 2;
const PID = 7;

/** A process that uses both CPUs and makes 1,000 steps a second; the page is of one time, /proc read at another. */
const at = (seq: number, pageS: number, readS: number, more: Partial<SampleRecord> = {}): SampleRecord =>
  sampleOf(
    seq,
    { [STEPS]: [[PID, Math.round(pageS * 1000)]], [CPU]: [[PID, Math.round(readS * 1000 * CPUS)]] },
    {
      bootUs: START_US + pageS * 1e6,
      ...(readS === pageS ? {} : { hostUs: START_US + readS * 1e6 }),
      ...more,
    },
  );

/** The pages of six seconds are met at once, when they were read at last; then it is in time again. */
const HELD_UP = [
  at(0, 0, 0),
  at(1, 1, 1),
  ...[2, 3, 4, 5, 6, 7].map((page, index) => at(page, page, 8 + index / 100)),
  at(8, 8, 8.9),
  at(9, 9, 9),
  at(10, 10, 10),
];

const rate = (snapshot: Snapshot, metric: string): number => {
  const row = snapshot.rows.find(({ pid }) => pid === PID);
  return rateNow(snapshot, metric, row?.metrics[metric]?.delta ?? Number.NaN);
};

const each = <Of>(records: readonly StreamRecord[], of: (snapshot: Snapshot) => Of): Of[] =>
  records.map((_, index) => of(snapshotAfter(records.slice(0, index + 1), HEADER)));

describe('a machine that is held up', () => {
  it('has rates of processes that are of the time between readings of /proc', () => {
    expect(each(HELD_UP, (snapshot) => Math.round(rate(snapshot, CPU))).slice(1)).toEqual(
      HELD_UP.slice(1).map(() => CPUS * 1000),
    );
    expect(each(HELD_UP, (snapshot) => Math.round(rate(snapshot, STEPS))).slice(1)).toEqual(
      HELD_UP.slice(1).map(() => 1000),
    );
  });

  it('counts at once, and what was reported of each interval adds up', () => {
    const { totals } = snapshotAfter(HELD_UP, HEADER);
    expect(totals[CPU]?.total).toBe(20_000);
    const lines = each(HELD_UP, (snapshot) => intervalLine(snapshot)) as {
      procMs: number;
      pids: { delta: Record<string, number> }[];
    }[];
    const grown = lines.map(({ pids }) => pids[0]?.delta[CPU] ?? 0);
    expect(grown.reduce((sum, one) => sum + one, 0)).toBe(20_000);
    expect(grown.slice(2, 5)).toEqual([14_000, 20, 20]);
    expect(lines.reduce((sum, { procMs }) => sum + procMs, 0)).toBe(10_000);
  });

  it('has a past without a peak, and blanks where nothing was read in time', () => {
    const { history } = snapshotAfter(HELD_UP, HEADER);
    const grown = history.row('7@?', CPU, 10);
    const rates = [...history.procReadUs(10)].map((us, index) =>
      Math.round(((grown[index] ?? 0) * 1e6) / us),
    );
    const { NaN: unread } = Number;
    const full = CPUS * 1000;
    expect(rates).toEqual([full, full, unread, unread, unread, unread, unread, full, unread, full]);
  });

  it('proves no finding by more than there is: amounts are of the time that the tracer was read for', () => {
    const state = createState(HEADER);
    const readings = createReadings();
    const stretch = createStretch();
    for (const record of HELD_UP) {
      count(state, record);
      read(readings, state, new Set([CPU, STEPS]));
      const suspect = state.owners.get(PID) ?? null;
      addTick(stretch, { suspect, cgroup: null, place: null }, readings);
      if (suspect !== null && stretch.us > 0) {
        const perSecond = ofStretch(stretch, { scope: 'suspect', measure: { kind: 'rate', metric: CPU } });
        expect(perSecond).toBeCloseTo(CPUS * 1000, 0);
      }
      settle(state, record);
    }
    expect(stretch.us).toBe(10e6);
    expect(stretch.own.get(STEPS)).toBe(10_000);
    expect(stretch.own.get(CPU)).toBeCloseTo(20_000, 0);
  });

  it('is the same from a checkpoint between any two samples', () => {
    for (let cut = 1; cut < HELD_UP.length; cut += 1) {
      const before = foldAll(HELD_UP.slice(0, cut), HEADER);
      const restored = restoreState(HEADER, checkpointOf(before)) as SessionState;
      for (const record of HELD_UP.slice(cut)) {
        fold(before, record);
        fold(restored, record);
        const [whole, again] = [takeSnapshot(before), takeSnapshot(restored)];
        expect(again.rows).toEqual(whole.rows);
        expect(again.totals).toEqual(whole.totals);
        expect(again.procRead).toEqual(whole.procRead);
      }
    }
  });

  it('is wide where two snapshots lie far apart', () => {
    const [earlier, later] = [HELD_UP.slice(0, 2), HELD_UP.slice(0, 5)].map((records) =>
      snapshotAfter(records, HEADER),
    );
    const wide = widened(earlier as Snapshot, later as Snapshot);
    expect(Math.round(rate(wide, CPU))).toBe(CPUS * 1000);
    expect(Math.round(rate(wide, STEPS))).toBe(1000);
  });
});

describe('processes too many to be read with each sample', () => {
  /** Of three samples a round: 7 is read with the first of each, 8 with the last. */
  const round = (seq: number): SampleRecord => {
    const ended = Math.floor((seq + 1) / 3) * 3 - 1;
    const used = [[PID, seq * 1000 * CPUS], [8, seq * 100]].filter((_, index) => seq % 3 === index * 2); // biome-ignore format: a table
    return sampleOf(
      seq,
      { [STEPS]: [[PID, seq * 1000]], [CPU]: used as [number, number][] },
      { bootUs: START_US + seq * 1e6, procUs: START_US + Math.max(0, ended) * 1e6 },
    );
  };
  const ROUNDS = Array.from({ length: 12 }, (_, seq) => round(seq));

  it('have rates of the time that a round takes', () => {
    expect(each(ROUNDS, (snapshot) => Math.round(rate(snapshot, CPU))).slice(5)).toEqual(
      ROUNDS.slice(5).map(() => CPUS * 1000),
    );
    expect(snapshotAfter(ROUNDS, HEADER).procRead).toMatchObject({ intervalUs: 3e6, isNew: true });
  });

  it('are not kept for ever by a recording in which no round ends', () => {
    const state = foldAll(
      Array.from({ length: 200 }, (_, seq) => ({
        ...round(seq * 3),
        seq,
        bootUs: START_US + seq * 1e6,
        procUs: 5,
      })),
      HEADER,
    );
    expect(state.early.length).toBeLessThan(70);
    expect(plain(takeSnapshot(state))).toMatchObject({ totals: { [CPU]: { total: 199 * 3 * 1000 * CPUS } } });
  });
});

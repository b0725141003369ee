/**
 * A tracer that is held up: the machine is still sampled, the processes are not. Seen through a stream as live and
 * recordings have it, folded for real: readings at 0, 1, 2 and 7 s, the machine alone at 3.5, 5 and 6.5 s.
 */
import { describe, expect, it } from 'vitest';
import type { SampleRecord, StreamRecord } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { composeScreen } from '../../src/screen/compose.ts';
import { perSecond, sampleTimes } from '../../src/screen/signals/series.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { recordingFrom } from '../helpers/recorded.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';
import { buildPlayback, buildView, textOf } from '../helpers/view.ts';

const HEADER = headerOf({
  metrics: [
    metricOf('iomap.iter', { label: 'iomap_iter', lane: true }),
    metricOf('iomap.seek_ns', { label: 'seek time', unit: 'ns' }),
    metricOf('vm.pgfault', { probe: 'host', scope: 'host', label: 'faults', lane: true }),
  ],
});

const readAt = (seq: number, seconds: number, iterations: number, faults: number): SampleRecord =>
  sampleOf(
    seq,
    { 'iomap.iter': [[7, iterations]], 'iomap.seek_ns': [[7, iterations * 1_000_000]] },
    { bootUs: START_US + seconds * 1e6, host: { 'vm.pgfault': faults } },
  );

const unreadAt = (seq: number, seconds: number, faults: number): SampleRecord =>
  sampleOf(seq, {}, { bootUs: START_US + seconds * 1e6, counted: false, host: { 'vm.pgfault': faults } });

const SAMPLES: readonly SampleRecord[] = [
  sampleOf(0, {}, { host: { 'vm.pgfault': 0 } }),
  readAt(1, 1, 200, 40),
  readAt(2, 2, 300, 80),
  unreadAt(3, 3.5, 140),
  unreadAt(4, 5, 200),
  unreadAt(5, 6.5, 260),
  // 5 s of counts arrive half a second after the machine was last sampled.
  readAt(6, 7, 800, 280),
];
const TRAILER: StreamRecord = {
  type: 'trailer',
  bootUs: START_US + 7e6,
  reason: 'asked to stop',
  samples: 7,
  records: 8,
};

const snapshotOf = (samples: number, ...more: readonly StreamRecord[]): WatchedSnapshot =>
  snapshotAfter([...SAMPLES.slice(0, samples), ...more], HEADER);

type ViewChange = Parameters<typeof buildView>[0];
const shown = (snapshot: WatchedSnapshot, change: ViewChange = {}): string =>
  textOf(composeScreen(buildView({ snapshot, ...change })).flatMap(({ lines }) => lines));
const lineOf = (text: string, what: RegExp): string => text.split('\n').find((line) => what.test(line)) ?? '';
/** What stands in the cells of the last seven samples. */
const cells = (line: string, until: RegExp = /$/): string => line.replace(until, '').slice(-7);

describe('values per second after a tracer was held up', () => {
  it('are over the time between its readings, not since the last sample', () => {
    const snapshot = snapshotOf(7);
    expect(snapshot.intervalUs).toBe(500_000);
    expect(snapshot.counted.intervalUs).toBe(5_000_000);
    const text = shown(snapshot);
    expect(lineOf(text, /^> +7 /)).toMatch(/ 100 +10\.0% /);
    expect(lineOf(text, /^iomap_iter\/s/)).toMatch(/^iomap_iter\/s +100 /);
    const detail = shown(snapshot, { ui: { page: 'detail' } });
    expect(lineOf(detail, /^iomap_iter/)).toMatch(/ 800 +100\/s +200\/s /);
    expect(lineOf(detail, /^seek time/)).toMatch(/ 800ms +10\.0% +20\.0% /);
  });

  it('of the machine are over the time since the last sample', () => {
    expect(lineOf(shown(snapshotOf(7)), /^faults\/s/)).toMatch(/^faults\/s +40 /);
    expect(lineOf(shown(snapshotOf(5)), /^faults\/s/)).toMatch(/^faults\/s +40 /);
  });

  it('stay those of its last reading in the table until it is read again', () => {
    for (const samples of [3, 4, 5, 6])
      expect(lineOf(shown(snapshotOf(samples)), /^> +7 /), `${samples} samples`).toMatch(/ 100 +10\.0% /);
  });

  it('are not known of the sample that counting began with', () => {
    const snapshot = snapshotOf(2);
    const iterations = perSecond(
      snapshot.history.all('iomap.iter', 3),
      { id: 'iomap.iter', kind: 'counter', scope: 'pid' },
      sampleTimes(snapshot, 3),
    );
    expect([...iterations]).toEqual([Number.NaN, Number.NaN, 200]);
  });
});

describe('the past of a tracer that was held up', () => {
  it('is blank in the lanes of processes where it was not read, and whole in those of the machine', () => {
    // Wide enough for a cell a sample.
    const text = shown(snapshotOf(7), { size: { columns: 110, rows: 24 } });
    const highest = / +\S+$/;
    // By time: while it was held up the machine was sampled later, and a cell more lies in between.
    expect(cells(lineOf(text, /^iomap_iter\/s/), highest).trim()).toBe('█▅    ▅');
    expect(cells(lineOf(text, /^faults\/s/), highest).trim()).toBe('███████');
    const numbers = perSecond(
      snapshotOf(7).history.all('iomap.iter', 7),
      { id: 'iomap.iter', kind: 'counter', scope: 'pid' },
      sampleTimes(snapshotOf(7), 7),
    );
    const { NaN: unknown } = Number;
    expect([...numbers]).toEqual([unknown, 200, 100, unknown, unknown, unknown, 100]);
  });

  it('says nothing of now while it is not read', () => {
    const text = shown(snapshotOf(5));
    expect(lineOf(text, /^iomap_iter\/s/)).toMatch(/^iomap_iter\/s {2,}█▅ {4,}200$/);
    expect(lineOf(shown(snapshotOf(3)), /^iomap_iter\/s/)).toMatch(/^iomap_iter\/s +100 +█▅ +200$/);
  });

  it('is blank in the sparkline of a row, in the table and in detail', () => {
    expect(cells(lineOf(shown(snapshotOf(7)), /^> +7 /))).toBe(' █▅   ▅');
    const detail = shown(snapshotOf(7), { ui: { page: 'detail' } });
    expect(cells(lineOf(detail, /^iomap_iter/))).toBe(' █▅   ▅');
    expect(cells(lineOf(detail, /^seek time/))).toBe(' █▅   ▅');
  });
});

/** The banner, or nothing. */
const banner = (snapshot: WatchedSnapshot, change: ViewChange = {}): string =>
  /NO COUNTS FOR \S+/.exec(shown(snapshot, change))?.[0] ?? '';

const EXPECTED = ['', '', '', '', 'NO COUNTS FOR 3s', 'NO COUNTS FOR 4s', ''];

describe('the header', () => {
  it('says live for how long nothing was counted, once two and a half intervals have passed', () => {
    expect(SAMPLES.map((_, index) => banner(snapshotOf(index + 1)))).toEqual(EXPECTED);
    expect(shown(snapshotOf(4))).toMatch(/^stallscope {2}live 3s/);
    expect(shown(snapshotOf(5))).toMatch(/^stallscope {3}NO COUNTS FOR 3s {3}\d\d:\d\d:\d\d {2}5s /);
    expect(shown(snapshotOf(7))).toMatch(/^stallscope {2}live 7s/);
  });

  it('begins to say so after exactly two and a half intervals', () => {
    const late = (us: number): WatchedSnapshot =>
      snapshotOf(3, sampleOf(3, {}, { bootUs: START_US + 2e6 + us, counted: false }));
    expect(banner(late(2_500_000))).toBe('');
    expect(banner(late(2_500_001))).toBe('NO COUNTS FOR 2s');
  });

  it('says it in ms where intervals are short', () => {
    const header = { ...HEADER, intervalMs: 100 };
    const short = snapshotAfter(
      [sampleOf(0), sampleOf(1, {}, { bootUs: START_US + 300_000, counted: false })],
      header,
    );
    expect(banner(short)).toBe('NO COUNTS FOR 300ms');
    expect(banner(snapshotAfter([sampleOf(0)], header))).toBe('');
  });

  it('says so of what is held still and of what has ended, beside it', () => {
    expect(shown(snapshotOf(6), { playback: buildPlayback({ following: false }) })).toMatch(
      / HELD .* NO COUNTS FOR 4s /,
    );
    expect(shown(snapshotOf(7), { playback: buildPlayback({ following: false }) })).not.toContain(
      'NO COUNTS',
    );
    expect(shown(snapshotOf(6, TRAILER))).toMatch(/ ENDED {2}asked to stop .* NO COUNTS FOR 4s /);
    expect(shown(snapshotOf(7, TRAILER))).not.toContain('NO COUNTS');
  });

  it('says only that there are no samples where there are none', () => {
    const text = shown(snapshotOf(6), { silentMs: 9000 });
    expect(text).toContain('NO SAMPLE FOR 9s');
    expect(text).not.toContain('NO COUNTS');
  });

  it('finds room for it in 40 cells', () => {
    const size = { columns: 40, rows: 10 };
    expect(shown(snapshotOf(6), { size })).toMatch(/^\S*.* NO COUNTS FOR 4s /);
    const replay = shown(snapshotOf(6), { size, ui: { mode: 'replay' }, playback: buildPlayback() });
    expect(replay.split('\n')[0]).toMatch(/ REPLAY .* NO COUNTS FOR 4s /);
    expect(
      shown(snapshotOf(6), { size, playback: buildPlayback({ following: false }) }).split('\n')[0],
    ).toMatch(/ HELD .* NO COUNTS FOR 4s /);
  });
});

describe('a replay', () => {
  const recording = recordingFrom(HEADER, SAMPLES, [TRAILER]);
  const replayed = (snapshot: WatchedSnapshot): string =>
    banner(snapshot, { ui: { mode: 'replay' }, playback: buildPlayback() });

  it('says of each moment what live said then, forward and back, and nothing at the end', () => {
    const cursor = createCursor(recording);
    expect(SAMPLES.map((_, index) => replayed(cursor.moveTo(index)))).toEqual(EXPECTED);
    const end = cursor.moveTo(SAMPLES.length);
    expect(end.ended).not.toBeNull();
    expect(replayed(end)).toBe('');
    const back = [...SAMPLES.keys()].reverse().map((index) => replayed(cursor.moveTo(index)));
    expect(back).toEqual([...EXPECTED].reverse());
  });

  it('says REPLAY as well, and does not look at the clock on the wall', () => {
    const view: ViewChange = { ui: { mode: 'replay' }, playback: buildPlayback({ speed: 1 / 16 }) };
    expect(shown(snapshotOf(6), view)).toMatch(/ REPLAY {4}NO COUNTS FOR 4s {3}\d\d:\d\d:\d\d {2}\+6s /);
    expect(shown(snapshotOf(7), { ...view, waitedMs: 3_600_000 })).not.toContain('NO COUNTS');
  });
});

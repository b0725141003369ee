/** Moments of a recording too long to be folded from its start, and one that is still being written. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { SPIKE } from '../../src/insight/params.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { appendMark } from '../../src/recording/read/marks.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRecorder } from '../../src/recording/write/recorder.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { marksOf } from '../../src/session/marks.ts';
import { playRecording } from '../../src/session/play.ts';
import type { Recording } from '../../src/session/ports.ts';
import { checkpointOf, createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { longSession, recordAll } from '../helpers/long-session.ts';
import { expectSame } from '../helpers/same.ts';
import { headerOf, START_US } from '../helpers/stream.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'leap-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

/** All but the past before a checkpoint, and insight. */
const counted = ({ insight: _i, history: _h, breakdown, ...data }: WatchedSnapshot): object => ({
  ...data,
  parts: data.rows.map(({ id }) => data.metrics.map((metric) => breakdown(id, metric.id))),
});

describe('a long recording', () => {
  let recording: Recording;
  let exact: Recording;
  const truth = new Map<number, object>();
  const visits = [2_900, 10, 1_500, 1_499, 1_498, 1_490, 2_999, 700, 2_000, 2_001, 3_000];

  beforeAll(async () => {
    await recordAll({ path: path('long.ndjson.gz') }, longSession(3_000, 60));
    recording = openRecording(path('long.ndjson.gz'));
    exact = openRecording(path('long.ndjson.gz'));
    expect(recording.weightOf(0, recording.samples())).toBeGreaterThan(7 * 1024 * 1024);
    const cursor = createCursor(exact, { exact: true, watched: false });
    for (const visit of [...visits].sort((a, b) => a - b)) truth.set(visit, counted(cursor.moveTo(visit)));
  }, 60_000);
  afterAll(() => {
    recording.close();
    exact.close();
  });

  it('shows at any moment, in any order, what folding all of it shows', () => {
    const cursor = createCursor(recording, { watched: false });
    for (const visit of visits) expectSame(counted(cursor.moveTo(visit)), truth.get(visit));
  });

  it('knows of a far moment the stretch before it, and says what it does not know', () => {
    const snapshot = createCursor(recording).moveTo(2_500);
    const times = snapshot.history.times(3_000);
    expect(Number.isNaN(times[0])).toBe(true);
    expect([...times.slice(-5)]).toEqual(
      [2_496, 2_497, 2_498, 2_499, 2_500].map((seq) => START_US + seq * 1e6),
    );
    expect(snapshot.insight.learning).toBe(true);
  });

  it('is watched from that moment on, one sample after the other', () => {
    const cursor = createCursor(recording);
    cursor.moveTo(2_500);
    for (let number = 2_501; number <= 2_500 + SPIKE.learningTicks; number += 1) cursor.foldTo(number);
    expect(cursor.session().watch?.insight.ticks).toBe(SPIKE.learningTicks);
    expect(cursor.moveTo(2_501 + SPIKE.learningTicks).insight.learning).toBe(false);
  });

  it('has all its marks, wherever one stands', () => {
    expect(marksOf(recording)).toHaveLength(75);
  });
});

/** -1 while it cannot be opened yet. */
const samplesIn = (file: string): number => {
  try {
    const recording = openRecording(file, { growing: true });
    recording.close();
    return recording.samples();
  } catch {
    return -1;
  }
};

describe('a recording that is being written', () => {
  const write = async (name: string, records: readonly StreamRecord[]) => {
    const recorder = createRecorder({ path: path(name), overwrite: false, owner: null, minFreeBytes: 0 });
    const session = createSession(headerOf());
    recorder.begin(headerOf(), () => checkpointOf(session));
    let next = 0;
    return {
      more: async (samples: number): Promise<void> => {
        for (let seen = 0; seen < samples && next < records.length; next += 1) {
          const record = records[next] as StreamRecord;
          recorder.write(record);
          foldInto(session, record);
          if (record.type === 'sample') seen += 1;
          if (next % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      },
      end: async (): Promise<void> => {
        for (; next < records.length; next += 1) recorder.write(records[next] as StreamRecord);
        await recorder.end();
      },
    };
  };

  it.each(['growing.ndjson', 'growing.ndjson.gz'])(
    '%s grows under its reader, block by block',
    async (name) => {
      const records = longSession(300);
      const writer = await write(name, records);
      await writer.more(7);
      await until(() => samplesIn(path(name)) === 7);
      const recording = openRecording(path(name), { growing: true });
      const cursor = createCursor(recording);
      for (const count of [20, 40, 41, 120, 250]) {
        await writer.more(count - recording.samples());
        await until(() => {
          recording.refresh();
          return recording.samples() === count;
        });
        cursor.renew();
        expect(cursor.moveTo(count - 1).bootUs).toBe(START_US + (count - 1) * 1_000_000);
      }
      await writer.end();
      await until(() => {
        recording.refresh();
        return recording.tail().some(({ type }) => type === 'trailer');
      });
      cursor.renew();
      const end = cursor.moveTo(recording.samples());
      expect(end).toMatchObject({ samples: 300, ended: { reason: 'end' } });
      expect(end.losses.byKind).toEqual({ 'lost-events': 15 });
      recording.close();
    },
  );

  it('is followed by a playback, to its end', async () => {
    const writer = await write('followed.ndjson', longSession(60));
    await writer.more(10);
    await until(() => samplesIn(path('followed.ndjson')) === 10);
    const recording = openRecording(path('followed.ndjson'), { growing: true });
    const store = createSnapshotStore();
    const playback = playRecording({
      recording,
      store,
      fromUs: null,
      speed: 1,
      playing: true,
      follow: true,
    });
    expect(playback.state()).toMatchObject({ sample: 9, following: true });
    await writer.more(10);
    await until(() => store.get()?.samples === 20);
    await writer.end();
    await until(() => store.get()?.ended?.reason === 'end');
    expect(playback.state()).toMatchObject({ following: false, playing: false, samples: 60 });
    playback.close();
    recording.close();
  });
});

describe('a recording in segments that is followed for long', () => {
  /** Files of ours that have no name any more, and are held all the same. */
  const heldNameless = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith(folder) && target.endsWith('(deleted)') ? [target] : [];
      } catch {
        return [];
      }
    });

  it('holds no segment that its recorder has dropped, and goes on with the same numbers', async () => {
    const file = path('ring.ndjson');
    let reader: Recording | null = null;
    let opened = 0;
    const bounds = { maxBytes: 512 * 1024, keepMs: null };
    const { session } = await recordAll({ path: file, bounds }, longSession(600, 60), {
      each: (_, index) => {
        if (index % 50 !== 0) return;
        if (reader === null && samplesIn(file) > 0) {
          reader = openRecording(file, { growing: true });
          opened = reader.samples();
        }
        reader?.refresh();
      },
    });
    const recording = reader as unknown as Recording;
    recording.refresh();
    expect(opened).toBeGreaterThan(0);
    expect(recording.samples()).toBe(600);
    expect(heldNameless()).toEqual([]);
    const cursor = createCursor(recording, { watched: false });
    expect(counted(cursor.moveTo(600))).toEqual({
      ...counted(snapshotOf(session)),
      header: recording.header,
    });
    const early = cursor.moveTo(3);
    expect(early.losses.gaps[0]?.reason).toContain('deleted since');
    expect(cursor.moveTo(600).losses.gaps).toEqual([]);
    recording.close();
  });
});

describe('marks', () => {
  it('set beside a recording belong to it from their time on, once', async () => {
    await recordAll({ path: path('marked.ndjson') }, longSession(60));
    const file = path('marked.ndjson');
    expect(appendMark(file, { bootUs: START_US + 20_500_000, text: 'restarted' })).toBeNull();
    expect(appendMark(file, { bootUs: START_US + 39_000_000, text: 'mark at 39' })).toBeNull();
    const recording = openRecording(file);
    const cursor = createCursor(recording);
    expect(cursor.moveTo(20).marks).toEqual([]);
    expect(cursor.moveTo(21).marks).toEqual([{ bootUs: START_US + 20_500_000, text: 'restarted' }]);
    expect(cursor.moveTo(60).marks.map(({ text }) => text)).toEqual(['restarted', 'mark at 39']);
    expect(marksOf(recording)).toHaveLength(2);
    recording.close();
  });

  it('set in a replay are there at once, and the next time', async () => {
    await recordAll({ path: path('set.ndjson') }, longSession(30));
    const recording = openRecording(path('set.ndjson'));
    const store = createSnapshotStore();
    const playback = playRecording({ recording, store, fromUs: START_US + 5e6, speed: 1, playing: false });
    expect(playback.mark('here')).toBeNull();
    expect(store.get()?.marks).toEqual([{ bootUs: START_US + 5e6, text: 'here' }]);
    expect(playback.marks()).toEqual([{ bootUs: START_US + 5e6, text: 'here' }]);
    playback.close();
    recording.close();
    const again = openRecording(path('set.ndjson'));
    expect(marksOf(again)).toHaveLength(1);
    again.close();
  });
});

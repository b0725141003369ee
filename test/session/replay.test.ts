import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { playRecording } from '../../src/session/play.ts';
import type { Recording } from '../../src/session/ports.ts';
import { createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { examples, itForEachExample } from '../helpers/examples.ts';
import { play, type Step, steps } from '../helpers/kernel-model.ts';
import { expectSame } from '../helpers/same.ts';
import { headerOf, plain, START_US, sampleOf } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const recordingOf = (records: readonly StreamRecord[]): Recording => {
  files += 1;
  const path = join(folder, `${files}.ndjson`);
  writeFileSync(path, [headerOf(), ...records].map((record) => `${JSON.stringify(record)}\n`).join(''));
  return openRecording(path);
};

/** The state after each of these samples, in one fold from the very start. */
const fromStart = (recording: Recording, numbers: readonly number[]): ReadonlyMap<number, object> => {
  const session = createSession(recording.header);
  const count = recording.samples();
  const states = new Map<number, object>();
  let sample = 0;
  for (const number of [...numbers].sort((a, b) => a - b)) {
    for (; sample <= Math.min(number, count - 1); sample += 1)
      for (const record of recording.recordsOf(sample)) foldInto(session, record);
    if (number >= count && sample === count) {
      for (const record of recording.tail()) foldInto(session, record);
      sample += 1;
    }
    states.set(number, plain(snapshotOf(session)));
  }
  return states;
};

const trailer: StreamRecord = {
  type: 'trailer',
  bootUs: START_US + 9e9,
  reason: 'end',
  samples: 0,
  records: 0,
};

describe('a cursor', () => {
  it('shows at each sample what folding from the start shows, in whatever order it is asked', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(60), { minLength: 1, maxLength: 12 }), (script, visits) => {
        const recording = recordingOf([...play(script).records, trailer]);
        const cursor = createCursor(recording);
        const expected = fromStart(recording, visits);
        for (const visit of visits) {
          expectSame(plain(cursor.moveTo(visit)), expected.get(visit));
          expect(cursor.position()).toBe(Math.min(visit, recording.samples() - 1));
        }
        recording.close();
      }),
      { numRuns: 40 },
    );
  });

  it('does so across checkpoints, also after there were too many of them', () => {
    const script: Step[] = Array.from({ length: 13_000 }, (_, index) =>
      index % 2 === 0
        ? { do: 'work', pid: 1 + (index % 3), metric: index % 4 === 0 ? 1 : 0, by: 1 + (index % 7) }
        : { do: 'sample', full: index % 60 === 1, host: index % 11 },
    );
    const recording = recordingOf(play(script).records);
    expect(recording.samples()).toBeGreaterThan(6_000);
    const cursor = createCursor(recording);
    const visits = [6_200, 299, 300, 301, 4_799, 4_800, 0, 6_499, 2_401, 10_000];
    const expected = fromStart(recording, visits);
    for (const visit of visits) {
      expectSame(plain(cursor.moveTo(visit)), expected.get(visit));
    }
    recording.close();
  });

  it('of a recording without a sample shows its beginning', () => {
    const recording = recordingOf([{ type: 'mark', bootUs: START_US, text: 'only this' }]);
    const snapshot = createCursor(recording).moveTo(0);
    expect(snapshot).toMatchObject({ samples: 0, marks: [{ text: 'only this' }] });
    recording.close();
  });
});

describe.runIf(examples.length > 0)('a cursor over bundled recordings', () => {
  itForEachExample((path) => {
    const recording = openRecording(path);
    const count = recording.samples();
    expect(count).toBeGreaterThan(0);
    const cursor = createCursor(recording);
    const visits = [1, 0.3, 0.8, 0, 0.31, 2, 0.5].map((share) => Math.floor((count - 1) * share));
    const expected = fromStart(recording, visits);
    for (const visit of visits) {
      expectSame(plain(cursor.moveTo(visit)), expected.get(visit));
    }
    recording.close();
  });
});

describe('the sample at a time', () => {
  it('is the last one at or before it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 30 }), fc.integer({ min: -5, max: 60 }), (list, time) => {
        const times = list.sort((a, b) => a - b);
        const recording = recordingOf(times.map((at, seq) => sampleOf(seq, {}, { bootUs: at + START_US })));
        const at = recording.sampleAt(time + START_US);
        recording.close();
        expect(at).toBe(Math.max(0, times.filter((one) => one <= time).length - 1));
      }),
    );
  });
});

describe('playback', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const tenSamples = (): Recording =>
    recordingOf([
      ...Array.from({ length: 10 }, (_, seq) => sampleOf(seq, { 'iomap.iter': [[7, seq + 1]] })),
      trailer,
    ]);

  const start = (change: { fromUs?: number; speed?: number; playing?: boolean } = {}) => {
    // The virtual clock runs on performance.now and timers: both are ours here.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const store = createSnapshotStore();
    const recording = tenSamples();
    const playback = playRecording({ recording, store, fromUs: null, speed: 1, playing: false, ...change });
    return { playback, store, shown: () => store.get()?.samples };
  };

  it('begins where it is reported, and shows it at once', () => {
    expect(start().shown()).toBe(1);
    const { playback, shown } = start({ fromUs: START_US + 3_500_000 });
    expect(shown()).toBe(4);
    expect(playback.state()).toEqual({
      startUs: START_US,
      endUs: START_US + 9_000_000,
      positionUs: START_US + 3_000_000,
      sample: 3,
      samples: 10,
      playing: false,
      speed: 1,
      following: false,
    });
    playback.close();
  });

  it('plays in real time, or as many times faster, to the end, and stops there', async () => {
    const { playback, store, shown } = start({ playing: true });
    await vi.advanceTimersByTimeAsync(2_050);
    expect(shown()).toBe(3);
    playback.setSpeed(4);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(shown()).toBe(7);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shown()).toBe(10);
    expect(playback.state().playing).toBe(false);
    expect(store.get()?.ended?.reason).toBe('end');
    playback.close();
  });

  it('pauses at a moment that is to be looked at, and plays on from one that is jumped to', async () => {
    const { playback, shown } = start({ playing: true });
    playback.seek(START_US + 4e6, true);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(shown()).toBe(5);
    expect(playback.state().playing).toBe(false);
    playback.toggle();
    playback.seek(START_US + 2e6);
    await vi.advanceTimersByTimeAsync(2_050);
    expect(shown()).toBe(5);
    playback.close();
  });

  it('at full speed is at the end soon', async () => {
    const { playback, shown } = start({ playing: true, speed: Number.POSITIVE_INFINITY });
    await vi.advanceTimersByTimeAsync(50);
    expect(shown()).toBe(10);
    expect(playback.state().playing).toBe(false);
    playback.close();
  });

  it('steps forward and back, pausing, never beyond either end', () => {
    const { playback, store } = start({ playing: true });
    const at: number[] = [];
    for (const by of [1, 5, 100, -1, -100, 3]) {
      playback.step(by);
      at.push(playback.state().sample);
    }
    expect(at).toEqual([1, 6, 9, 8, 0, 3]);
    expect(playback.state().playing).toBe(false);
    playback.step(100);
    expect(store.get()?.ended).not.toBeNull();
    playback.step(-1);
    expect(store.get()?.ended).toBeNull();
    playback.close();
  });

  it('seeks to the last sample at or before a time', () => {
    const { playback } = start();
    for (const [offsetUs, sample] of [
      [4_999_999, 4],
      [5_000_000, 5],
      [-1, 0],
      [1e12, 9],
    ] as const) {
      playback.seek(START_US + offsetUs);
      expect(playback.state().sample).toBe(sample);
    }
    playback.close();
  });

  it('played again at its end begins anew', async () => {
    const { playback } = start({ fromUs: START_US + 9e9 });
    expect(playback.state()).toMatchObject({ sample: 9, playing: false });
    playback.toggle();
    expect(playback.state()).toMatchObject({ sample: 0, playing: true });
    await vi.advanceTimersByTimeAsync(1_050);
    expect(playback.state().sample).toBe(1);
    playback.toggle();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(playback.state()).toMatchObject({ sample: 1, playing: false });
    playback.close();
  });

  it('reports its listeners, until they leave or it is closed', async () => {
    const { playback } = start({ playing: true });
    let calls = 0;
    const leave = playback.subscribe(() => {
      calls += 1;
    });
    playback.step(1);
    playback.setSpeed(2);
    expect(calls).toBe(2);
    leave();
    playback.step(1);
    expect(calls).toBe(2);
    playback.toggle();
    playback.close();
    playback.close();
    const { sample } = playback.state();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(playback.state()).toMatchObject({ sample, playing: false });
  });
});

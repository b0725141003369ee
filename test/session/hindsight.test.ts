/** What is seen in hindsight is what was seen then, however one gets there, and memory keeps its bound. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { createState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { createHindsight } from '../../src/session/hindsight.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { openRecording } from '../../src/sources/recording.ts';
import { examples } from '../helpers/examples.ts';
import { headerOf, plain, START_US, sampleOf } from '../helpers/stream.ts';

/** Short, so that a difference does not fill the screen. What is computed when asked for may know more by then. */
const digest = (snapshot: Snapshot): string => {
  const { incidents, links, ...seen } = plain(snapshot) as Record<string, unknown>;
  return createHash('sha1').update(JSON.stringify(seen)).digest('hex');
};

/** A session of `samples` samples with a process that comes, one that goes, and a gap. */
const begin = (maxBytes?: number) => {
  const state = createState(headerOf());
  const live = createSnapshotStore();
  const hindsight = createHindsight(live, maxBytes);
  const seen = new Map<number, string>();
  const take = (record: StreamRecord): void => {
    fold(state, record);
    hindsight.remember(record, state);
    if (record.type !== 'sample') return;
    live.set(takeSnapshot(state));
    seen.set(record.bootUs, digest(takeSnapshot(state)));
  };
  const shown = (): string => digest(hindsight.shown.get() ?? expect.fail('nothing is shown'));
  const run = (from: number, to: number): void => {
    for (let seq = from; seq < to; seq += 1) {
      const bootUs = START_US + seq * 1_000_000;
      if (seq % 50 === 0)
        take({ type: 'process', bootUs, pid: 100 + seq, startMs: seq * 1000, comm: `p${seq}` });
      if (seq === 130)
        take({ type: 'gap', bootUs, fromBootUs: bootUs - 500_000, reason: 'the tracer ended' });
      take(
        sampleOf(
          seq,
          {
            'iomap.iter': [
              [7, seq * seq],
              [100 + seq - (seq % 50), seq * 3],
            ],
          },
          { epoch: seq >= 130 ? 1 : 0, host: { 'vm.pgfault': seq * 11, 'mem.free': 1e6 - seq } },
        ),
      );
    }
  };
  return { hindsight, live, seen, run, shown };
};

describe('hindsight', () => {
  it('shows every moment in memory as it was, stepping and jumping, while collecting goes on', () => {
    const { hindsight, live, seen, run, shown } = begin();
    run(0, 400);
    expect(hindsight.state()).toMatchObject({ following: true, samples: 400 });
    hindsight.toggle();
    const heldAt = hindsight.shown.get()?.bootUs ?? 0;
    run(400, 410);
    expect(hindsight.shown.get()?.bootUs).toBe(heldAt);
    expect(live.get()?.bootUs).toBeGreaterThan(heldAt);
    for (const move of [-1, -1, 1, -30, -1, -150, 7, 200, -1, -380, 1, 130, -1]) {
      const before = hindsight.state().positionUs;
      hindsight.step(move);
      const { positionUs, following } = hindsight.state();
      if (following !== true && hindsight.state().sample > 0)
        expect(positionUs - before).toBe(move * 1_000_000);
      expect(shown()).toBe(seen.get(positionUs));
    }
    for (const second of [300, 12, 129, 131, 250, 119, 120, 121, 1]) {
      hindsight.seek(START_US + second * 1_000_000 + 400_000);
      expect(hindsight.state().positionUs).toBe(START_US + second * 1_000_000);
      expect(shown()).toBe(seen.get(hindsight.state().positionUs));
    }
  });

  it('ends before what it has forgotten, and follows again at its end', () => {
    const { hindsight, seen, run, shown } = begin(40_000);
    run(0, 900);
    expect(hindsight.bytes()).toBeLessThan(60_000);
    const { startUs, samples } = hindsight.state();
    expect(startUs).toBeGreaterThan(START_US + 100_000_000);
    expect(samples).toBeLessThan(800);
    hindsight.step(-5000);
    expect(hindsight.state()).toMatchObject({ sample: 0, positionUs: startUs, following: false });
    expect(shown()).toBe(seen.get(startUs));
    hindsight.step(5000);
    expect(hindsight.state().following).toBe(true);
    expect(shown()).toBe(seen.get(START_US + 899_000_000));
    hindsight.toggle();
    hindsight.toggle();
    expect(hindsight.state().following).toBe(true);
  });

  it.each(examples)('is exact in a real session: %s', (file) => {
    const recording = openRecording(file);
    const state = createState(recording.header);
    const live = createSnapshotStore();
    const hindsight = createHindsight(live);
    const seen = new Map<number, string>();
    for (let number = 0; number < recording.samples(); number += 1) {
      for (const record of recording.recordsOf(number)) {
        fold(state, record);
        hindsight.remember(record, state);
      }
      live.set(takeSnapshot(state));
      seen.set(state.bootUs, digest(takeSnapshot(state)));
    }
    recording.close();
    expect(hindsight.state().samples).toBeGreaterThan(20);
    hindsight.toggle();
    while (hindsight.state().sample > 0) {
      hindsight.step(-7);
      const shown = hindsight.shown.get() ?? expect.fail('nothing is shown');
      expect(digest(shown)).toBe(seen.get(shown.bootUs));
    }
  });
});

/** What is seen in hindsight is what was seen then, however one gets there, and memory keeps its bound. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { beginLive } from '../helpers/live.ts';
import { headerOf, plain, START_US, sampleOf } from '../helpers/stream.ts';

/** Short, so that a difference does not fill the screen. What is computed when asked for may know more by then. */
const digest = (snapshot: WatchedSnapshot): string => {
  const { incidents, links, ...seen } = plain(snapshot) as Record<string, unknown>;
  return createHash('sha1').update(JSON.stringify(seen)).digest('hex');
};

/** A session with processes that come, and a gap. */
const begin = (maxBytes?: number) => {
  const seen = new Map<number, string>();
  const session = beginLive(headerOf(), {
    ...(maxBytes === undefined ? {} : { maxBytes }),
    onSample: (snapshot) => seen.set(snapshot.bootUs, digest(snapshot)),
  });
  const shown = (): string => digest(session.shown.get() ?? expect.fail('nothing is shown'));
  const run = async (from: number, to: number): Promise<void> => {
    for (let seq = from; seq < to; seq += 1) await session.take(...recordsAt(seq));
  };
  return { ...session, seen, run, shown, store: session.shown };
};

const recordsAt = (seq: number): StreamRecord[] => {
  const bootUs = START_US + seq * 1_000_000;
  const counters = {
    'iomap.iter': [
      [7, seq * seq],
      [100 + seq - (seq % 50), seq * 3],
    ],
  };
  const host = { 'vm.pgfault': seq * 11, 'mem.free': 1e6 - seq };
  const records: StreamRecord[] = [];
  if (seq % 50 === 0)
    records.push({ type: 'process', bootUs, pid: 100 + seq, startMs: seq * 1000, comm: `p${seq}` });
  if (seq === 130)
    records.push({ type: 'gap', bootUs, fromBootUs: bootUs - 500_000, reason: 'the tracer ended' });
  return [...records, sampleOf(seq, counters, { epoch: seq >= 130 ? 1 : 0, host })];
};

describe('memory', () => {
  it('shows every moment in memory as it was, stepping and jumping, while collecting goes on', async () => {
    const { playback, live, store, seen, run, shown } = begin();
    await run(0, 400);
    expect(playback.state()).toMatchObject({ following: true, samples: 400 });
    playback.toggle();
    const heldAt = store.get()?.bootUs ?? 0;
    await run(400, 410);
    expect(store.get()?.bootUs).toBe(heldAt);
    expect(live.get()?.bootUs).toBeGreaterThan(heldAt);
    for (const move of [-1, -1, 1, -30, -1, -150, 7, 200, -1, -380, 1, 130, -1]) {
      const before = playback.state().positionUs;
      playback.step(move);
      const { positionUs, following } = playback.state();
      if (following !== true && playback.state().sample > 0)
        expect(positionUs - before).toBe(move * 1_000_000);
      expect(shown()).toBe(seen.get(positionUs));
    }
    for (const second of [300, 12, 129, 131, 250, 119, 120, 121, 1]) {
      playback.seek(START_US + second * 1_000_000 + 400_000);
      expect(playback.state().positionUs).toBe(START_US + second * 1_000_000);
      expect(shown()).toBe(seen.get(playback.state().positionUs));
    }
  });

  it('ends before what it has forgotten, and follows again at its end', async () => {
    const { playback, memory, seen, run, shown } = begin(40_000);
    await run(0, 900);
    expect(memory.bytes()).toBeLessThan(60_000);
    const { startUs, samples } = playback.state();
    expect(startUs).toBeGreaterThan(START_US + 100_000_000);
    expect(samples).toBeLessThan(800);
    playback.step(-5000);
    expect(playback.state()).toMatchObject({ sample: 0, positionUs: startUs, following: false });
    expect(shown()).toBe(seen.get(startUs));
    playback.step(5000);
    expect(playback.state().following).toBe(true);
    expect(shown()).toBe(seen.get(START_US + 899_000_000));
    playback.toggle();
    playback.toggle();
    expect(playback.state().following).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckpointRecord, checkpointOf, restoreState } from '../../src/core/checkpoint.ts';
import { fold } from '../../src/core/fold.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { createState, type SessionState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { openRecording } from '../../src/sources/recording.ts';
import { decodeRecord } from '../../src/wire/recording.ts';
import { examples } from '../helpers/examples.ts';
import { play, steps } from '../helpers/kernel-model.ts';
import { timesOf } from '../helpers/recorded.ts';
import { foldAll, headerOf, START_US, sampleOf } from '../helpers/stream.ts';

/** Through the text of a file, as a reader gets it. */
const throughText = (state: SessionState): CheckpointRecord[] =>
  checkpointOf(state).map((part) => {
    const decoded = decodeRecord(JSON.parse(JSON.stringify(part)));
    if (decoded.kind !== 'checkpoint') throw new Error(JSON.stringify(decoded));
    return decoded.checkpoint;
  });

const restored = (state: SessionState): SessionState => {
  const again = restoreState(state.header, throughText(state));
  if (again === null) throw new Error('not restored');
  return again;
};

/** All but what a checkpoint does not promise: the past before it, and what insight has learnt. */
const promised = (snapshot: Snapshot): object => {
  const { insight: _insight, breakdown: _breakdown, history: _history, ...data } = snapshot;
  const parts = data.rows.map(({ id }) => data.metrics.map((metric) => snapshot.breakdown(id, metric.id)));
  return { ...data, parts };
};

const foldOn = (state: SessionState, records: readonly StreamRecord[]): Snapshot => {
  for (const record of records) fold(state, record);
  return takeSnapshot(state);
};

describe('a checkpoint', () => {
  it('anywhere in any session: what follows is as if all before had been folded', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (script, share) => {
        const { records } = play(script);
        const samples = records.flatMap(({ type }, index) => (type === 'sample' ? [index + 1] : []));
        const cut = samples[Math.floor(share * (samples.length - 1))] ?? 0;
        const state = foldAll(records.slice(0, cut));
        const again = restored(state);
        for (const record of records.slice(cut)) {
          const [a, b] = [foldOn(state, [record]), foldOn(again, [record])];
          if (record.type === 'sample') expect(promised(b)).toEqual(promised(a));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(examples)('in the middle of %s', (path) => {
    const recording = openRecording(path);
    const middle = recording.samples() >> 1;
    const state = createState(recording.header);
    for (const number of timesOf(recording).keys())
      if (number < middle) foldOn(state, recording.recordsOf(number));
    const again = restored(state);
    for (const number of timesOf(recording).keys()) {
      if (number < middle) continue;
      const records = recording.recordsOf(number);
      expect(promised(foldOn(again, records))).toEqual(promised(foldOn(state, records)));
    }
    recording.close();
  });

  it('keeps what was not counted to stay within the budget, and what was shared out', () => {
    const step = (bootUs: number, uncounted: readonly string[]): StreamRecord => ({
      type: 'probe',
      bootUs,
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      uncounted,
    });
    const bootUs = START_US + 1_500_000;
    const shared = { type: 'loss', bootUs, kind: 'shared-steps', count: 7, metric: 'iomap.iter' } as const;
    const before = [sampleOf(0, {}), step(bootUs, ['iomap.iter']), shared, sampleOf(2, {})];
    const after = [step(START_US + 4_000_000, []), sampleOf(5, {})];
    for (const cut of [before, [...before, ...after]]) {
      const again = takeSnapshot(restored(foldAll(cut)));
      expect(again.coverage).toEqual(takeSnapshot(foldAll(cut)).coverage);
      expect(again.coverage['iomap.iter']?.coverage).not.toBe('exact');
    }
    const end = foldOn(restored(foldAll(before)), after);
    expect(end.coverage).toEqual(takeSnapshot(foldAll([...before, ...after])).coverage);
  });

  it('knows what the session had recognised, and that the past is unknown', () => {
    const records = Array.from({ length: 20 }, (_, seq) => sampleOf(seq, { 'iomap.iter': [[7, seq * 10]] }));
    const again = restored(foldAll(records));
    const snapshot = foldOn(again, [sampleOf(20, { 'iomap.iter': [[7, 205]] })]);
    expect([...snapshot.history.row('7@?', 'iomap.iter', 3)]).toEqual([Number.NaN, Number.NaN, 15]);
    expect([...snapshot.history.all('iomap.iter', 2)]).toEqual([Number.NaN, 15]);
    expect(snapshot.insight.learning).toBe(true);
    expect(snapshot.totals['iomap.iter']).toEqual({ total: 205, delta: 15 });
  });

  it('keeps the last readings while the tracer is not read', () => {
    const state = foldAll([
      sampleOf(0, { 'iomap.iter': [[7, 10]] }),
      sampleOf(1, { 'iomap.iter': [[7, 25]] }),
      sampleOf(2, {}, { counted: false }),
    ]);
    const more = [sampleOf(3, {}, { counted: false })];
    expect(promised(foldOn(restored(state), more))).toEqual(promised(foldOn(state, more)));
  });

  it('of thousands of processes comes in parts, of which none may be missing', () => {
    const state = foldAll([
      sampleOf(0, { 'iomap.iter': Array.from({ length: 2_500 }, (_, pid) => [pid + 1, pid + 3]) }),
    ]);
    const parts = throughText(state);
    expect(parts.length).toBeGreaterThan(2);
    expect(takeSnapshot(restoreState(headerOf(), parts) ?? createState(headerOf())).rows).toHaveLength(2_500);
    expect(restoreState(headerOf(), parts.slice(1))).toBeNull();
    expect(restoreState(headerOf(), parts.slice(0, -1))).toBeNull();
    expect(restoreState(headerOf(), [...parts].reverse())).toBeNull();
  });
});

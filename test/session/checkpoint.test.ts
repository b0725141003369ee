import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import type { WatchedCheckpoint } from '../../src/insight/checkpoint.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import {
  checkpointOf,
  createSession,
  foldInto,
  restoreSession,
  type Session,
  snapshotOf,
} from '../../src/session/session.ts';
import { decodeRecord } from '../../src/wire/recording.ts';
import { itForEachExample } from '../helpers/examples.ts';
import { play, steps } from '../helpers/kernel-model.ts';
import { timesOf } from '../helpers/recorded.ts';
import { expectSame } from '../helpers/same.ts';
import { headerOf, START_US, sampleOf, sessionAfter } from '../helpers/stream.ts';

/** Through the text of a file, as a reader gets it. */
const throughText = (session: Session): WatchedCheckpoint[] =>
  checkpointOf(session).map((part) => {
    const decoded = decodeRecord(JSON.parse(JSON.stringify(part)));
    if (decoded.kind !== 'checkpoint') throw new Error(JSON.stringify(decoded));
    return decoded.checkpoint;
  });

const restored = (session: Session): Session => {
  const again = restoreSession(session.state.header, throughText(session));
  if (again === null) throw new Error('not restored');
  return again;
};

/** All but what a checkpoint does not promise: the past before it, and what insight has learnt. */
const promised = (snapshot: WatchedSnapshot): object => {
  const { insight: _insight, breakdown: _breakdown, history: _history, ...data } = snapshot;
  const parts = data.rows.map(({ id }) => data.metrics.map((metric) => snapshot.breakdown(id, metric.id)));
  return { ...data, parts };
};

const foldOn = (session: Session, records: readonly StreamRecord[]): WatchedSnapshot => {
  for (const record of records) foldInto(session, record);
  return snapshotOf(session);
};

describe('a checkpoint', () => {
  it('anywhere in any session: what follows is as if all before had been folded', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (script, share) => {
        const { records } = play(script);
        const samples = records.flatMap(({ type }, index) => (type === 'sample' ? [index + 1] : []));
        const cut = samples[Math.floor(share * (samples.length - 1))] ?? 0;
        const session = sessionAfter(records.slice(0, cut));
        const again = restored(session);
        for (const record of records.slice(cut)) {
          const [a, b] = [foldOn(session, [record]), foldOn(again, [record])];
          if (record.type === 'sample') expectSame(promised(b), promised(a));
        }
      }),
      { numRuns: 60 },
    );
  });

  describe('in the middle of', () => {
    itForEachExample((path) => {
      const recording = openRecording(path);
      const middle = recording.samples() >> 1;
      const session = createSession(recording.header);
      for (const number of timesOf(recording).keys())
        if (number < middle) foldOn(session, recording.recordsOf(number));
      const again = restored(session);
      for (const number of timesOf(recording).keys()) {
        if (number < middle) continue;
        const records = recording.recordsOf(number);
        expectSame(promised(foldOn(again, records)), promised(foldOn(session, records)));
      }
      recording.close();
    });
  });

  it('keeps what was not counted to stay within the budget, and what was shared out', () => {
    const step = (bootUs: number, uncounted: readonly string[]): StreamRecord => ({
      type: 'probe',
      bootUs,
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      uncounted,
      estimated: { 'iomap.seek_hole': 'one in eight' },
    });
    const bootUs = START_US + 1_500_000;
    const shared = { type: 'loss', bootUs, kind: 'shared-steps', count: 7, metric: 'iomap.iter' } as const;
    const over = { ...shared, kind: 'over-steps', count: 3 } as const;
    const least = { ...shared, kind: 'least-steps', count: 2 } as const;
    const unseen = { ...shared, kind: 'unseen-program', count: 1 } as const;
    const missed = { ...shared, kind: 'missed-runs', count: 2 } as const;
    const reported = [step(bootUs, ['iomap.iter']), shared, over, least, unseen, missed];
    const before = [sampleOf(0, {}), ...reported, sampleOf(2, {})];
    const after = [step(START_US + 4_000_000, []), sampleOf(5, {})];
    for (const cut of [before, [...before, ...after]]) {
      const again = snapshotOf(restored(sessionAfter(cut)));
      expect(again.coverage).toEqual(snapshotOf(sessionAfter(cut)).coverage);
      expect(again.coverage['iomap.iter']?.coverage).not.toBe('exact');
    }
    const end = foldOn(restored(sessionAfter(before)), after);
    expect(end.coverage).toEqual(snapshotOf(sessionAfter([...before, ...after])).coverage);
  });

  it('knows where threads waited at the last reading, and forgets it with the next', () => {
    const waits = { threads: 2, channels: [{ name: 'rwsem_down_read_slowpath', threads: 2, pids: [7] }] };
    const before = [sampleOf(0, {}), sampleOf(1, {}, { waits })];
    expect(snapshotOf(restored(sessionAfter(before))).waits).toEqual(waits);
    expect(foldOn(restored(sessionAfter(before)), [sampleOf(2, {})]).waits).toBeNull();
  });

  it('knows what the session had recognised, and that the past is unknown', () => {
    const records = Array.from({ length: 20 }, (_, seq) => sampleOf(seq, { 'iomap.iter': [[7, seq * 10]] }));
    const again = restored(sessionAfter(records));
    const snapshot = foldOn(again, [sampleOf(20, { 'iomap.iter': [[7, 205]] })]);
    expect([...snapshot.history.row('7@?', 'iomap.iter', 3)]).toEqual([Number.NaN, Number.NaN, 15]);
    expect([...snapshot.history.all('iomap.iter', 2)]).toEqual([Number.NaN, 15]);
    expect(snapshot.insight.learning).toBe(true);
    expect(snapshot.totals['iomap.iter']).toEqual({ total: 205, delta: 15 });
  });

  it('keeps the last readings while the tracer is not read', () => {
    const session = sessionAfter([
      sampleOf(0, { 'iomap.iter': [[7, 10]] }),
      sampleOf(1, { 'iomap.iter': [[7, 25]] }),
      sampleOf(2, {}, { counted: false }),
    ]);
    const more = [sampleOf(3, {}, { counted: false })];
    expect(promised(foldOn(restored(session), more))).toEqual(promised(foldOn(session, more)));
  });

  it('of thousands of processes comes in parts, of which none may be missing', () => {
    const session = sessionAfter([
      sampleOf(0, { 'iomap.iter': Array.from({ length: 2_500 }, (_, pid) => [pid + 1, pid + 3]) }),
    ]);
    const parts = throughText(session);
    expect(parts.length).toBeGreaterThan(2);
    expect(snapshotOf(restoreSession(headerOf(), parts) ?? createSession(headerOf())).rows).toHaveLength(
      2_500,
    );
    expect(restoreSession(headerOf(), parts.slice(1))).toBeNull();
    expect(restoreSession(headerOf(), parts.slice(0, -1))).toBeNull();
    expect(restoreSession(headerOf(), [...parts].reverse())).toBeNull();
  });
});

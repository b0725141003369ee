/** The keystone: what was recorded, and what is in memory, shows exactly what was seen live. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRecorder } from '../../src/recording/write/recorder.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { examples, itForEachExample } from '../helpers/examples.ts';
import { play, steps } from '../helpers/kernel-model.ts';
import { beginLive, recordsIn } from '../helpers/live.ts';
import { timesOf } from '../helpers/recorded.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { expectSame } from '../helpers/same.ts';
import { headerOf, plain, START_US } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'keystone-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

type Seen = {
  /** What was shown live, what of it was shown again when it was stepped back to, and where it was recorded. */
  readonly live: Record<string, unknown>[];
  readonly again: ReadonlyMap<number, object>;
  readonly path: string;
};

/** Incidents and links are asked for at so many samples: each is computed from all spikes until then. */
const EXPLAINED_EVERY = HAS_TIME ? 1 : 8;

const seen = (snapshot: WatchedSnapshot): Record<string, unknown> =>
  plain(snapshot, snapshot.samples % EXPLAINED_EVERY === 0);

/** Traces as `live` does, with a recorder and memory beside it, and steps back to the beginning at the end. */
const trace = async (
  header: HeaderRecord,
  records: readonly StreamRecord[],
  stride: number,
): Promise<Seen> => {
  files += 1;
  const path = join(folder, `${files}.ndjson`);
  const live: Record<string, unknown>[] = [];
  const { playback, shown, take, end } = beginLive(header, {
    sinks: [createRecorder({ path, overwrite: false, owner: null })],
    onSample: (snapshot, { type }) => type === 'sample' && live.push(seen(snapshot)),
  });
  await take(...records);
  await end();
  const again = new Map<number, object>();
  playback.toggle();
  while (playback.state().sample > 0) {
    playback.step(-stride);
    again.set(playback.state().sample, plain(shown.get() ?? expect.fail('nothing is shown'), false));
  }
  return { live, again, path };
};

/** What is computed when it is asked for may know more by then. */
const known = ({ incidents: _incidents, links: _links, ...rest }: Record<string, unknown>): object => rest;

/** As `replay` does. */
const replayed = (path: string): object[] => {
  const recording = openRecording(path);
  const cursor = createCursor(recording);
  const snapshots = timesOf(recording).map((_, number) => seen(cursor.moveTo(number)));
  recording.close();
  return snapshots;
};

describe('record, then replay', () => {
  it('any session: equal snapshots at every sample', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { records } = play(script);
        const samples = records.filter(({ type }) => type === 'sample').length;
        const end: StreamRecord = {
          type: 'trailer',
          bootUs: START_US + 1e9,
          reason: 'end',
          samples,
          records: 1,
        };
        const { live, again, path } = await trace(headerOf(), [...records, end], 1);
        expect(live).toHaveLength(samples);
        expectSame(replayed(path), live);
        expect(again.size).toBe(Math.max(0, samples - 1));
        for (const [sample, snapshot] of again) expectSame(snapshot, known(live[sample] ?? {}));
      }),
      { numRuns: 30 },
    );
  });

  const none = examples.length === 0;
  describe.skipIf(none)(`bundled recordings${none ? ' [needs examples/*.ndjson]' : ''}`, () => {
    itForEachExample(async (path) => {
      const original = openRecording(path);
      const { live, again, path: copy } = await trace(original.header, recordsIn(original), 7);
      original.close();
      expect(live.length).toBeGreaterThan(0);
      expectSame(replayed(copy), live);
      expectSame(replayed(path), live);
      expect(again.size).toBe(Math.ceil((live.length - 1) / 7));
      for (const [sample, snapshot] of again) expectSame(snapshot, known(live[sample] ?? {}));
    });
  });
});

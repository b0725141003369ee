/** The keystone: what was recorded shows, replayed, exactly what was seen live. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import type { Source } from '../../src/session/ports.ts';
import { pump } from '../../src/session/pump.ts';
import { createCursor } from '../../src/session/replay.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { createRecorder } from '../../src/sinks/recorder.ts';
import { createRecordingSource, openRecording } from '../../src/sources/recording.ts';
import { examples } from '../helpers/examples.ts';
import { play, steps } from '../helpers/kernel-model.ts';
import { timesOf } from '../helpers/recorded.ts';
import { headerOf, plain, START_US } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'keystone-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** Runs a source as live tracing does, with a recorder beside it; the snapshots seen, and where they were recorded. */
const record = async (source: Source): Promise<{ readonly seen: object[]; readonly path: string }> => {
  files += 1;
  const path = join(folder, `${files}.ndjson`);
  const seen: object[] = [];
  await pump({
    source,
    sinks: [createRecorder({ path, overwrite: false, owner: null })],
    store: createSnapshotStore(),
    onSample: (snapshot, { type }) => type === 'sample' && seen.push(plain(snapshot)),
  });
  return { seen, path };
};

const replayed = (path: string): object[] => {
  const recording = openRecording(path);
  const cursor = createCursor(recording);
  const snapshots = timesOf(recording).map((_, number) => plain(cursor.moveTo(number)));
  recording.close();
  return snapshots;
};

const sourceOf = (header: HeaderRecord, records: readonly StreamRecord[]): Source => ({
  open: async () => header,
  records: async function* () {
    yield* records;
  },
  stop: () => undefined,
});

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
        const { seen, path } = await record(sourceOf(headerOf(), [...records, end]));
        expect(seen).toHaveLength(samples);
        expect(replayed(path)).toEqual(seen);
      }),
      { numRuns: 30 },
    );
  });

  const none = examples.length === 0;
  describe.skipIf(none)(`bundled recordings${none ? ' [needs examples/*.ndjson]' : ''}`, () => {
    it.each(none ? [['none', '']] : examples.map((path) => [basename(path), path]))('%s', async (_, path) => {
      const original = openRecording(path);
      const { seen, path: copy } = await record(createRecordingSource(original));
      original.close();
      expect(seen.length).toBeGreaterThan(0);
      expect(replayed(copy)).toEqual(seen);
      expect(replayed(path)).toEqual(seen);
    });
  });
});

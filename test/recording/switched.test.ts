/** A recording begun in the middle holds what came after, knows what was counted before, and ends in order. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRecorder } from '../../src/recording/write/recorder.ts';
import { createSwitchedRecorder } from '../../src/recording/write/switched.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { checkpointOf, createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { longSession } from '../helpers/long-session.ts';
import { headerOf } from '../helpers/stream.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switched-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'out.ndjson.gz');
const recorder = () => createRecorder({ path: path(), overwrite: false, owner: null });

const begin = () => {
  const header = headerOf();
  const records = longSession(120);
  const session = createSession(header);
  const sink = createSwitchedRecorder();
  sink.begin(header, () => checkpointOf(session));
  const take = (record: StreamRecord): void => {
    sink.write(record);
    foldInto(session, record);
  };
  return { sink, session, take, records };
};

it('holds what came after it was begun, with the totals of the whole session', async () => {
  const { sink, session, take, records } = begin();
  let samples = 0;
  let ended: Promise<void> | null = null;
  let truth = snapshotOf(session);
  for (const record of records) {
    // In the middle of a group of records, as a key is pressed at any time.
    if (samples === 50 && record.type === 'sample') sink.start(recorder());
    take(record);
    if (record.type === 'sample') samples += 1;
    if (samples === 90 && ended === null) {
      truth = snapshotOf(session);
      ended = sink.stop('enough');
    }
  }
  await ended;
  expect(sink.current()).toBeNull();
  const recording = openRecording(path());
  const cursor = createCursor(recording);
  expect(recording.samples()).toBe(39);
  const end = cursor.moveTo(recording.samples());
  expect(end.bootUs).toBe(truth.bootUs);
  expect(end.samples).toBe(90);
  expect(end.totals).toEqual(truth.totals);
  expect(end.rows).toEqual(truth.rows);
  expect(end.ended?.reason).toBe('enough');
  recording.close();
});

it('leaves no file where the session ended before the recording began', async () => {
  const { sink, take, records } = begin();
  for (const record of records.slice(0, 3)) take(record);
  sink.start(recorder());
  await sink.end();
  expect(readdirSync(folder)).toEqual([]);
});

it('begins the next one while the last is still being written, and mixes nothing', async () => {
  const { sink, take, records } = begin();
  let samples = 0;
  for (const record of records) {
    if (samples === 30 && record.type === 'sample') sink.start(recorder());
    if (samples === 60 && record.type === 'sample') {
      void sink.stop('first');
      sink.start(createRecorder({ path: join(folder, 'second.ndjson.gz'), overwrite: false, owner: null }));
    }
    take(record);
    if (record.type === 'sample') samples += 1;
  }
  await sink.end();
  for (const [file, count] of [
    [path(), 30],
    [join(folder, 'second.ndjson.gz'), 60],
  ] as const) {
    const recording = openRecording(file);
    expect(recording.samples()).toBe(count);
    const end = createCursor(recording).moveTo(recording.samples());
    expect(end.ended).not.toBeNull();
    expect(end.losses.byKind.damaged ?? 0).toBe(0);
    recording.close();
  }
});

/** What memory holds becomes the recording that there would have been from its beginning. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRecorder } from '../../src/recording/write/recorder.ts';
import { createSwitchedRecorder } from '../../src/recording/write/switched.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { heldIn } from '../../src/session/held.ts';
import { beginLive, recordsIn } from '../helpers/live.ts';
import { longSession } from '../helpers/long-session.ts';
import { headerOf, plain } from '../helpers/stream.ts';
import { until } from '../helpers/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'held-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'held.ndjson.gz');
const recorder = () => createRecorder({ path: path(), overwrite: false, owner: null, minFreeBytes: 0 });

/** A long session, of which `before` records come before the key is pressed. */
const sessionTo = async (before: number, maxBytes?: number) => {
  const sink = createSwitchedRecorder();
  const records = longSession(400);
  const session = beginLive(headerOf(), { sinks: [sink], ...(maxBytes === undefined ? {} : { maxBytes }) });
  await session.take(...records.slice(0, before));
  return { ...session, sink, records, rest: records.slice(before) };
};

const read = () => {
  const recording = openRecording(path());
  const cursor = createCursor(recording, { exact: true });
  const end = cursor.moveTo(recording.samples());
  const found = { records: recordsIn(recording), end, samples: recording.samples() };
  recording.close();
  return found;
};

const samplesOf = (records: readonly StreamRecord[]): number[] =>
  records.flatMap((record) => (record.type === 'sample' ? [record.seq] : []));

describe('a recording begun with what is held', () => {
  // In the middle of the records of a sample too.
  it.each([300, 301, 302, 303])('is the whole session, pressed after %i records', async (before) => {
    const { sink, memory, live, take, end, rest, records } = await sessionTo(before);
    sink.start(recorder(), heldIn(memory));
    // Some come while memory is still being written, the others after it.
    await take(...rest.slice(0, 40));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await take(...rest.slice(40));
    await end();
    const found = read();
    expect(found.records).toEqual(records.map((record) => expectedOf(record, found.records)));
    expect(plain(found.end)).toEqual(plain(live.get() ?? expect.fail('nothing was shown')));
  });

  it('ends where the key ends it, even before memory was written', async () => {
    const { sink, memory, take, end, rest } = await sessionTo(200);
    const held = memory.samples();
    sink.start(recorder(), heldIn(memory));
    const stopped = sink.stop('recording ended by its key');
    await take(...rest.slice(0, 20));
    await stopped;
    const found = read();
    expect(samplesOf(found.records).slice(0, held)).toEqual(Array.from({ length: held }, (_, seq) => seq));
    expect(found.end.ended?.reason).toBe('recording ended by its key');
    await end();
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('begins where memory does, with the totals of the whole session', async () => {
    const { sink, memory, live, take, end, rest } = await sessionTo(520, 6_000);
    const first = memory.first();
    expect(first).toBeGreaterThan(0);
    const held = heldIn(memory);
    let isWritten = false;
    const next = (): ReturnType<typeof held.next> => {
      const records = held.next();
      isWritten ||= records === null;
      return records;
    };
    sink.start(recorder(), { ...held, next });
    // So little memory would drop what a busy disk has not taken yet.
    await until(() => isWritten);
    await take(...rest);
    await end();
    const found = read();
    expect(samplesOf(found.records)[0]).toBe(first);
    expect(found.end.totals).toEqual(live.get()?.totals);
    expect(found.end.losses.gaps).toEqual([]);
  });

  it('says what memory dropped while the disk was too slow for it', async () => {
    const { memory, take, end, rest } = await sessionTo(300, 6_000);
    const held = heldIn(memory);
    held.next();
    const before = memory.first();
    await take(...rest);
    expect(memory.first()).toBeGreaterThan(before);
    const records = held.next() ?? [];
    expect(records[0]).toMatchObject({ type: 'gap', unrecorded: 'counts', reason: /too slow/ });
    expect(samplesOf(records)).toEqual([memory.first()]);
    await end();
  });
});

/** A trailer counts what its file holds. */
const expectedOf = (record: StreamRecord, found: readonly StreamRecord[]): StreamRecord =>
  record.type === 'trailer' ? { ...record, records: found.length + 1 } : record;

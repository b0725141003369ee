/**
 * What happens while the disk is being waited for, and when it fails. `fdatasync`, `close` and `rm` are the kernel's here
 * too, but for when and what they answer: that is what these tests are about, and no disk can be determined to.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { readAll } from '../helpers/recorded.ts';
import { headerOf, START_US, sampleOf } from '../helpers/stream.ts';

type Callback = (error: NodeJS.ErrnoException | null) => void;

/** Where a sync is real and takes no time, so that no other disk's stall is measured here. */
const MEMORY = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const original = { fdatasync: fs.fdatasync, close: fs.close, rmSync: fs.rmSync };
/** What a sync does instead; null: what it always does. */
let instead: ((callback: Callback) => void) | null = null;
/** What the disk says to whoever closes or removes a file; null: nothing. */
let refusal: { readonly close?: string; readonly remove?: string } | null = null;
let folder: string;
let createRecorder: typeof import('../../src/recording/write/recorder.ts').createRecorder;

beforeAll(async () => {
  fs.fdatasync = ((fd: number, callback: Callback) =>
    instead === null ? original.fdatasync(fd, callback) : instead(callback)) as typeof fs.fdatasync;
  fs.close = ((fd: number, callback: Callback) => {
    const code = refusal?.close;
    original.close(fd, (error) => callback?.(code === undefined ? error : errorOf(code)));
  }) as typeof fs.close;
  fs.rmSync = ((path, options) => {
    if (refusal?.remove !== undefined) throw errorOf(refusal.remove);
    original.rmSync(path, options);
  }) as typeof fs.rmSync;
  // It takes hold of fdatasync and close when it is first imported.
  ({ createRecorder } = await import('../../src/recording/write/recorder.ts'));
});
afterAll(() => {
  Object.assign(fs, original);
});
beforeEach(() => {
  folder = fs.mkdtempSync(join(MEMORY, 'sync-'));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  instead = null;
  refusal = null;
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The disk has its own time, which is not faked. */
const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > 1_000_000) throw new Error(`never so: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const errorOf = (code: string): Error => Object.assign(new Error(code), { code });
const idle = () => new Promise((resolve) => setImmediate(resolve));

const trailer = (samples: number): StreamRecord => ({
  type: 'trailer',
  bootUs: START_US + samples * 1_000_000,
  reason: 'end',
  samples,
  records: 0,
});

const recorderOf = (
  path: string,
  bounds = { maxBytes: null as number | null, keepMs: null as number | null },
) => createRecorder({ path, overwrite: false, owner: null, minFreeBytes: 0, bounds });

const seqsIn = (path: string): number[] =>
  readAll(path).records.flatMap((record) => (record.type === 'sample' ? [record.seq] : []));

describe('what comes while the disk is busy with what was written before', () => {
  it('is written after it, also when it is the end', async () => {
    const path = join(folder, 'idle.ndjson');
    const recorder = recorderOf(path);
    recorder.begin(headerOf());
    recorder.write(sampleOf(0));
    await until(() => fs.readFileSync(path, 'utf8').includes('"sample"'));
    for (let turn = 0; turn < 100; turn += 1) await idle();
    let answer: Callback | null = null;
    instead = (callback) => {
      answer = callback;
    };
    await vi.advanceTimersByTimeAsync(6_000);
    await until(() => answer !== null);
    recorder.write(sampleOf(1));
    recorder.write(trailer(2));
    const ended = recorder.end();
    instead = null;
    (answer as unknown as Callback)(null);
    await ended;
    expect(recorder.status().problem).toBeNull();
    expect(readAll(path).records.map(({ type }) => type)).toEqual(['sample', 'sample', 'trailer']);
  });
});

describe('a disk that says only when it is asked to keep it that it is full', () => {
  it('gets room from the oldest segment, and nothing twice', async () => {
    const path = join(folder, 'full.ndjson');
    const recorder = recorderOf(path, { maxBytes: 256 * 1024, keepMs: null });
    recorder.begin(headerOf());
    const entries = Array.from({ length: 60 }, (_, index) => [index + 1, 123_456_789]);
    let seq = 0;
    const writeMore = async () => {
      recorder.write(sampleOf(seq, { 'iomap.iter': entries }));
      seq += 1;
      await recorder.room();
      for (let turn = 0; turn < 20; turn += 1) await idle();
    };
    // Something must be there that may go: when a segment is full is known once it is written, however busy the disk is.
    while (fs.readdirSync(folder).length < 2) await writeMore();
    let refused = 0;
    instead = (callback) => {
      refused += 1;
      instead = null;
      callback(errorOf('ENOSPC') as NodeJS.ErrnoException);
    };
    vi.advanceTimersByTime(6_000);
    for (let more = 0; more < 50; more += 1) await writeMore();
    recorder.write(trailer(seq));
    await recorder.end();
    expect(refused).toBe(1);
    expect(recorder.status().problem).toBeNull();
    const seqs = seqsIn(path);
    expect(seqs.length).toBeGreaterThan(30);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => seq - seqs.length + index));
  });
});

describe('a disk that fails', () => {
  const write = async (recorder: ReturnType<typeof recorderOf>, isEnough: (seq: number) => boolean) => {
    const entries = Array.from({ length: 60 }, (_, index) => [index + 1, 123_456_789]);
    recorder.begin(headerOf());
    for (let seq = 0; !isEnough(seq); seq += 1) {
      recorder.write(sampleOf(seq, { 'iomap.iter': entries }));
      await recorder.room();
      for (let turn = 0; turn < 20; turn += 1) await idle();
    }
  };

  it('is full, and lets nothing be removed, ends the recording, and nothing else', async () => {
    const recorder = recorderOf(join(folder, 'held.ndjson'), { maxBytes: 256 * 1024, keepMs: null });
    await write(recorder, () => fs.readdirSync(folder).length >= 2);
    refusal = { remove: 'EPERM' };
    instead = (callback) => callback(errorOf('ENOSPC') as NodeJS.ErrnoException);
    await recorder.end();
    expect(recorder.status().problem).toBe('recording stopped: ENOSPC');
  });

  it('keeps what was written only when it is closed, is reported', async () => {
    const recorder = recorderOf(join(folder, 'closed.ndjson'));
    await write(recorder, (seq) => seq > 1);
    refusal = { close: 'EDQUOT' };
    await recorder.end();
    expect(recorder.status().problem).toBe('recording stopped: EDQUOT');
  });
});

describe('a mark by a clock that is ahead', () => {
  it('moves no time: a ring keeps what it would have kept', async () => {
    const path = join(folder, 'ring.ndjson');
    const recorder = recorderOf(path, { maxBytes: null, keepMs: 80_000 });
    recorder.begin(headerOf());
    for (let seq = 0; seq < 8; seq += 1) {
      recorder.write(sampleOf(seq));
      if (seq === 3) recorder.write({ type: 'mark', bootUs: START_US + 3_600_000_000, text: 'ahead' });
    }
    recorder.write(trailer(8));
    await recorder.end();
    expect(fs.readdirSync(folder)).toHaveLength(1);
    expect(seqsIn(path)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

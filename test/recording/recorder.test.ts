import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRecorder, type Recorder } from '../../src/recording/write/recorder.ts';
import { readAll } from '../helpers/recorded.ts';
import { describeWith, forLong, HAS_TIME } from '../helpers/requires.ts';
import { headerOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';
import { until } from '../helpers/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recorder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name = 'out.ndjson'): string => join(folder, name);
const open = (file: string, overwrite = false, owner: { uid: number; gid: number } | null = null): Recorder =>
  createRecorder({ path: file, overwrite, owner });

const typesIn = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: unknown }).type);

const trailer = (records: number): StreamRecord => ({
  type: 'trailer',
  bootUs: START_US + 9_000_000,
  reason: 'end',
  samples: 2,
  records,
});

const everything = (file: string): StreamRecord[] => readAll(file).records;

describe('the file', () => {
  it('is private, and holds every record, a line each, with a trailer that counts this file', async () => {
    const recorder = open(path());
    recorder.begin(headerOf());
    const records = [sampleOf(0), sampleOf(1, { 'iomap.iter': [[7, 5]] })];
    for (const record of records) recorder.write(record);
    recorder.write(trailer(99));
    await recorder.end();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(everything(path())).toEqual([...records, trailer(4)]);
    expect(typesIn(readFileSync(path(), 'utf8'))).toEqual([
      'header',
      'sample',
      'sample',
      'header',
      'trailer',
      'block',
    ]);
    expect(recorder.status()).toEqual({
      bytes: statSync(path()).size,
      records: 4,
      dropped: 0,
      problem: null,
      kept: 0,
    });
  });

  it('has each line as soon as it was written, without an end', async () => {
    const recorder = open(path());
    recorder.begin(headerOf());
    recorder.write(sampleOf(0));
    await until(() => readFileSync(path(), 'utf8').split('\n').length === 3);
    expect(everything(path())).toEqual([sampleOf(0)]);
    recorder.discard();
  });

  it('that exists is left as it is', () => {
    writeFileSync(path(), 'precious');
    expect(() => open(path())).toThrow(
      expect.objectContaining({
        code: 'E_OUTPUT_EXISTS',
        exit: 2,
        message: expect.stringContaining('8 bytes'),
      }),
    );
    expect(readFileSync(path(), 'utf8')).toBe('precious');
  });

  it('is never reached through a symbolic link, whether its target exists or not', () => {
    const target = path('target');
    symlinkSync(target, path());
    expect(() => open(path())).toThrow(expect.objectContaining({ code: 'E_OUTPUT_EXISTS' }));
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, 'precious');
    expect(() => open(path())).toThrow(expect.objectContaining({ code: 'E_OUTPUT_EXISTS' }));
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  it.each([
    ['in a folder that is not there', () => path('nowhere/out.ndjson'), false, 'ENOENT'],
    [
      'under a file',
      () => {
        writeFileSync(path('file'), '');
        return path('file/out');
      },
      false,
      'ENOTDIR',
    ],
    [
      'that is a directory',
      () => {
        mkdirSync(path('dir'));
        return path('dir');
      },
      true,
      'it is a directory',
    ],
    ['that is a device', () => '/dev/null', true, 'it is not a regular file'],
  ])('%s cannot be created, and why is said', (_, file, overwrite, why) => {
    expect(() => open(file(), overwrite)).toThrow(
      expect.objectContaining({ code: 'E_OUTPUT_CREATE', exit: 2, message: expect.stringContaining(why) }),
    );
  });
});

describe('with --force', () => {
  beforeEach(() => {
    writeFileSync(path(), 'the last one');
    chmodSync(path(), 0o644);
  });

  it('the old file stays until the new one begins, then gives up its name', async () => {
    const recorder = open(path(), true);
    expect(readFileSync(path(), 'utf8')).toBe('the last one');
    recorder.begin(headerOf());
    recorder.write(sampleOf(0));
    await recorder.end();
    expect(everything(path())).toEqual([sampleOf(0)]);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['out.ndjson']);
  });

  it('a session that never began leaves the old file and nothing else', () => {
    open(path(), true).discard();
    expect(readFileSync(path(), 'utf8')).toBe('the last one');
    expect(readdirSync(folder)).toEqual(['out.ndjson']);
  });

  it('a link is replaced, not followed', async () => {
    symlinkSync(path(), path('link'));
    const recorder = open(path('link'), true);
    recorder.begin(headerOf());
    await recorder.end();
    expect(lstatSync(path('link')).isFile()).toBe(true);
    expect(readFileSync(path(), 'utf8')).toBe('the last one');
  });
});

it('a session that never began leaves no file', () => {
  open(path()).discard();
  expect(readdirSync(folder)).toEqual([]);
});

describeWith(['linux', 'root'], 'as root', () => {
  it('the file belongs to the user who called sudo', () => {
    const recorder = open(path(), false, { uid: 12_345, gid: 23_456 });
    expect(statSync(path())).toMatchObject({ uid: 12_345, gid: 23_456 });
    recorder.discard();
  });

  it('a full disk ends the recording, is reported, and leaves what was written readable', async () => {
    mkdirSync(path('full'));
    execaSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', path('full')]);
    try {
      const recorder = open(path('full/out.ndjson'));
      recorder.begin(headerOf());
      for (let seq = 0; seq < 2_000; seq += 1) {
        recorder.write(sampleOf(seq, { 'iomap.iter': [[7, seq]] }));
        if (seq % 50 === 0) await recorder.room();
      }
      await recorder.end();
      expect(recorder.status().problem).toBe('recording stopped: ENOSPC');
      const recording = openRecording(path('full/out.ndjson'));
      const samples = recording.samples();
      expect(samples).toBeGreaterThan(100);
      expect(recording.recordsOf(samples - 1)).toEqual([
        sampleOf(samples - 1, { 'iomap.iter': [[7, samples - 1]] }),
      ]);
      recording.close();
    } finally {
      execaSync('umount', [path('full')]);
    }
  });
});

describeWith(['linux', 'root', 'mkfs.xfs', 'loop device'], 'a disk that does not answer', () => {
  // It waits for what is written to such a disk: on a slow one for most of a minute.
  it.skipIf(!HAS_TIME)(
    forLong('costs records beyond a bound, counted, and the totals are whole afterwards'),
    async () => {
      mkdirSync(path('slow'));
      writeFileSync(path('image'), '');
      truncateSync(path('image'), 320 * 1024 * 1024);
      execaSync('mkfs.xfs', ['-q', path('image')]);
      execaSync('mount', ['-o', 'loop', path('image'), path('slow')]);
      let frozen = false;
      const freeze = (how: '-f' | '-u'): void => {
        execaSync('fsfreeze', [how, path('slow')]);
        frozen = how === '-f';
      };
      try {
        const file = path('slow/out.ndjson');
        const recorder = open(file);
        recorder.begin(headerOf());
        recorder.write(sampleOf(0));
        await until(() => recorder.status().bytes > 1_000);
        freeze('-f');
        // Far more than what may be queued, of as many processes as a session may hold.
        const entries = (value: number) => Array.from({ length: 60_000 }, (_, pid) => [pid + 100_000, value]);
        const big = sampleOf(1, { 'iomap.iter': entries(1) });
        expect(JSON.stringify(big).length).toBeGreaterThan(600_000);
        for (let seq = 1; seq <= 120; seq += 1) {
          recorder.write({ ...big, seq, bootUs: START_US + seq * 1_000_000 });
          await new Promise((resolve) => setImmediate(resolve));
        }
        const { dropped, problem } = recorder.status();
        expect(problem).toBeNull();
        expect(dropped).toBeGreaterThan(20);
        expect(dropped).toBeLessThan(110);
        freeze('-u');
        await until(() => recorder.status().bytes > 30_000_000);
        const last = sampleOf(121, { 'iomap.iter': entries(5) }, { full: true });
        recorder.write(last);
        recorder.write(trailer(0));
        await recorder.end();
        const records = everything(file);
        const losses = records.filter((record) => record.type === 'loss');
        expect(losses).toMatchObject([{ kind: 'recorder-dropped', count: dropped }]);
        const { totals, ended } = snapshotAfter(records);
        expect(totals['iomap.iter']?.total).toBe(60_000 * 5);
        expect(ended).not.toBeNull();
        expect(records.at(-1)).toMatchObject({ type: 'trailer', records: records.length + 1 });
      } finally {
        if (frozen) freeze('-u');
        execaSync('umount', ['-l', path('slow')]);
      }
    },
    120_000,
  );
});

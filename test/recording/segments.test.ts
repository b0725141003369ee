import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { snapshotOf } from '../../src/session/session.ts';
import { longSession, recordAll } from '../helpers/long-session.ts';
import { readAll } from '../helpers/recorded.ts';
import { describeWith, forLong, HAS_TIME } from '../helpers/requires.ts';
import { START_US } from '../helpers/stream.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segments-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name = 'out.ndjson'): string => join(folder, name);
const sizeOf = (where = folder): number =>
  readdirSync(where).reduce((sum, file) => sum + statSync(join(where, file)).size, 0);

const records = longSession(600);

describe.each(['out.ndjson', 'out.ndjson.gz'])('a recording in segments, %s', (name) => {
  it('keeps the last so long, opens as one, and knows all that was counted before', async () => {
    const { session } = await recordAll(
      { path: path(name), bounds: { maxBytes: null, keepMs: 80_000 } },
      records,
    );
    const files = readdirSync(folder).sort();
    expect(files.length).toBeGreaterThan(5);
    expect(files).not.toContain(name);
    expect(files[0]).not.toContain('.0000.');
    const recording = openRecording(path(name));
    const kept = (recording.endUs() - recording.timeOf(0)) / 1e6;
    expect(kept).toBeGreaterThan(70);
    expect(kept).toBeLessThan(100);
    const truth = snapshotOf(session);
    const end = createCursor(recording).moveTo(recording.samples());
    expect(end.totals).toEqual(truth.totals);
    expect(end.rows).toEqual(truth.rows);
    expect(end.marks).toEqual(truth.marks);
    expect(end.losses).toEqual(truth.losses);
    expect(end.samples).toBe(600);
    expect(end.ended).not.toBeNull();
    recording.close();
  });

  const isShort = HAS_TIME || name === 'out.ndjson';
  const SIZED = 'stays within the size it was given';
  it.skipIf(!isShort)(isShort ? SIZED : forLong(SIZED), async () => {
    let most = 0;
    const maxBytes = 512 * 1024;
    await recordAll(
      { path: path(name), bounds: { maxBytes, keepMs: null } },
      longSession(name.endsWith('.gz') ? 2_000 : 750, 40),
      {
        each: (_, index) => {
          if (index % 50 === 0) most = Math.max(most, sizeOf());
        },
      },
    );
    expect(most).toBeGreaterThan(maxBytes / 4);
    // A block may reach over its segment's share.
    expect(most).toBeLessThan(maxBytes * 1.6);
    expect(readAll(path(name)).records.at(-1)).toMatchObject({ type: 'trailer' });
  });
});

it('a flight recorder keeps what surrounds a moment, and what lies between is gone', async () => {
  const kept = await recordAll(
    { path: path(), bounds: { maxBytes: null, keepMs: 32_000 } },
    longSession(600),
    {
      each: (recorder, index) => {
        if (index === 700) expect(recorder.keep()).toBe(true);
      },
    },
  );
  expect(kept.status.kept).toBe(1);
  const recording = openRecording(path());
  const times = Array.from({ length: recording.samples() }, (_, number) => recording.timeOf(number));
  const gaps = times.filter((time, index) => index > 0 && time - (times[index - 1] ?? 0) > 2_000_000);
  expect(gaps).toHaveLength(1);
  expect((times.at(-1) ?? 0) - (gaps[0] ?? 0)).toBeGreaterThan(25e6);
  const cursor = createCursor(recording, { exact: true });
  const truth = snapshotOf(kept.session);
  for (const number of times.keys()) cursor.foldTo(number);
  const end = cursor.moveTo(times.length);
  expect(end.totals).toEqual(truth.totals);
  expect(end.rows).toEqual(truth.rows);
  // The past is missing, and the totals are not.
  expect(end.losses.gaps).toMatchObject([
    { unrecorded: 'past', reason: expect.stringContaining('are not there') },
  ]);
  expect(end.coverage['iomap.iter']?.coverage).toBe(truth.coverage['iomap.iter']?.coverage);
  expect(createCursor(recording).moveTo(times.length).losses.gaps).toEqual(end.losses.gaps);
  recording.close();
});

describe('what is missing is reported as a gap', () => {
  const bounds = { maxBytes: null, keepMs: 80_000 };
  const gapsOf = (at: string) => {
    const recording = openRecording(at);
    try {
      const { losses, coverage } = createCursor(recording, { exact: true, watched: false }).moveTo(
        recording.samples(),
      );
      return { gaps: losses.gaps, coverage: coverage['iomap.iter']?.coverage };
    } finally {
      recording.close();
    }
  };
  const linesOf = (at: string): string[] => readFileSync(at, 'utf8').split('\n');
  const isSample = (line: string, from: number, to: number): boolean => {
    const [, seq = -1] = /^\{"type":"sample","seq":(\d+)/.exec(line) ?? [];
    return Number(seq) >= from && Number(seq) < to;
  };

  it('a segment from the middle, with its number and its time', async () => {
    await recordAll({ path: path(), bounds }, records);
    const whole = gapsOf(path());
    expect(whole.gaps).toEqual([]);
    const names = readdirSync(folder).sort();
    const middle = names[names.length >> 1] as string;
    const number = Number(/\d{4}/.exec(middle)?.[0]);
    const lost = openRecording(path(middle));
    const [fromUs, toUs] = [lost.timeOf(0), lost.endUs()];
    lost.close();
    rmSync(path(middle));
    const { gaps, coverage } = gapsOf(path());
    expect(gaps).toEqual([
      {
        fromBootUs: fromUs - 1_000_000,
        toBootUs: toUs,
        reason: `segment ${number} is not there: deleted, or lost`,
        unrecorded: 'past',
      },
    ]);
    expect(coverage).toBe('exact');
  });

  it('samples that vanished inside a file: whole blocks, or lines that nothing seals', async () => {
    await recordAll({ path: path() }, longSession(300));
    const lines = linesOf(path());
    const seals = lines.flatMap((line, index) => (line.startsWith('{"type":"block"') ? [index] : []));
    const [from = 0, to = 0] = [seals[3], seals[4]];
    writeFileSync(path('block.ndjson'), [...lines.slice(0, from + 1), ...lines.slice(to + 1)].join('\n'));
    const block = gapsOf(path('block.ndjson'));
    expect(block.gaps).toEqual([
      expect.objectContaining({ reason: expect.stringMatching(/^\d+ samples are missing/) }),
    ]);
    const bare = lines.filter((line) => !/^\{"type":"(block|checkpoint)"/.test(line));
    writeFileSync(path('bare.ndjson'), bare.filter((line) => !isSample(line, 100, 110)).join('\n'));
    expect(gapsOf(path('bare.ndjson'))).toEqual({
      gaps: [
        {
          fromBootUs: START_US + 99_000_000,
          toBootUs: START_US + 109_000_000,
          reason: '10 samples are missing from the recording',
          unrecorded: 'counts',
        },
      ],
      coverage: 'lower-bound',
    });
    writeFileSync(path('late.ndjson'), bare.filter((line) => !isSample(line, 0, 5)).join('\n'));
    expect(gapsOf(path('late.ndjson')).gaps).toMatchObject([
      { reason: '5 samples are missing from the recording' },
    ]);
  });
});

it('does not overwrite segments, nor take old marks for its own, without --force', async () => {
  const bounds = { maxBytes: null, keepMs: 160_000 };
  await recordAll({ path: path(), bounds }, longSession(100));
  await expect(recordAll({ path: path(), bounds }, longSession(10))).rejects.toMatchObject({
    code: 'E_OUTPUT_EXISTS',
  });
  writeFileSync(path('other.ndjson.marks'), '');
  await expect(recordAll({ path: path('other.ndjson') }, longSession(10))).rejects.toMatchObject({
    code: 'E_OUTPUT_EXISTS',
  });
  await recordAll({ path: path(), bounds, overwrite: true }, longSession(10));
  expect(readdirSync(folder).filter((file) => file.startsWith('out'))).toEqual(['out.0000.ndjson']);
  expect(readAll(path()).times).toHaveLength(10);
});

it('segments of two sessions are not taken for one', async () => {
  const bounds = { maxBytes: null, keepMs: 40_000 };
  await recordAll({ path: path('a.ndjson'), bounds }, longSession(100));
  await recordAll({ path: path('b.ndjson'), bounds }, longSession(100));
  const [orphan = ''] = readdirSync(folder).filter((file) => file.startsWith('b.'));
  writeFileSync(path('a.0999.ndjson'), readFileSync(path(orphan)));
  expect(() => openRecording(path('a.ndjson'))).toThrow(
    expect.objectContaining({ code: 'E_FILE_FORMAT', message: expect.stringContaining('another session') }),
  );
});

describeWith(['linux', 'root'], 'a small disk', () => {
  const onDisk = async (size: string, use: (where: string) => Promise<void>): Promise<void> => {
    mkdirSync(path('disk'));
    execaSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', path('disk')]);
    try {
      await use(path('disk'));
    } finally {
      execaSync('umount', ['-l', path('disk')]);
    }
  };

  it('is not filled: the recording ends in order before', () =>
    onDisk('3m', async (where) => {
      const file = join(where, 'out.ndjson');
      const { status } = await recordAll(
        { path: file, minFreeBytes: 2 * 1024 * 1024 },
        longSession(1_500, 40),
      );
      expect(status.problem).toMatch(/^recording stopped: only \d+ MiB are free/);
      expect(sizeOf(where)).toBeLessThan(2 * 1024 * 1024);
      const { records: read } = readAll(file);
      expect(read.at(-1)).toMatchObject({ type: 'trailer', reason: expect.stringContaining('are free') });
    }));

  it('that is full costs a bounded recording its oldest segments, not its newest', () =>
    onDisk('2m', async (where) => {
      const file = join(where, 'out.ndjson');
      const session = longSession(1_500, 40);
      const { status } = await recordAll(
        { path: file, bounds: { maxBytes: null, keepMs: 600_000 } },
        session,
      );
      expect(status.problem).toBeNull();
      const recording = openRecording(file);
      expect(recording.endUs()).toBe(START_US + 1_499_000_000);
      recording.close();
    }));
});

/** What damage costs: at most the block it is in, and it is reported. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { findBlocks } from '../../src/recording/read/blocks.ts';
import { openBytes } from '../../src/recording/read/bytes.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { snapshotOf } from '../../src/session/session.ts';
import { longSession, type Recorded, recordAll } from '../helpers/long-session.ts';
import { readAll } from '../helpers/recorded.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { headerOf } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'damage-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SAMPLES = 400;
/** How many places of a file are damaged, one at a time: primes, so that every kind of place is hit. */
const PLACES = HAS_TIME ? 97 : 11;
const CUTS = HAS_TIME ? 41 : 7;
const records = longSession(SAMPLES);
const written = new Map<string, Recorded>();
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  for (const name of ['whole.ndjson', 'whole.ndjson.gz'])
    written.set(name, await recordAll({ path: path(name) }, records));
});

const isDamage = (record: StreamRecord): boolean =>
  record.type === 'loss' && (record.kind === 'damaged' || record.kind === 'rejected-line');

describe.each(['whole.ndjson', 'whole.ndjson.gz'])('%s', (name) => {
  const blocksOf = () => {
    const bytes = openBytes(path(name));
    const blocks = findBlocks(bytes);
    bytes.close();
    return blocks;
  };

  it('is what was recorded, in blocks of which each stands for itself', () => {
    const { records: read, times } = readAll(path(name));
    expect(read.filter(({ type }) => type !== 'trailer')).toEqual(
      records.filter(({ type }) => type !== 'trailer'),
    );
    expect(times).toHaveLength(SAMPLES);
    const blocks = blocksOf();
    expect(blocks.length).toBeGreaterThan(10);
    expect(blocks.every(({ seal }) => seal !== null)).toBe(true);
    expect(blocks.filter(({ checkpoint }) => checkpoint).length).toBeGreaterThan(2);
    expect(blocks.reduce((sum, { samples }) => sum + samples, 0)).toBe(SAMPLES);
  });

  it('with one of its very first bytes changed is still known for what it is, also when it has no end', () => {
    const whole = readFileSync(path(name));
    const damagedPath = path(`head-${name}`);
    for (const length of [whole.length, Math.floor(whole.length * 0.7)]) {
      for (let place = 0; place < 16; place += HAS_TIME ? 1 : 5) {
        const bytes = Buffer.from(whole.subarray(0, length));
        bytes[place] = (bytes[place] ?? 0) ^ 0x40;
        writeFileSync(damagedPath, bytes);
        const { records: read, times } = readAll(damagedPath);
        const first = blocksOf()[0]?.samples ?? 0;
        expect(times.length, `byte ${place} of ${length}`).toBeGreaterThan(0.6 * SAMPLES - first);
        expect(read.filter(({ type }) => type === 'sample').length).toBeGreaterThan(0.6 * SAMPLES - first);
      }
    }
  });

  it('with a byte changed loses at most that block, says which bytes and which time, and heals', () => {
    const whole = readFileSync(path(name));
    const blocks = blocksOf();
    const header = blocks[0]?.end ?? 0;
    const truth = snapshotOf((written.get(name) as Recorded).session);
    const damagedPath = path(`damaged-${name}`);
    for (let at = 11; at < whole.length; at += Math.max(1, Math.floor(whole.length / PLACES))) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      writeFileSync(damagedPath, bytes);
      const recording = openRecording(damagedPath);
      const cursor = createCursor(recording, { exact: true });
      const end = cursor.moveTo(recording.samples());
      const read = readAll(damagedPath);
      const hit = blocks.findIndex(({ start, end: to }) => at >= start && at < to);
      const lost = SAMPLES - read.records.filter(({ type }) => type === 'sample').length;
      expect(lost, `byte ${at}`).toBeLessThanOrEqual(blocks[hit]?.samples ?? 0);
      const reported = read.records.filter(isDamage);
      // Some bits of a container mean nothing: what they hold is as it was.
      if (lost > 0) expect(reported.length, `byte ${at}`).toBeGreaterThan(0);
      if (lost > 1) {
        const details = reported.flatMap((one) => (one.type === 'loss' ? [one.detail ?? ''] : []));
        expect(details.some((detail) => /bytes? \d+.*\d{4}-\d\d-\d\dT.* to \d{4}-/.test(detail))).toBe(true);
      }
      // Counts are cumulative, and the state is repeated: from there on all is as it was.
      if (at >= header && hit < blocks.findLastIndex(({ checkpoint }) => checkpoint)) {
        expect(end.totals['iomap.iter']?.total, `byte ${at}`).toBe(truth.totals['iomap.iter']?.total);
        expect(end.rows.length).toBeGreaterThanOrEqual(truth.rows.length - 10);
      }
      recording.close();
    }
  });

  it('cut off anywhere gives what stands before', () => {
    const whole = readFileSync(path(name));
    const cut = path(`cut-${name}`);
    let before = 0;
    for (
      let size = Math.floor(whole.length / 2);
      size < whole.length;
      size += Math.floor(whole.length / CUTS)
    ) {
      writeFileSync(cut, whole.subarray(0, size));
      const { records: read, times } = readAll(cut);
      const samples = read.filter(({ type }) => type === 'sample');
      expect(samples).toEqual(records.filter(({ type }) => type === 'sample').slice(0, samples.length));
      expect(times).toHaveLength(samples.length);
      expect(samples.length).toBeGreaterThanOrEqual(before);
      before = samples.length;
    }
    expect(before).toBeGreaterThan(SAMPLES * 0.9);
  });

  it('with a stretch of zeros where data never reached the disk reports it', () => {
    const whole = Buffer.from(readFileSync(path(name)));
    whole.fill(0, whole.length >> 1, (whole.length >> 1) + 4_096);
    writeFileSync(path('zeros'), whole);
    const { records: read } = readAll(path('zeros'));
    expect(read.some(isDamage)).toBe(true);
    expect(read.filter(({ type }) => type === 'sample').length).toBeGreaterThan(SAMPLES / 2);
  });
});

describe('a damaged header', () => {
  const text = (): string => readFileSync(path('whole.ndjson'), 'utf8');

  it('is replaced by its copy, and that is reported', () => {
    writeFileSync(path('header'), text().replace('"intervalMs":1000', '"intervalMs":10x0'));
    const recording = openRecording(path('header'));
    expect(recording.header).toEqual(headerOf());
    expect(recording.recordsOf(0)).toContainEqual(
      expect.objectContaining({ kind: 'damaged', detail: expect.stringContaining('a copy of it is used') }),
    );
    recording.close();
  });

  it('without a copy gives what of it can be read', () => {
    const { host: _host, intervalMs: _interval, ...rest } = headerOf();
    const lines = records.slice(0, 20).map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(path('partial'), `${JSON.stringify(rest)}\n${lines.join('')}`);
    const recording = openRecording(path('partial'));
    expect(recording.header).toMatchObject({ host: { hostname: 'unknown' }, intervalMs: 1_000 });
    expect(recording.header.metrics).toEqual(headerOf().metrics);
    expect(recording.recordsOf(0)).toContainEqual(
      expect.objectContaining({ kind: 'damaged', detail: expect.stringContaining('incomplete') }),
    );
    recording.close();
  });
});

it('what zcat gives is the plain recording', () => {
  expect(gunzipSync(readFileSync(path('whole.ndjson.gz'))).equals(readFileSync(path('whole.ndjson')))).toBe(
    true,
  );
});

it('an end that was torn off is reported, and what is whole is read', () => {
  writeFileSync(path('torn'), readFileSync(path('whole.ndjson')));
  truncateSync(path('torn'), readFileSync(path('torn')).length - 40);
  expect(readAll(path('torn')).records.at(-1)).toMatchObject({ kind: 'rejected-line' });
});

it('a recording that says it is of a later version, by a damaged digit, is read by its copy', () => {
  const bytes = readFileSync(path('whole.ndjson'));
  bytes[bytes.indexOf('"version":1') + 10] = 0x39;
  writeFileSync(path('later.ndjson'), bytes);
  const recording = openRecording(path('later.ndjson'));
  expect(recording.header.version).toBe(1);
  expect(recording.recordsOf(0).some(isDamage)).toBe(true);
  recording.close();
});

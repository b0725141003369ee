import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { isFailure } from '../../src/errors.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { readAll, timesOf } from '../helpers/recorded.ts';
import { headerOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const fileOf = (content: string | Buffer): string => {
  files += 1;
  const path = join(folder, `${files}.ndjson`);
  writeFileSync(path, content);
  return path;
};

const header = headerOf();
const RECORDS: readonly StreamRecord[] = [
  sampleOf(0, {}, { full: true }),
  { type: 'process', bootUs: START_US, pid: 7, startMs: 70, comm: 'worker' },
  sampleOf(1, { 'iomap.iter': [[7, 1]] }),
  sampleOf(2, { 'iomap.iter': [[7, 3]] }),
  { type: 'exit', bootUs: START_US, pid: 7, startMs: 70, comm: 'worker' },
  sampleOf(3, { 'iomap.iter': [[7, 6]] }),
  { type: 'trailer', bootUs: START_US + 4_000_000, reason: 'end', samples: 4, records: 7 },
];
const linesOf = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const WHOLE = linesOf([header, ...RECORDS]);

const everything = readAll;

describe('a whole recording', () => {
  it('gives every record, sample by sample, and what stands after the last', () => {
    const recording = openRecording(fileOf(WHOLE));
    expect(recording.header).toEqual(header);
    expect(timesOf(recording)).toEqual([0, 1, 2, 3].map((seq) => START_US + seq * 1_000_000));
    expect(recording.recordsOf(0)).toEqual(RECORDS.slice(0, 1));
    expect(recording.recordsOf(3)).toEqual(RECORDS.slice(4, 6));
    expect(recording.recordsOf(1)).toEqual(RECORDS.slice(1, 3));
    expect(recording.tail()).toEqual(RECORDS.slice(6));
    recording.close();
    recording.close();
  });

  it.each([
    ['packed', () => gzipSync(WHOLE)],
    ['with the line ends of another system', () => WHOLE.replaceAll('\n', '\r\n')],
  ])('%s is the same', (_, content) => {
    expect(everything(fileOf(content())).records).toEqual(RECORDS);
  });

  it('in JSON with blanks, and with its fields in another order, is the same', () => {
    const blanks = [header, ...RECORDS].map((record) =>
      JSON.stringify(record, null, ' ').replaceAll('\n', ' '),
    );
    expect(everything(fileOf(`${blanks.join('\n')}\n`)).records).toEqual(RECORDS);
    const turned = [header, ...RECORDS].map((record) =>
      JSON.stringify(Object.fromEntries(Object.entries(record).reverse())),
    );
    expect(everything(fileOf(`${turned.join('\n')}\n`))).toEqual(everything(fileOf(WHOLE)));
  });

  it('is read through a symbolic link', () => {
    const link = join(folder, 'link');
    symlinkSync(fileOf(WHOLE), link);
    expect(everything(link).records).toEqual(RECORDS);
  });

  it('of lines longer than a chunk is read whole', () => {
    const counters = { 'iomap.iter': Array.from({ length: 150_000 }, (_, pid) => [pid + 1, 1_000_000]) };
    const big = sampleOf(1, counters);
    expect(JSON.stringify(big).length).toBeGreaterThan(2 * 1024 * 1024);
    const records = [RECORDS[0] as StreamRecord, big, sampleOf(2), RECORDS[6] as StreamRecord];
    expect(everything(fileOf(linesOf([header, ...records]))).records).toEqual(records);
  });
});

describe('what is not a recording', () => {
  const directory = join(folder, 'directory');
  mkdirSync(directory);
  it.each([
    ['missing', () => join(folder, 'nowhere'), 'E_FILE_MISSING'],
    ['a directory', () => directory, 'E_FILE_DIRECTORY'],
    ['a device', () => '/dev/zero', 'E_FILE_UNREADABLE'],
    ['empty', () => fileOf(''), 'E_FILE_EMPTY'],
    ['text', () => fileOf('hello\nworld\n'), 'E_FILE_FORMAT'],
    ['bytes', () => fileOf(Buffer.from([0, 1, 2, 255, 10, 13, 10])), 'E_FILE_FORMAT'],
    ['some other JSON', () => fileOf('{"type":"header","format":"other","version":1}\n'), 'E_FILE_FORMAT'],
    ['a recording without its header', () => fileOf(linesOf(RECORDS)), 'E_FILE_FORMAT'],
    ['cut off in its header', () => fileOf(WHOLE.slice(0, 200)), 'E_FILE_FORMAT'],
    ['of a newer version', () => fileOf(linesOf([{ ...header, version: 2 }])), 'E_FILE_VERSION'],
    [
      'damaged gzip',
      () => fileOf(Buffer.concat([gzipSync(WHOLE).subarray(0, 40), Buffer.alloc(400, 7)])),
      'E_FILE_FORMAT',
    ],
    ['gzip cut off at once', () => fileOf(gzipSync(WHOLE).subarray(0, 8)), 'E_FILE_FORMAT'],
    ['gzip of nothing', () => fileOf(gzipSync('')), 'E_FILE_FORMAT'],
  ])('%s: %3$s', (_, path, code) => {
    const file = path();
    expect(() => openRecording(file)).toThrow(expect.objectContaining({ code, exit: 5 }));
  });

  it('names the version it has and the one it can read', () => {
    const file = fileOf(linesOf([{ ...header, version: 7 }]));
    expect(() => openRecording(file)).toThrow('written in format version 7; this stallscope reads up to 1');
  });
});

describe('a recording that was cut off', () => {
  it('at any byte after its header gives every whole line and says what was torn', () => {
    const headerEnd = WHOLE.indexOf('\n') + 1;
    for (let size = headerEnd; size < WHOLE.length; size += 1) {
      const text = WHOLE.slice(0, size);
      const { records } = everything(fileOf(text));
      const whole = text.split('\n').length - 2;
      expect(records.slice(0, whole)).toEqual(RECORDS.slice(0, whole));
      const torn = text.endsWith('\n')
        ? []
        : [expect.objectContaining({ type: 'loss', kind: 'rejected-line' })];
      expect(records.slice(whole)).toEqual(torn);
    }
  });

  it('has no trailer and does not claim to be complete', () => {
    const { records } = everything(fileOf(linesOf([header, ...RECORDS.slice(0, -1)])));
    expect(snapshotAfter(records).ended).toBeNull();
    expect(snapshotAfter(RECORDS).ended).not.toBeNull();
  });

  it('when packed gives what was packed whole', () => {
    const many = Array.from({ length: 2_000 }, (_, seq) =>
      sampleOf(seq, { 'iomap.iter': [[7, seq * 7919]] }),
    );
    const packed = gzipSync(linesOf([header, ...many]));
    const { records, times } = everything(fileOf(packed.subarray(0, packed.length >> 1)));
    expect(times.length).toBeGreaterThan(500);
    expect(records.slice(0, times.length)).toEqual(many.slice(0, times.length));
  });
});

describe('a damaged recording', () => {
  it('with any one byte changed never fails otherwise than by its header, and costs no more than that line and the next', () => {
    const bytes = Buffer.from(WHOLE);
    const headerEnd = WHOLE.indexOf('\n') + 1;
    const path = join(folder, 'damaged');
    const total = RECORDS.length;
    // A prime step, so that over the file every kind of place is hit.
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8((bytes[at] ?? 0) ^ (1 << (at % 8)), at);
      writeFileSync(path, damaged);
      if (at < headerEnd) {
        try {
          everything(path);
        } catch (error) {
          expect(isFailure(error) && error.exit).toBe(5);
        }
        continue;
      }
      const { records, times } = everything(path);
      const kept = RECORDS.filter((record) =>
        records.some((read) => JSON.stringify(read) === JSON.stringify(record)),
      );
      expect(kept.length).toBeGreaterThanOrEqual(total - (bytes[at] === 0x0a ? 2 : 1));
      expect(times.length).toBeGreaterThanOrEqual(bytes[at] === 0x0a ? 2 : 3);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      snapshotAfter(records);
    }
  });

  it('a time that leaps does not take the samples after it out of reach', () => {
    const leaping = [sampleOf(0), sampleOf(1, {}, { bootUs: START_US * 9 }), sampleOf(2), sampleOf(3)];
    const { times, records } = everything(fileOf(linesOf([header, ...leaping])));
    expect(times).toEqual([0, 2, 3].map((seq) => START_US + seq * 1_000_000));
    expect(records).toEqual(leaping);
  });

  it('a line of 20 MB is known by its size and skipped', () => {
    const long = `{"type":"mark","bootUs":1,"text":"${'x'.repeat(20_000_000)}"}\n`;
    const { records } = everything(fileOf(linesOf([header, sampleOf(0)]) + long + linesOf([sampleOf(1)])));
    expect(records).toEqual([
      sampleOf(0),
      expect.objectContaining({ type: 'loss', detail: expect.stringContaining('a line of 20000037 bytes') }),
      sampleOf(1),
    ]);
  });

  it('reports type and place of what it does not know', () => {
    const text = linesOf([
      header,
      { type: 'finding', bootUs: 1 },
      { type: 'mark', bootUs: 'x' },
      sampleOf(0),
    ]);
    const { records } = everything(fileOf(`${text}\n`));
    const offset = linesOf([header]).length;
    expect(records).toMatchObject([
      { type: 'loss', kind: 'unknown-message', detail: `byte ${offset}: type finding` },
      { type: 'loss', kind: 'rejected-line', detail: expect.stringMatching(/^byte \d+: bootUs: /) },
      { type: 'sample' },
    ]);
  });

  it('a line that only looks like a sample becomes a loss', () => {
    const fake = '{"type":"sample","seq":1,"bootUs":1500000000,"nonsense":true}\n';
    const { records, times } = everything(fileOf(linesOf([header, sampleOf(0)]) + fake));
    expect(times).toHaveLength(2);
    expect(records[1]).toMatchObject({ type: 'loss', kind: 'rejected-line' });
  });
});

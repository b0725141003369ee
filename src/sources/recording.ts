/**
 * A recording opened for reading. Opening scans the file once for line ends and the times of samples (a few bytes
 * of each line, no parsing) and keeps 16 bytes per sample; records are read from the file when they are asked
 * for, so memory does not grow with what the lines hold. ndjson's parser is not used here because it does not say
 * where in the file a line stands (docs/adr/0005).
 *
 * A line that cannot be read becomes a loss record in its place, with its byte offset, and reading goes on.
 */
import { setImmediate } from 'node:timers/promises';
import type { HeaderRecord, LossRecord, StreamRecord } from '../core/record.ts';
import { RECORDING_VERSION } from '../core/record.ts';
import { failure } from '../errors.ts';
import type { Recording, Source } from '../session/ports.ts';
import { decodeHeader, decodeRecord } from '../wire/recording.ts';
import { type Bytes, openBytes } from './bytes.ts';

const CHUNK_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;
/** Our own writer puts these fields first; a line that only looks like a sample is found out when it is read. */
const SAMPLE_LINE = /^\{"type":"sample","seq":\d+,"bootUs":(\d+),/;
const SAMPLE_PREFIX_BYTES = 80;

/** Throws a StallscopeError of the E_FILE_ family. */
export const openRecording = (path: string): Recording => {
  const bytes = openBytes(path);
  try {
    const index = indexSamples(bytes);
    const header = readHeader(path, bytes, index.headerEnd);
    const start = (number: number): number =>
      number === 0 ? index.headerEnd : (index.ends[number - 1] ?? bytes.size);
    return {
      header,
      sampleTimesUs: Float64Array.from(index.times),
      recordsOf: (number) => readRecords(bytes, start(number), index.ends[number] ?? bytes.size, header),
      tail: () => readRecords(bytes, start(index.ends.length), bytes.size, header),
      close: () => bytes.close(),
    };
  } catch (error) {
    bytes.close();
    throw error;
  }
};

/** A recording as a source: every record, as fast as they are taken. */
export const createRecordingSource = (recording: Recording): Source => {
  let stopped = false;
  return {
    open: async () => recording.header,
    records: async function* () {
      for (let number = 0; number < recording.sampleTimesUs.length && !stopped; number += 1) {
        yield* recording.recordsOf(number);
        // Reading is synchronous: let signals and the screen have their turn.
        if (number % 64 === 63) await setImmediate();
      }
      if (!stopped) yield* recording.tail();
    },
    stop: () => {
      stopped = true;
    },
  };
};

type SampleIndex = { readonly headerEnd: number; readonly ends: number[]; readonly times: number[] };

const indexSamples = (bytes: Bytes): SampleIndex => {
  const ends: number[] = [];
  const times: number[] = [];
  let headerEnd = -1;
  forEachLine(bytes, 0, bytes.size, (line, offset, end) => {
    if (headerEnd < 0) {
      headerEnd = end;
      return;
    }
    const match = SAMPLE_LINE.exec(line.toString('latin1', 0, SAMPLE_PREFIX_BYTES));
    if (match === null || end - offset > MAX_LINE_BYTES) return;
    const bootUs = Number(match[1]);
    if (!Number.isSafeInteger(bootUs)) return;
    if (bootUs < (times.at(-1) ?? 0)) {
      // One of the two times is damaged: it must not take the samples after it out of reach.
      if (bootUs < (times.at(-2) ?? 0)) return;
      times.pop();
      ends.pop();
    }
    ends.push(end);
    times.push(bootUs);
  });
  return { headerEnd: Math.max(0, headerEnd), ends, times };
};

/**
 * Calls back with each whole line (without its newline), its offset, and the offset after it. A last line without
 * a newline is torn and left out. Of a line longer than a chunk only the beginning is passed on.
 */
const forEachLine = (
  bytes: Bytes,
  from: number,
  to: number,
  visit: (line: Buffer, offset: number, end: number) => void,
): void => {
  let offset = from;
  let chunk = bytes.read(offset, Math.min(CHUNK_BYTES, to - offset));
  let chunkAt = offset;
  let searchAt = offset;
  while (offset < to) {
    const newline = chunk.indexOf(NEWLINE, searchAt - chunkAt);
    if (newline >= 0) {
      const end = chunkAt + newline + 1;
      visit(
        offset >= chunkAt
          ? chunk.subarray(offset - chunkAt, newline)
          : bytes.read(offset, SAMPLE_PREFIX_BYTES),
        offset,
        end,
      );
      offset = end;
      searchAt = end;
      continue;
    }
    const next = chunkAt + chunk.length;
    if (next >= to) return;
    searchAt = next;
    // Keep the beginning of a short unfinished line in the chunk; skip through a long one.
    chunkAt = next - offset < CHUNK_BYTES ? offset : next;
    chunk = bytes.read(chunkAt, Math.min(chunkAt === offset ? 2 * CHUNK_BYTES : CHUNK_BYTES, to - chunkAt));
    if (chunk.length === 0) return;
  }
};

const readHeader = (path: string, bytes: Bytes, headerEnd: number): HeaderRecord => {
  if (headerEnd === 0) {
    throw failure('E_FILE_FORMAT', { path, why: `it has no whole line in its ${bytes.size} bytes` });
  }
  const value = parseLine(bytes.read(0, Math.min(headerEnd, MAX_LINE_BYTES)));
  const decoded = decodeHeader(value);
  if (decoded.kind === 'header') return decoded.header;
  if (decoded.kind === 'newer') {
    throw failure('E_FILE_VERSION', { path, version: decoded.version, supported: RECORDING_VERSION });
  }
  throw failure('E_FILE_FORMAT', {
    path,
    why: value === undefined ? 'its first line is not JSON' : decoded.reason,
  });
};

const readRecords = (bytes: Bytes, from: number, to: number, header: HeaderRecord): StreamRecord[] => {
  const records: StreamRecord[] = [];
  let bootUs = header.clock.bootUs;
  const reject = (kind: LossRecord['kind'], detail: string): void => {
    records.push({ type: 'loss', bootUs, kind, count: 1, detail });
  };
  let after = from;
  forEachLine(bytes, from, to, (_prefix, offset, end) => {
    after = end;
    if (end - offset > MAX_LINE_BYTES) {
      reject('rejected-line', `byte ${offset}: a line of ${end - offset} bytes`);
      return;
    }
    const line = bytes.read(offset, end - offset - 1);
    if (line.length === 0) return;
    const decoded = decodeRecord(parseLine(line));
    if (decoded.kind === 'record') {
      bootUs = decoded.record.bootUs;
      records.push(decoded.record);
    } else if (decoded.kind === 'unknown') reject('unknown-message', `byte ${offset}: type ${decoded.type}`);
    else reject('rejected-line', `byte ${offset}: ${decoded.reason}`);
  });
  if (after < to) reject('rejected-line', `byte ${after}: torn line, ${to - after} bytes`);
  return records;
};

/** undefined when it is not JSON. */
const parseLine = (line: Buffer): unknown => {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
};

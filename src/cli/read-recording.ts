/** A recording as commands open it: a file, the segments of one name, or a pipe. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip } from 'node:zlib';
import { failure } from '../errors.ts';
import { bytesOf } from '../recording/read/bytes.ts';
import { type OpenOptions, openRecording } from '../recording/read/recording.ts';
import { GZIP_HEAD } from '../recording/seal.ts';
import { parseMoment } from '../screen/format/moment.ts';
import { type Cursor, type CursorOptions, createCursor } from '../session/cursor.ts';
import type { Recording } from '../session/ports.ts';
import { isBundled, openBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { openInput } from './input.ts';
import { inSteps } from './steps.ts';

/** What a pipe, or a file packed in one piece, may put on the disk of whoever reads it. */
const MAX_SPOOLED_BYTES = 64 * 1024 * 1024 * 1024;
/** And what is left free there, looked at every so many bytes. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;
const LOOK_EVERY_BYTES = 16 * 1024 * 1024;
/** A file packed in one piece is unpacked in memory up to this size. */
const MAX_PACKED_BYTES = 4 * 1024 * 1024;

/** `-` is stdin, `bundled:NAME` comes with the tool. Throws a StallscopeError of the E_FILE_ family. */
export const readRecording = async (
  context: Context,
  path: string,
  options: OpenOptions = {},
): Promise<Recording> => {
  // Not descriptor 0 by itself: Node has made it non-blocking, and a pipe that has nothing yet would be an error.
  if (path === '-') return spooled(context, 'stdin', context.stdin, false);
  if (isBundled(path)) return openBundled(path);
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat?.isFIFO() === true || stat?.isSocket() === true)
    return spooled(context, path, openInput(path), false);
  if (stat?.isFile() === true && stat.size > MAX_PACKED_BYTES && isInOnePiece(path))
    return spooled(context, path, fs.createReadStream(path), true);
  return context.interruption.atOnce(() => openRecording(path, options));
};

/** gzip that is not ours: one member, in which nothing can be found without unpacking all before it. */
const isInOnePiece = (path: string): boolean => {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const head = Buffer.alloc(SEARCHED_BYTES);
    const length = fs.readSync(fd, head, 0, head.length, 0);
    return head[0] === 0x1f && head[1] === 0x8b && head.subarray(0, length).indexOf(GZIP_HEAD) < 0;
  } finally {
    fs.closeSync(fd);
  }
};

/** Our first block is closed within this. */
const SEARCHED_BYTES = MAX_PACKED_BYTES;

/**
 * Kept in a file that has no name any more, so that it can be read in any order and is gone with us. A pipe may never
 * end: a request to end rejects with an AbortError.
 */
const spooled = async (
  { interruption }: Context,
  path: string,
  stream: Readable,
  packed: boolean,
): Promise<Recording> => {
  const name = join(tmpdir(), `stallscope-${process.pid}-${process.hrtime.bigint()}`);
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const fd = made(name, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
  try {
    fs.rmSync(name);
    const unpack = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    const write = (chunks: AsyncIterable<Buffer>): Promise<void> => writeAll(fd, path, chunks);
    const asked = new AbortController();
    interruption.onRequest(() => asked.abort());
    const { signal } = asked;
    await (packed ? pipeline(stream, unpack, write, { signal }) : pipeline(stream, write, { signal }));
  } catch (error) {
    fs.closeSync(fd);
    throw unreadable(path, error);
  }
  return interruption.atOnce(() => openRecording(path, { bytes: bytesOf(fd) }));
};

const made = (name: string, path: string, flags: number): number => {
  try {
    return fs.openSync(name, flags, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure('E_TMPDIR', { path, folder: tmpdir(), why: code ?? message }, error);
  }
};

/** Never to the last byte of a disk that others need, which may be memory. */
const writeAll = async (fd: number, path: string, chunks: AsyncIterable<Buffer>): Promise<void> => {
  let size = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  for await (const bytes of chunks) {
    if (size + bytes.length > MAX_SPOOLED_BYTES)
      throw failure('E_FILE_UNREADABLE', { path, why: 'it is longer than 64 GiB' });
    if (size - lookedAt >= LOOK_EVERY_BYTES) {
      lookedAt = size;
      const { bavail, bsize } = fs.statfsSync(tmpdir());
      if (bavail * bsize < LEAST_FREE_BYTES)
        throw failure('E_TMPDIR', { path, folder: tmpdir(), why: 'there is too little room' });
    }
    for (let done = 0; done < bytes.length; ) done += put(fd, path, bytes.subarray(done), size + done);
    size += bytes.length;
  }
};

const put = (fd: number, path: string, bytes: Buffer, at: number): number => {
  try {
    return fs.writeSync(fd, bytes, 0, bytes.length, at);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure('E_TMPDIR', { path, folder: tmpdir(), why: code ?? message }, error);
  }
};

const unreadable = (path: string, error: unknown): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || code.startsWith('E_') || code === 'ABORT_ERR') return error;
  return failure('E_FILE_UNREADABLE', { path, why: code }, error);
};

/** Folds all of it, in order, and lets signals have their turn; null when one came. `passed` is called for each sample. */
export const foldThrough = async (
  context: Context,
  recording: Recording,
  options: CursorOptions,
  passed: () => void = () => undefined,
): Promise<Cursor | null> => {
  const cursor = createCursor(recording, { ...options, exact: true });
  let sample = 0;
  const isWhole = await inSteps(context, () => {
    cursor.foldTo(sample);
    sample += 1;
    passed();
    return sample <= recording.samples();
  });
  return isWhole ? cursor : null;
};

/** A time of the recording, as people write it. Throws E_TIME. */
export const readMoment = (recording: Recording, value: string): number => {
  const { clock } = recording.header;
  const moment = parseMoment(value, { startUs: clock.bootUs, endUs: recording.endUs(), clock });
  if ('problem' in moment) throw failure('E_TIME', { value, why: moment.problem.replace(/\.$/, '') });
  return moment.bootUs;
};

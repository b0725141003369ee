/** The bytes of a recording, readable anywhere in any order: straight from the file, or unpacked in memory. */
import fs from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { failure } from '../errors.ts';

export type Bytes = {
  readonly size: number;
  /** At most `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Buffer;
  close(): void;
};

/** What a packed recording may unpack to. A longer one must be unpacked to disk by the user. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Throws E_FILE_MISSING, E_FILE_DIRECTORY, E_FILE_EMPTY, E_FILE_UNREADABLE or E_FILE_FORMAT. */
export const openBytes = (path: string): Bytes => {
  const fd = openFile(path);
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isDirectory()) throw failure('E_FILE_DIRECTORY', { path });
    if (!stat.isFile()) throw failure('E_FILE_UNREADABLE', { path, why: 'it is not a regular file' });
    if (stat.size === 0) throw failure('E_FILE_EMPTY', { path });
    const head = readAt(fd, 0, 2);
    if (!head.equals(GZIP_MAGIC)) {
      let open = true;
      return {
        size: stat.size,
        read: (offset, length) => readAt(fd, offset, length),
        close: () => {
          // A second close could hit a file that has got the same number since.
          if (open) fs.closeSync(fd);
          open = false;
        },
      };
    }
    const unpacked = unpack(path, fd, stat.size);
    fs.closeSync(fd);
    return {
      size: unpacked.length,
      read: (offset, length) => unpacked.subarray(offset, offset + length),
      close: () => undefined,
    };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
};

const openFile = (path: string): number => {
  try {
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw failure('E_FILE_MISSING', { path }, error);
    throw failure('E_FILE_UNREADABLE', { path, why: code ?? message }, error);
  }
};

const readAt = (fd: number, offset: number, length: number): Buffer => {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = fs.readSync(fd, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
};

/** A packed file that was cut off still gives what was written whole. */
const unpack = (path: string, fd: number, size: number): Buffer => {
  try {
    return gunzipSync(readAt(fd, 0, size), {
      maxOutputLength: MAX_UNPACKED_BYTES,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ERR_BUFFER_TOO_LARGE'
        ? 'it unpacks to more than 1 GiB: gunzip it first'
        : `damaged gzip data (${code})`;
    throw failure('E_FILE_FORMAT', { path, why }, error);
  }
};

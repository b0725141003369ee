/** Bytes that can be read anywhere in any order: a file's, or some that were unpacked in memory. */
import fs from 'node:fs';
import { failure } from '../../errors.ts';

export type Bytes = {
  /** Of a file that is being written, as it is now. */
  size(): number;
  /** At most `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Buffer;
  close(): void;
};

/** Throws E_FILE_MISSING, E_FILE_DIRECTORY, E_FILE_EMPTY or E_FILE_UNREADABLE. */
export const openBytes = (path: string): Bytes => {
  const fd = openFile(path);
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isDirectory()) throw failure('E_FILE_DIRECTORY', { path });
    if (!stat.isFile()) throw failure('E_FILE_UNREADABLE', { path, why: 'it is not a regular file' });
    if (stat.size === 0) throw failure('E_FILE_EMPTY', { path });
    return bytesOf(fd);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
};

export const bytesOf = (fd: number): Bytes => {
  let open = true;
  return {
    size: () => fs.fstatSync(fd).size,
    read: (offset, length) => readAt(fd, offset, length),
    close: () => {
      // A second close could hit a file that has got the same number since.
      if (open) fs.closeSync(fd);
      open = false;
    },
  };
};

export const memoryBytes = (buffer: Buffer): Bytes => ({
  size: () => buffer.length,
  read: (offset, length) => buffer.subarray(offset, offset + length),
  close: () => undefined,
});

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

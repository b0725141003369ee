/** Files and pipes that are read from their beginning to their end, in a way that can be left at any moment. */
import fs from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { failure } from '../errors.ts';

/**
 * Opening a pipe that nobody writes to would wait for its writer in a thread that nothing can end, not even our exit. So it
 * is opened without waiting, and the event loop waits.
 *
 * @throws E_FILE_UNREADABLE for what is neither a file nor a pipe, and what opening it throws
 */
export const openInput = (path: string): Readable => {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isFIFO()) return new Socket({ fd, readable: true, writable: false });
    if (stat.isFile()) return fs.createReadStream(path, { fd });
    const why = stat.isDirectory() ? 'it is a directory' : 'it is neither a file nor a pipe';
    throw failure('E_FILE_UNREADABLE', { path, why });
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
};

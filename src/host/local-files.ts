/** The files of the host that we run on. */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import type { HostFiles } from './files.ts';
import { openStatFiles } from './stat-files.ts';

/** What the reading gives; null when it is absent or refuses to be read. */
const orNull = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null;
  }
};

/** A pipe that a user names must not hold us until somebody writes to it. */
const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

export const localFiles: HostFiles = {
  text: (path) => orNull(() => withOpen(path, (fd) => readFileSync(fd, 'utf8'))),
  bytes: (path) => orNull(() => withOpen(path, (fd) => readFileSync(fd))),
  head: (path, limitBytes) => orNull(() => withOpen(path, (fd) => readAt(fd, 0, limitBytes))),
  part: (path, offset, sizeBytes) =>
    orNull(() =>
      withOpen(path, (fd) =>
        readAt(fd, offset, Math.max(0, Math.min(sizeBytes, fstatSync(fd).size - offset))),
      ),
    ),
  names: (directory) => orNull(() => readdirSync(directory)),
  link: (path) => orNull(() => readlinkSync(path)),
  realPath: (path) => orNull(() => realpathSync(path)),
  stat: (path) => orNull(() => statSync(path)),
  isReadable: (path) => orNull(() => accessSync(path, constants.R_OK)) !== null,
  isExecutable: (path) =>
    orNull(() => accessSync(path, constants.X_OK)) !== null && localFiles.stat(path)?.isFile() === true,
  holdOpen: (path, use) => orNull(() => withOpen(path, (fd) => use(`/proc/self/fd/${fd}`))),
  openStatFiles,
};

const withOpen = <T>(path: string, use: (fd: number) => T): T => {
  const fd = openSync(path, WITHOUT_WAITING);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
};

const readAt = (fd: number, offset: number, sizeBytes: number): Buffer => {
  const buffer = Buffer.alloc(sizeBytes);
  return buffer.subarray(0, sizeBytes === 0 ? 0 : readSync(fd, buffer, 0, sizeBytes, offset));
};

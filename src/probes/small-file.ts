/** Files that people write: small, and files. A pipe would be waited for, and a device has no end. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Throws what the system says, or an Error that says what it is instead of a small file. */
export const readSmallFile = (path: string, mostBytes: number): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new Error('it is a directory');
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > mostBytes) throw new Error(`it is larger than ${mostBytes / 1024} KiB`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/** Files that people write: small, and files. A pipe would be waited for, and a device has no end. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Throws what the system says, or an Error that says what it is instead of a small file. */
export const readSmallFile = (path: string, mostBytes: number): string => read(path, mostBytes, () => true);

/**
 * The same for a file that the user names or keeps. What is in it is quoted in messages, so under sudo it is one that the
 * caller of sudo may read too: not a link to a secret.
 */
export const readUsersFile = (path: string, mostBytes: number): string =>
  read(path, mostBytes, callerMayRead);

type Judge = (fd: number, stat: Stats) => boolean;

const read = (path: string, mostBytes: number, mayBeRead: Judge): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new Error('it is a directory');
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (!mayBeRead(fd, stat)) throw new Error('whoever called sudo may not read it');
    if (stat.size > mostBytes) throw new Error(`it is larger than ${mostBytes / 1024} KiB`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/** Of the caller's groups only the first is known here: what is for another must be readable for all. */
const callerMayRead: Judge = (fd, stat) => {
  const [uid, gid] = [process.env.SUDO_UID, process.env.SUDO_GID].map(Number);
  if (process.getuid?.() !== 0 || !Number.isSafeInteger(uid) || uid === 0) return true;
  const may = ({ uid: owner, gid: group, mode }: Stats, bit: number): boolean =>
    (mode & (owner === uid ? bit << 6 : group === gid ? bit << 3 : bit)) !== 0;
  const directories = ancestorsOf(readlinkSync(`/proc/self/fd/${fd}`));
  return may(stat, READ) && directories.every((directory) => may(statSync(directory), SEARCH));
};
const READ = 0o4;
const SEARCH = 0o1;

const ancestorsOf = (path: string): string[] =>
  path === dirname(path) ? [] : [dirname(path), ...ancestorsOf(dirname(path))];

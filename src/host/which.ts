/** Which file a program's name means. */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { failure } from '../errors.ts';
import { type HostFiles, isThere } from './files.ts';

/** Where a program of that name may be, the preferred place first. Relative directories are no places of this host. */
export const placesOnPath = (name: string, searchPath: string): readonly string[] =>
  searchPath
    .split(':')
    .filter(isAbsolute)
    .map((directory) => join(directory, name));

/**
 * What root may run that somebody else has not chosen for it: only root can put another file there, or another directory
 * anywhere on the way to it, with its links or without them.
 */
export const isRootsOwn = (files: HostFiles, path: string): boolean =>
  [path, files.realPath(path) ?? path].every((place) =>
    withAncestors(place).every((one, above) => {
      const { uid = 0, mode = 0 } = files.stat(one) ?? {};
      // In a sticky directory others cannot replace the directories of root.
      const isKept = above > 1 && (mode & STICKY) !== 0;
      return uid === 0 && (isKept || (mode & WRITABLE_BY_OTHERS) === 0);
    }),
  );
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

const withAncestors = (path: string): string[] =>
  path === dirname(path) ? [path] : [path, ...withAncestors(dirname(path))];

/**
 * The command with the file in place of its name that a shell would run here.
 *
 * @throws E_CMD_NOT_FOUND, E_CMD_NOT_EXECUTABLE
 */
export const resolveCommand = (
  files: HostFiles,
  argv: readonly string[],
  searchPath: string,
): readonly string[] => {
  const [name = '', ...rest] = argv;
  return [commandFile(files, name, searchPath), ...rest];
};

const commandFile = (files: HostFiles, name: string, searchPath: string): string => {
  if (name === '') throw failure('E_CMD_NOT_FOUND', { name, where: 'its name is empty' });
  if (name.includes('/')) return checkExecutable(files, name, resolve(name));
  const places = searchPath.split(':').map((directory) => resolve(directory || '.', name));
  const found = places.find(files.isExecutable);
  if (found !== undefined) return found;
  const present = places.find((place) => isThere(files, place));
  if (present !== undefined) return checkExecutable(files, name, present);
  throw failure('E_CMD_NOT_FOUND', { name, where: 'not in any directory of PATH' });
};

const checkExecutable = (files: HostFiles, name: string, file: string): string => {
  const stat = files.stat(file);
  if (stat === null) throw failure('E_CMD_NOT_FOUND', { name, where: `there is no ${file}` });
  if (stat.isDirectory()) throw failure('E_CMD_NOT_EXECUTABLE', { path: name, why: 'it is a directory' });
  if (!files.isExecutable(file))
    throw failure('E_CMD_NOT_EXECUTABLE', { path: name, why: 'it has no execute permission' });
  return file;
};

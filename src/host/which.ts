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

/** What root may run that somebody else has not chosen for it: only root can put another file there. */
export const isRootsOwn = (files: HostFiles, path: string): boolean =>
  [dirname(path), path].every((one) => {
    const stat = files.stat(one);
    return stat === null || ((stat.uid ?? 0) === 0 && ((stat.mode ?? 0) & WRITABLE_BY_OTHERS) === 0);
  });
const WRITABLE_BY_OTHERS = 0o022;

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

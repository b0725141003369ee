/**
 * The Python interpreters of this host, without running any: those that run now (all, or the selected PIDs), the one
 * that the command after `--` will use as far as its name shows, and those installed where distributions put them.
 *
 * A process is Python by what it maps: a libpython, or an executable that holds the interpreter itself (recognise.ts);
 * under whatever name, uwsgi or a renamed copy. The name of the executable file decides only where the file does not
 * say (stripped of its exports).
 *
 * A file is named by the plain path where that is the same file, and through /proc/PID/root where the process lives in
 * another mount namespace (a container): a uprobe belongs to the inode, so either name serves every process that maps
 * it.
 */
import { basename, dirname, join } from 'node:path';
import { type HostFiles, namesIn } from '../files.ts';
import type { TargetRequest } from '../targets.ts';
import { placesOnPath } from '../which.ts';
import { holdsInterpreter, isPythonName, libpythonIn } from './recognise.ts';

export { isPythonName } from './recognise.ts';

export type Interpreter = {
  readonly executable: string;
  /** The file that holds the interpreter itself: libpython where it is linked to that, else the executable. */
  readonly file: string;
};

/** Each file once, the most wanted first: of the selected processes; else of the command, installed ones, running ones. */
export const findInterpreters = ({ files, pids, command, env }: TargetRequest): readonly Interpreter[] => {
  const searchPath = env.PATH ?? '';
  const isForAll = pids.length === 0;
  const running = isForAll ? allPids(files) : pids;
  const known = isForAll
    ? [...commandFiles(files, command ?? [], searchPath), ...installedFiles(files, searchPath)]
    : [];
  const libraries = isForAll ? installedLibraries(files) : [];
  return distinct(files, [
    ...known.map((executable) => ({ executable, file: codeOf(files, executable) })),
    ...running.flatMap((pid) => interpreterOf(files, pid) ?? []),
    ...libraries.map((library) => ({ executable: library, file: library })),
  ]);
};

/** The interpreter that a process runs; null when it is no Python, or gone, or not ours to see. */
export const interpreterOf = (files: HostFiles, pid: number): Interpreter | null => {
  const target = files.link(`/proc/${pid}/exe`);
  if (target === null) return null;
  const library = libpythonIn(files.text(`/proc/${pid}/maps`) ?? '');
  const isOwn =
    library === null && (isPythonName(nameOf(target)) || holdsInterpreter(files, `/proc/${pid}/exe`));
  if (library === null && !isOwn) return null;
  const isReplaced = target.endsWith(DELETED);
  const executable = isReplaced ? `/proc/${pid}/exe` : seenFromHere(files, pid, target, `/proc/${pid}/exe`);
  if (library === null) return { executable, file: executable };
  const { path, range } = library;
  return { executable, file: seenFromHere(files, pid, path, `/proc/${pid}/map_files/${range}`) };
};

/** What the kernel calls the executable file, replaced or not. */
export const executableName = (files: HostFiles, pid: number): string | null => {
  const target = files.link(`/proc/${pid}/exe`);
  return target === null ? null : nameOf(target);
};

/** Device and inode, the identity that uprobes go by; null when there is no such file. */
export const identityOf = (files: HostFiles, path: string): string | null => {
  const stat = files.stat(path);
  return stat?.isFile() === true ? `${stat.dev}:${stat.ino}` : null;
};

export const allPids = (files: HostFiles): number[] =>
  namesIn(files, '/proc').map(Number).filter(Number.isSafeInteger);

const DELETED = ' (deleted)';

const nameOf = (target: string): string =>
  basename(target.endsWith(DELETED) ? target.slice(0, -DELETED.length) : target);

/** The plain path where it leads to the same file, for that outlives the process; else by way of the process. */
const seenFromHere = (files: HostFiles, pid: number, path: string, sure: string): string => {
  const wanted = identityOf(files, sure);
  if (wanted !== null && identityOf(files, path) === wanted) return path;
  const inside = `/proc/${pid}/root${path}`;
  return wanted === null || identityOf(files, inside) === wanted ? inside : sure;
};

const SCRIPT_DEPTH = 3;

/** What the kernel, and `env`, would run for this name, if that is Python. */
const commandFiles = (files: HostFiles, argv: readonly string[], searchPath: string, depth = 0): string[] => {
  const [name = '', ...rest] = argv;
  const found = name.includes('/') ? name : onPath(files, name, searchPath)[0];
  if (found === undefined || depth > SCRIPT_DEPTH) return [];
  if (basename(found) === 'env') {
    return commandFiles(
      files,
      rest.filter((word) => !word.startsWith('-') && !word.includes('=')),
      searchPath,
      depth + 1,
    );
  }
  const file = files.realPath(found);
  if (file === null) return [];
  const interpreter = /^#! *([^\n]+)/.exec(files.head(file, 256)?.toString('latin1') ?? '')?.[1];
  if (interpreter !== undefined)
    return commandFiles(files, interpreter.trim().split(/\s+/), searchPath, depth + 1);
  return isPythonFile(files, file) ? [file] : [];
};

const INSTALLED = ['/usr/bin', '/usr/local/bin'];

const installedFiles = (files: HostFiles, searchPath: string): string[] =>
  [
    ...['python3', 'python'].flatMap((name) => onPath(files, name, searchPath)),
    ...INSTALLED.flatMap((directory) =>
      namesIn(files, directory)
        .filter((name) => /^python3(\.\d+t?)?$/.test(name))
        .map((name) => join(directory, name)),
    ),
  ]
    .flatMap((path) => files.realPath(path) ?? [])
    .filter((file) => isPythonFile(files, file));

/** Programs that embed Python, and are started later, use the library of the distribution. */
const installedLibraries = (files: HostFiles): string[] =>
  ['/usr/lib64', '/usr/local/lib', ...multiarch(files, '/usr/lib')].flatMap((place) =>
    namesIn(files, place)
      .filter((name) => /^libpython\d\.\d+t?\.so\.\d/.test(name))
      .flatMap((name) => files.realPath(join(place, name)) ?? []),
  );

const onPath = (files: HostFiles, name: string, searchPath: string): string[] =>
  placesOnPath(name, searchPath).filter((path) => identityOf(files, path) !== null);

const ELF_MAGIC = '\x7fELF';

const isPythonFile = (files: HostFiles, file: string): boolean =>
  files.head(file, 4)?.toString('latin1') === ELF_MAGIC &&
  (isPythonName(basename(file)) || holdsInterpreter(files, file));

/** An executable of a few hundred KiB at most is a shell around its libpython, which lies beside it. */
const SHELL_BYTES = 512 * 1024;

const codeOf = (files: HostFiles, executable: string): string => {
  const size = files.stat(executable)?.size ?? 0;
  if (size > SHELL_BYTES) return executable;
  const version = /^python(\d\.\d+t?)/.exec(basename(executable))?.[1];
  const prefix = dirname(dirname(executable));
  const places = [join(prefix, 'lib'), join(prefix, 'lib64'), ...multiarch(files, join(prefix, 'lib'))];
  const library = places.flatMap((place) =>
    namesIn(files, place)
      .filter(
        (name) => version !== undefined && name.startsWith(`libpython${version}`) && /\.so\.\d/.test(name),
      )
      .map((name) => join(place, name)),
  )[0];
  return (library === undefined ? null : files.realPath(library)) ?? executable;
};

const multiarch = (files: HostFiles, lib: string): string[] =>
  namesIn(files, lib)
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(lib, name));

const distinct = (files: HostFiles, interpreters: readonly Interpreter[]): Interpreter[] => {
  const byFile = new Map<string, Interpreter>();
  for (const interpreter of interpreters) {
    const identity = identityOf(files, interpreter.file);
    if (identity !== null && !byFile.has(identity)) byFile.set(identity, interpreter);
  }
  return [...byFile.values()];
};

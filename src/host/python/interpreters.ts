/**
 * The Python interpreters of this host, without running any: those that run now (all, or the selected PIDs), the one
 * that the command after `--` will use as far as its name tells, and those installed where distributions put them.
 *
 * A file is named by the plain path where that is the same file, and through /proc/PID/root where the process lives in
 * another mount namespace (a container): a uprobe belongs to the inode, so either name serves every process that maps
 * it. Python is recognised as the kernel side does it, by the name of the executable file (never of a symbolic link to
 * it, as virtual environments have): it begins with `python`. A program that only embeds Python is not recognised.
 */
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { readHead, readText, statOf } from '../files.ts';
import type { TargetRequest } from '../targets.ts';

export type Interpreter = {
  readonly executable: string;
  /** The file that holds the interpreter itself: libpython where it is linked to that, else the executable. */
  readonly file: string;
};

/** Each file once, the most wanted first: of the selected processes; else of the command, installed ones, running ones. */
export const findInterpreters = ({ pids, command, env }: TargetRequest): readonly Interpreter[] => {
  const running = pids.length > 0 ? pids : allPids();
  const files = [
    ...(command === null ? [] : commandFiles(command, env.PATH ?? '')),
    ...installedFiles(pids.length > 0 ? '' : (env.PATH ?? '')),
  ];
  const known = pids.length > 0 ? [] : files;
  return distinct([
    ...known.map((executable) => ({ executable, file: codeOf(executable) })),
    ...running.flatMap((pid) => interpreterOf(pid) ?? []),
  ]);
};

/** The interpreter that a process runs; null when it is no Python, or gone, or not ours to see. */
export const interpreterOf = (pid: number): Interpreter | null => {
  const target = linkTarget(`/proc/${pid}/exe`);
  if (target === null || !isPythonName(basename(target))) return null;
  const isReplaced = target.endsWith(DELETED);
  const executable = isReplaced ? `/proc/${pid}/exe` : seenFromHere(pid, target, `/proc/${pid}/exe`);
  const library = LIBPYTHON.exec(readText(`/proc/${pid}/maps`) ?? '')?.groups?.path;
  if (library === undefined) return { executable, file: executable };
  return { executable, file: seenFromHere(pid, library, `/proc/${pid}/root${library}`) };
};

/** `python3.11`, `python3`, `python2.7`, `python3.13t`: what the kernel side takes for Python. */
export const isPythonName = (name: string): boolean => /^(platform-)?python/.test(name);

/** Device and inode, the identity that uprobes go by; null when there is no such file. */
export const identityOf = (path: string): string | null => {
  const stat = statOf(path);
  return stat?.isFile() === true ? `${stat.dev}:${stat.ino}` : null;
};

const DELETED = ' (deleted)';
const LIBPYTHON = /^\S+ r-xp .* (?<path>\/.*\/libpython\d[\w.]*\.so[\w.]*)$/m;

const allPids = (): number[] => namesIn('/proc').map(Number).filter(Number.isSafeInteger);

/** The plain path where it leads to the same file, for that outlives the process. */
const seenFromHere = (pid: number, path: string, sure: string): string => {
  const wanted = identityOf(sure);
  return wanted !== null && identityOf(path) === wanted ? path : `/proc/${pid}/root${path}`;
};

const SCRIPT_DEPTH = 3;

/** What the kernel, and `env`, would run for this name, if that is Python by its name. */
const commandFiles = (argv: readonly string[], searchPath: string, depth = 0): string[] => {
  const [name = '', ...rest] = argv;
  const found = name.includes('/') ? name : onPath(name, searchPath)[0];
  if (found === undefined || depth > SCRIPT_DEPTH) return [];
  if (basename(found) === 'env') {
    return commandFiles(
      rest.filter((word) => !word.startsWith('-') && !word.includes('=')),
      searchPath,
      depth + 1,
    );
  }
  const file = realPath(found);
  if (file === null) return [];
  const interpreter = /^#! *([^\n]+)/.exec(readHead(file, 256)?.toString('latin1') ?? '')?.[1];
  if (interpreter !== undefined) return commandFiles(interpreter.trim().split(/\s+/), searchPath, depth + 1);
  return isPythonFile(file) ? [file] : [];
};

const INSTALLED = ['/usr/bin', '/usr/local/bin'];

const installedFiles = (searchPath: string): string[] =>
  [
    ...['python3', 'python'].flatMap((name) => onPath(name, searchPath)),
    ...INSTALLED.flatMap((directory) =>
      namesIn(directory)
        .filter((name) => /^python3(\.\d+t?)?$/.test(name))
        .map((name) => join(directory, name)),
    ),
  ]
    .flatMap((path) => realPath(path) ?? [])
    .filter(isPythonFile);

const onPath = (name: string, searchPath: string): string[] =>
  searchPath
    .split(delimiter)
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .filter((path) => identityOf(path) !== null);

const ELF_MAGIC = '\x7fELF';

const isPythonFile = (file: string): boolean =>
  isPythonName(basename(file)) && readHead(file, 4)?.toString('latin1') === ELF_MAGIC;

/** An executable of a few hundred KiB at most is a shell around its libpython, which lies beside it. */
const SHELL_BYTES = 512 * 1024;

const codeOf = (executable: string): string => {
  const size = statOf(executable)?.size ?? 0;
  if (size > SHELL_BYTES) return executable;
  const version = /^python(\d\.\d+t?)/.exec(basename(executable))?.[1];
  const prefix = dirname(dirname(executable));
  const places = [join(prefix, 'lib'), join(prefix, 'lib64'), ...multiarch(join(prefix, 'lib'))];
  const library = places.flatMap((place) =>
    namesIn(place)
      .filter(
        (name) => version !== undefined && name.startsWith(`libpython${version}`) && /\.so\.\d/.test(name),
      )
      .map((name) => join(place, name)),
  )[0];
  return (library === undefined ? null : realPath(library)) ?? executable;
};

const multiarch = (lib: string): string[] =>
  namesIn(lib)
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(lib, name));

const distinct = (interpreters: readonly Interpreter[]): Interpreter[] => {
  const byFile = new Map<string, Interpreter>();
  for (const interpreter of interpreters) {
    const identity = identityOf(interpreter.file);
    if (identity !== null && !byFile.has(identity)) byFile.set(identity, interpreter);
  }
  return [...byFile.values()];
};

const linkTarget = (path: string): string | null => {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
};

const realPath = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

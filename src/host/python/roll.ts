/**
 * What the kernel side of the python probe cannot find out itself, given to it each time it attaches: processes that
 * mapped their interpreter before, where its text and that of libc lie in each of them, and the executables that hold
 * an interpreter under whatever name. Later ones it recognises by the library they map, the file they run, their
 * parent, or their name.
 */
import { basename } from 'node:path';
import type { HostFiles } from '../files.ts';
import type { Seed, TargetRequest } from '../targets.ts';
import { allPids, executableName, findInterpreters, identityOf, interpreterOf } from './interpreters.ts';
import {
  arenaBytesByName,
  arenaBytesOf,
  isNamedRightly,
  libcIn,
  libpythonIn,
  type TextMapping,
} from './recognise.ts';

export type Roll = {
  /** As of now. */
  readonly seeds: () => readonly Seed[];
  /** Whether the kernel side takes this interpreter, as this process runs it, for Python. */
  readonly counts: (pid: number) => boolean;
  /** Whether it was given this file as one that holds an interpreter. */
  readonly isKnown: (path: string) => boolean;
};

/** Each takes six assignments of the script's first program, which old kernels bound. */
const MOST_PROCESSES = 200;

/**
 * @param seesPids whether /proc has the PIDs that the kernel side counts by; inside a PID namespace it has others
 */
export const createRoll = (request: TargetRequest, seesPids: boolean): Roll => {
  /** Those reported, and those that were there and were not. */
  const reported = new Set<number>();
  const unreported = new Set<number>();
  const { files } = request;
  /** Executables that hold an interpreter, by identity. */
  const known = new Set<string>();

  const fileSeeds = (): Seed[] =>
    findInterpreters(request).flatMap(({ file, executable }) => {
      if (file !== executable) return [];
      const stat = files.stat(executable);
      const arenaBytes = arenaBytesOf(files, executable);
      // Of one that does not say, its name says more than a guess of ours.
      if (stat === null || arenaBytes === null) return [];
      known.add(identityOf(files, executable) ?? '');
      return [{ map: '@python_file', key: fileKey(stat.dev, stat.ino), value: arenaBytes }];
    });

  const processSeeds = (): Seed[] => {
    reported.clear();
    unreported.clear();
    const running = (request.pids.length > 0 ? request.pids : allPids(files)).filter(
      (pid) => interpreterOf(files, pid) !== null,
    );
    const byAge = [...running].sort((a, b) => a - b);
    for (const pid of byAge.slice(MOST_PROCESSES)) unreported.add(pid);
    if (!seesPids) for (const pid of running) unreported.add(pid);
    return byAge.slice(0, MOST_PROCESSES).flatMap((pid) => {
      if (!seesPids) return [];
      reported.add(pid);
      return seedsOf(files, pid);
    });
  };

  const isKnown = (path: string): boolean => known.has(identityOf(files, path) ?? '');

  return {
    isKnown,
    seeds: () => [...fileSeeds(), ...processSeeds()],
    counts: (pid) => {
      const executable = `/proc/${pid}/exe`;
      if (reported.has(pid) || isNamedRightly(files, executable, executableName(files, pid) ?? ''))
        return true;
      if (unreported.has(pid)) return false;
      const interpreter = interpreterOf(files, pid);
      if (interpreter === null) return false;
      return interpreter.file !== interpreter.executable || isKnown(interpreter.file);
    },
  };
};

/** As the scripts mix them: the kernel's dev_t is 12 bits and 20. */
const fileKey = (dev: number, ino: number): bigint => {
  const [wide, number] = [BigInt(dev), BigInt(ino)];
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn);
  const minor = (wide & 0xffn) | ((wide >> 12n) & ~0xffn);
  return (((major << 20n) | minor) << 32n) ^ number;
};

const seedsOf = (files: HostFiles, pid: number): Seed[] => {
  const maps = files.text(`/proc/${pid}/maps`) ?? '';
  const library = libpythonIn(maps);
  const file = library === null ? `/proc/${pid}/exe` : `/proc/${pid}/map_files/${library.range}`;
  const own = library ?? executableText(files, pid, maps);
  const name = library === null ? (executableName(files, pid) ?? '') : basename(library.path);
  const entries: readonly (readonly [map: string, value: bigint | undefined])[] = [
    ['@python_asked', 1n],
    ['@python_arena', arenaBytesOf(files, file) ?? arenaBytesByName(name) ?? undefined],
    ...rangeEntries('@python_code', own),
    ...rangeEntries('@python_libc', libcIn(maps)),
  ];
  return entries.flatMap(([map, value]) => (value === undefined ? [] : [{ map, key: BigInt(pid), value }]));
};

/** The text of the executable itself: of its mappings, the first that is executable. */
const executableText = (files: HostFiles, pid: number, maps: string): TextMapping | null => {
  const inode = files.stat(`/proc/${pid}/exe`)?.ino;
  const line = maps
    .split('\n')
    .map((text) => /^(\S+) r-xp \S+ \S+ (\d+) +(.*)$/.exec(text))
    .find((match) => match !== null && Number(match[2]) === inode);
  return line == null ? null : { range: line[1] ?? '', path: line[3] ?? '' };
};

const rangeEntries = (map: string, text: TextMapping | null): [string, bigint | undefined][] => {
  const [from, to] = /^([0-9a-f]+)-([0-9a-f]+)$/.exec(text?.range ?? '')?.slice(1) ?? [];
  if (from === undefined || to === undefined) return [];
  return [
    [map, BigInt(`0x${from}`)],
    [`${map}_end`, BigInt(`0x${to}`)],
  ];
};

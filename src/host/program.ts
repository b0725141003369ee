/**
 * The user programs and libraries that a user wants counted: where they are, and whether they have the function or
 * marker asked for. What is wrong is reported before any tracer starts, with the nearest name that is there.
 */
import { isAbsolute, join, resolve } from 'node:path';
import { failure, nearestNames } from '../errors.ts';
import { type Elf, readElf } from './elf.ts';
import type { ProgramFacts } from './facts.ts';
import type { HostFiles } from './files.ts';
import { placesOnPath } from './which.ts';

/**
 * The absolute path of an ELF file, from a path or from a bare name that PATH is searched for. Links below
 * `/proc/PID/root` are followed as that process would: the kernel would take an absolute one from our own root.
 *
 * @throws E_PROGRAM when there is none, or it is not an ELF file
 */
export const findProgram = (files: HostFiles, name: string, env: NodeJS.ProcessEnv, cwd: string): string => {
  const refuse = (path: string, why: string) => failure('E_PROGRAM', { path, why });
  const path = name.includes('/')
    ? followInside(files, resolve(cwd, name))
    : placesOnPath(name, env.PATH ?? '').find(files.isExecutable);
  if (path === undefined) throw refuse(name, 'no directory of PATH has it');
  const stat = files.stat(path);
  if (stat === null) throw refuse(path, 'there is no such file');
  if (!stat.isFile())
    throw refuse(path, stat.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  if (!files.isReadable(path)) throw refuse(path, 'it cannot be read');
  if (readElf(files, path) === null)
    throw refuse(path, 'it is not an ELF file (a script is run by its interpreter)');
  return path;
};

/** What the file offers to uprobes and USDT; null when it is no readable ELF file. */
export const programAt = (files: HostFiles, path: string): ProgramFacts | null => {
  const elf = readElf(files, path);
  if (elf === null) return null;
  return {
    functionProblem: (name) => functionProblem(elf, name),
    markerProblem: (name) => {
      const markers = markersIn(elf);
      return markers.includes(name) ? null : `it has no USDT marker ${name} (${whatIsThere(markers, name)})`;
    },
  };
};

/**
 * That the function, or the marker `PROVIDER:NAME`, is there to be counted.
 *
 * @throws E_NO_SYMBOL with the nearest names, and with what a missing symbol table means
 */
export const checkSymbol = (
  files: HostFiles,
  path: string,
  kind: 'function' | 'marker',
  name: string,
): void => {
  const elf = readElf(files, path);
  const program = programAt(files, path);
  if (elf === null || program === null) throw failure('E_PROGRAM', { path, why: 'it is gone' });
  const why = kind === 'function' ? program.functionProblem(name) : program.markerProblem(name);
  if (why === null) return;
  const next =
    kind === 'marker'
      ? `See its markers: readelf -n ${path}`
      : elf.stripped
        ? 'The file is stripped: only what it exports has a name. Install its debug symbols, or use a build that has them'
        : `See its functions: nm --defined-only ${path} (a function that was inlined everywhere has no symbol)`;
  throw failure('E_NO_SYMBOL', { path, why, next });
};

/** A function that would be counted only in part is as bad as none. */
const functionProblem = (elf: Elf, name: string): string | null => {
  const functions = elf.functions();
  const named = functions.filter((one) => one.name === name);
  const [first, second] = named;
  if (second !== undefined) {
    return `${named.length} different functions in it are called ${name}, and only one would be counted`;
  }
  if (first?.indirect === true) {
    return `${name} only chooses, once, among its implementations (IFUNC): count one of those`;
  }
  // bpftrace may read a table that we cannot; it has the last word.
  if (first !== undefined || elf.compressed) return null;
  const names = functions.map((one) => one.name);
  return `it has no function ${name} (${whatIsThere(names, name)})`;
};

const markersIn = (elf: Elf): string[] => elf.markers().map(({ provider, name }) => `${provider}:${name}`);

const MAX_LINKS = 40;

const followInside = (files: HostFiles, path: string): string => {
  const [root] = /^\/proc\/(?:self|\d+)\/root(?=\/)/.exec(path) ?? [];
  if (root === undefined) return path;
  let left = path.slice(root.length).split('/');
  let done: string[] = [];
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const to = files.link(join(root, ...done, part));
    if (to === null || links >= MAX_LINKS) {
      done.push(part);
      continue;
    }
    links += 1;
    if (isAbsolute(to)) done = [];
    left = [...to.split('/'), ...left];
  }
  return join(root, ...done);
};

const whatIsThere = (names: readonly string[], name: string): string => {
  if (names.length === 0) return 'it has none at all';
  const near = nearestNames(names, name, 3);
  return near.length === 0
    ? `none of the ${names.length.toLocaleString('en')} it has is called like it`
    : `nearest: ${near.join(', ')}`;
};

/**
 * What makes a file, or a process, CPython: the functions it exports, and the library it maps. Names of programs come
 * and go (uwsgi, a renamed copy, memfd:…); these do not.
 */
import { basename } from 'node:path';
import { createLru } from '../../core/lru.ts';
import { readElf } from '../elf.ts';
import { type HostFiles, oncePerHost } from '../files.ts';

/** A mapping of text: `START-END` in hexadecimal as /proc/PID/map_files names it, and the file. */
export type TextMapping = { readonly range: string; readonly path: string };

/** The libpython whose text is mapped; `libpython3.so` is only a door to it. */
export const libpythonIn = (maps: string): TextMapping | null => textOf(maps, LIBPYTHON);

/** glibc under its names; the loader of musl, which is its libc, is another allocator's business. */
export const libcIn = (maps: string): TextMapping | null => textOf(maps, LIBC);

/** An allocator that was put before that of glibc. */
export const foreignAllocatorIn = (maps: string): string | null =>
  basename(textOf(maps, ALLOCATOR)?.path ?? '') || null;

/** The kernel side takes the same names for Python: probes/python. */
export const isPythonName = (name: string): boolean =>
  /^(?:python(?:2.*|3(?:\..*)?)?$|platform-python)/.test(name);

/** Whether the file itself is an interpreter, linked statically or a libpython. */
export const holdsInterpreter = (files: HostFiles, path: string): boolean => factsOf(files, path).interpreter;

/**
 * The arenas of the interpreter in this file, in bytes; 2 stands for none (free-threaded), as in the scripts. null where the
 * file does not say that it holds one.
 */
export const arenaBytesOf = (files: HostFiles, path: string): bigint | null =>
  factsOf(files, path).arenaBytes;

/** What the scripts take the arenas of an executable or a libpython for, by its name: null for no name of an interpreter. */
export const arenaBytesByName = (name: string): bigint | null => {
  const version = /^(?:lib)?python(\d?)(?:\.(\d+)(t?))?/.exec(name);
  if (!isPythonName(name) && !name.startsWith('libpython')) return null;
  const [, major = '', minor = '', threads = ''] = version ?? [];
  if (name.startsWith('platform-python') || major === '2') return SMALL_ARENA;
  if (threads === 't' && FREE_THREADED_MINORS.includes(minor)) return NO_ARENA;
  return SMALL_MINORS.includes(minor) ? SMALL_ARENA : LARGE_ARENA;
};

/** Whether the kernel side, which goes by the name alone, takes this executable for the Python that it is. */
export const isNamedRightly = (files: HostFiles, path: string, name: string): boolean => {
  const byName = isPythonName(name) ? arenaBytesByName(name) : null;
  return byName !== null && (arenaBytesOf(files, path) ?? byName) === byName;
};

type FileFacts = { readonly interpreter: boolean; readonly arenaBytes: bigint | null };

/** Of Python 3. */
const SMALL_MINORS = ['6', '7', '8', '9'];
const FREE_THREADED_MINORS = ['13', '14'];

const INTERPRETER = ['Py_Initialize', 'PyObject_Malloc', 'PyGILState_Ensure'];
/** New in 3.10, as are arenas of 1 MiB. */
const SINCE_3_10 = ['PyIter_Send'];
/** Only builds without a global lock have it. */
const FREE_THREADED = ['_Py_MergeZeroLocalRefcount'];

export const SMALL_ARENA = 262_144n;
export const LARGE_ARENA = 1_048_576n;
export const NO_ARENA = 2n;

/** Thousands of distinct executables are no host's; a build farm's may be. */
const MOST_KNOWN = 4_096;
/** Files do not change what they are: asked once for each inode, as it was then. */
const knownOf = oncePerHost(() => createLru<string, FileFacts>(MOST_KNOWN));

const factsOf = (files: HostFiles, path: string): FileFacts => {
  const key = keyOf(files, path);
  if (key === null) return NO_INTERPRETER;
  return knownOf(files).get(key) ?? files.holdOpen(path, (held) => learn(files, held)) ?? NO_INTERPRETER;
};

/** Of a file that stays: one that is gone before it is read must not be taken for one that is nothing. */
const learn = (files: HostFiles, held: string): FileFacts => {
  const key = keyOf(files, held);
  if (key === null) return NO_INTERPRETER;
  const known = knownOf(files);
  const facts = known.get(key) ?? readFacts(files, held);
  known.set(key, facts);
  return facts;
};

const keyOf = (files: HostFiles, path: string): string | null => {
  const stat = files.stat(path);
  return stat?.isFile() === true ? `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}` : null;
};

const NO_INTERPRETER: FileFacts = { interpreter: false, arenaBytes: null };

const readFacts = (files: HostFiles, path: string): FileFacts => {
  const elf = readElf(files, path);
  if (elf === null || !elf.exportsAll(INTERPRETER)) return NO_INTERPRETER;
  if (elf.exportsAll(FREE_THREADED)) return { interpreter: true, arenaBytes: NO_ARENA };
  return { interpreter: true, arenaBytes: elf.exportsAll(SINCE_3_10) ? LARGE_ARENA : SMALL_ARENA };
};

const mappingOf = (name: string): RegExp =>
  new RegExp(`^(?<range>\\S+) r-xp \\S+ \\S+ \\S+ +(?<path>/.*/${name})(?: \\(deleted\\))?$`, 'm');

const LIBPYTHON = mappingOf('libpython\\d(?!\\.so)[\\w.]*\\.so[\\w.]*');
const LIBC = mappingOf('libc(?:-2[.\\d]*)?\\.so(?:\\.6)?');
const ALLOCATOR = mappingOf('lib(?:jemalloc|tcmalloc|mimalloc|hoard|snmalloc|rpmalloc)[^/]*\\.so[\\w.]*');

const textOf = (maps: string, mapping: RegExp): TextMapping | null => {
  const { range, path } = mapping.exec(maps)?.groups ?? {};
  return range === undefined || path === undefined ? null : { range, path };
};

/**
 * Which numbers of the python probe cannot be had for one process, and why. A zero that nobody could have counted must
 * not look like one: the kernel side may not know the interpreter, its build or its settings may have no arenas, its
 * allocator may hide whose code asks, and collections are seen only in the files that the probe was attached to.
 */
import { basename } from 'node:path';
import type { HostFiles } from '../files.ts';
import { hasApiFunctions, hasGcMarkers } from './finders.ts';
import { executableName, type Interpreter, identityOf, interpreterOf } from './interpreters.ts';
import { arenaBytesOf, foreignAllocatorIn, libcIn, NO_ARENA } from './recognise.ts';

/** Metrics by what they need of the interpreter. */
export type PythonMetrics = {
  /** The arenas and heap of an interpreter with a global lock, and the calls behind them. */
  readonly memory: readonly string[];
  /** Of these, the arenas alone. */
  readonly arenas?: readonly string[];
  /** Of these, whose large blocks they are. */
  readonly callers?: readonly string[];
  readonly markers: readonly string[];
  readonly functions: readonly string[];
};

type Reasons = Readonly<Record<string, string>>;

/**
 * @param attachedTo what this session's probe is attached to, for its markers or functions
 * @param counts whether the kernel side takes this process for Python
 * @returns for a PID: metric id to reason; undefined for all but Python
 */
export const createPythonCoverage = (
  files: HostFiles,
  metrics: PythonMetrics,
  attachedTo: readonly string[],
  counts: (pid: number) => boolean = () => true,
): ((pid: number) => Reasons | undefined) => {
  const attached = new Set(attachedTo.map((file) => identityOf(files, file)));
  return (pid) => {
    const interpreter = interpreterOf(files, pid);
    if (interpreter === null) return undefined;
    const reasons: Record<string, string> = {};
    const uncover = (ids: readonly string[], why: string | null): void => {
      if (why !== null) for (const id of ids) reasons[id] = why;
    };
    if (!attached.has(identityOf(files, interpreter.file))) {
      const { file } = interpreter;
      const hasMarkers = hasGcMarkers(files, file);
      uncover(metrics.markers, whyNotAttached(file, hasMarkers, 'USDT markers for garbage collections'));
      const hasFunctions = hasApiFunctions(files, file);
      uncover(metrics.functions, whyNotAttached(file, hasFunctions, 'exported allocator functions'));
    }
    uncover(metrics.callers ?? [], whyNoCallers(files, pid, interpreter));
    uncover(metrics.arenas ?? [], whyNoArenas(files, pid));
    uncover(metrics.memory, whyNoMemory(files, pid, interpreter, counts));
    return Object.keys(reasons).length === 0 ? undefined : reasons;
  };
};

const whyNoMemory = (
  files: HostFiles,
  pid: number,
  { file }: Interpreter,
  counts: (pid: number) => boolean,
): string | null =>
  whyNotCounted(files, {
    file,
    called: file,
    isCounted: counts(pid),
    name: executableName(files, pid) ?? '',
  });

export type CountedFile = {
  readonly file: string;
  /** How to call it; it may be gone from where it was run. */
  readonly called: string;
  readonly isCounted: boolean;
  /** Of the executable that runs it. */
  readonly name: string;
};

export const whyNotCounted = (
  files: HostFiles,
  { file, called, isCounted, name }: CountedFile,
): string | null => {
  if (!isCounted) return `the interpreter in ${called} was not known when tracing began`;
  if (isFreeThreaded(files, file, name))
    return 'a free-threaded Python has no arenas; what it holds is in its RSS';
  return isNarrow(files, file) ? 'a 32-bit program: its system calls are not among those counted' : null;
};

const isFreeThreaded = (files: HostFiles, file: string, name: string): boolean =>
  arenaBytesOf(files, file) === NO_ARENA || /^python3\.\d+t/.test(name);

/** The class of an ELF file: 1 for 32 bits. */
const isNarrow = (files: HostFiles, file: string): boolean => files.head(file, 5)?.[4] === 1;

const MACHINE_AT = 18;
const X86_64 = 62;

/** Of the program itself: the host that it runs on may be another than ours. */
const isX86 = (files: HostFiles, file: string): boolean =>
  files.head(file, MACHINE_AT + 2)?.[MACHINE_AT] === X86_64;

/** Without pymalloc every object is the business of malloc. */
const whyNoArenas = (files: HostFiles, pid: number): string | null => {
  const allocator = allocatorOf(files, pid);
  if (allocator === null || !/^malloc(?:_debug)?$/.test(allocator)) return null;
  return `PYTHONMALLOC=${allocator}: it has no arenas, and all of its objects are in the heap`;
};

/** What it was given by its environment, unless it was asked not to look there. */
const allocatorOf = (files: HostFiles, pid: number): string | null => {
  const [, ...args] = (files.text(`/proc/${pid}/cmdline`) ?? '').split('\0');
  const first = args.findIndex((arg) => !arg.startsWith('-'));
  const flags = first < 0 ? args : args.slice(0, first);
  if (flags.some((flag) => /^-[a-zA-Z]*[EI]/.test(flag))) return null;
  const environment = (files.text(`/proc/${pid}/environ`) ?? '').split('\0');
  return (
    environment.find((entry) => entry.startsWith('PYTHONMALLOC='))?.slice('PYTHONMALLOC='.length) ?? null
  );
};

const whyNoCallers = (files: HostFiles, pid: number, { file }: Interpreter): string | null => {
  if (!isX86(files, file)) return 'memory is attributed on x86-64 only';
  const maps = files.text(`/proc/${pid}/maps`) ?? '';
  const allocator = foreignAllocatorIn(maps);
  if (allocator !== null)
    return `${basename(allocator)} allocates in place of glibc: its memory cannot be attributed`;
  return libcIn(maps) === null ? 'it is not linked to glibc: its memory cannot be attributed' : null;
};

/** Why what this file has is not seen of one that nothing was attached to. */
export const whyNotAttached = (called: string, has: boolean, what: string): string =>
  has
    ? `the interpreter ${called} was not known when tracing began`
    : `the interpreter ${called} has no ${what}`;

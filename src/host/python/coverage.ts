/**
 * Which numbers of the python probe cannot be had for one process, and why. The kernel side counts memory for every
 * Python by name, but collections and calls only in the files it was attached to; a process whose interpreter came
 * later, or has no markers, must not look as if it never collected.
 */

import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { hasApiFunctions, hasGcMarkers } from './finders.ts';
import { type Interpreter, identityOf, interpreterOf } from './interpreters.ts';

/** Metrics by what they need of the interpreter. */
export type PythonMetrics = {
  /** The arenas and heap of an interpreter with a global lock. */
  readonly memory: readonly string[];
  readonly markers: readonly string[];
  readonly functions: readonly string[];
};

/**
 * @param files what this session's probe is attached to, for its markers or functions
 * @returns for a PID: metric id to reason; undefined for all but Python
 */
export const createPythonCoverage = (
  metrics: PythonMetrics,
  files: readonly string[],
): ((pid: number) => Readonly<Record<string, string>> | undefined) => {
  const attached = new Set(files.map(identityOf));
  return (pid) => {
    const interpreter = interpreterOf(pid);
    if (interpreter === null) return undefined;
    const reasons: Record<string, string> = {};
    const uncover = (ids: readonly string[], why: string): void => {
      for (const id of ids) reasons[id] = why;
    };
    if (isFreeThreaded(pid)) uncover(metrics.memory, FREE_THREADED);
    if (!attached.has(identityOf(interpreter.file))) {
      uncover(metrics.markers, whyNot(interpreter, hasGcMarkers, 'USDT markers for garbage collections'));
      uncover(metrics.functions, whyNot(interpreter, hasApiFunctions, 'exported allocator functions'));
    }
    return Object.keys(reasons).length === 0 ? undefined : reasons;
  };
};

const FREE_THREADED = 'a free-threaded Python has no arenas; what it holds is in its RSS';

const isFreeThreaded = (pid: number): boolean => {
  try {
    return /^python3\.\d+t/.test(basename(readlinkSync(`/proc/${pid}/exe`)));
  } catch {
    return false;
  }
};

const whyNot = ({ file }: Interpreter, has: (file: string) => boolean, what: string): string =>
  has(file)
    ? `the interpreter ${file} was not known when tracing began`
    : `the interpreter ${file} has no ${what}`;

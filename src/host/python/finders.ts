/** What probes of Python attach to: interpreters with the markers, or the exported functions, that their scripts name. */
import { readElf } from '../elf.ts';
import type { HostFiles } from '../files.ts';
import type { FoundTargets, TargetFinder } from '../targets.ts';
import { findInterpreters } from './interpreters.ts';

export const GC_MARKERS = ['gc__start', 'gc__done'] as const;

/** The allocator as C extensions may call it; in every CPython from 3.9 to 3.14. */
export const API_FUNCTIONS = [
  'PyMem_Calloc',
  'PyMem_Malloc',
  'PyMem_RawMalloc',
  'PyMem_Realloc',
  'PyObject_Calloc',
  'PyObject_Malloc',
  'PyObject_Realloc',
  'PyType_GenericAlloc',
  '_PyObject_GC_New',
  '_PyObject_GC_NewVar',
] as const;

/** Interpreters built --with-dtrace. */
export const pythonUsdtFinder: TargetFinder = {
  name: 'python-usdt',
  find: (request) => filesWith(hasGcMarkers, 'the USDT markers gc__start and gc__done', request),
};

/** Interpreters whose allocator functions have names. */
export const pythonApiFinder: TargetFinder = {
  name: 'python-api',
  find: (request) => filesWith(hasApiFunctions, 'the exported allocator functions', request),
};

export const hasGcMarkers = (files: HostFiles, file: string): boolean => {
  const markers = (readElf(files, file)?.markers() ?? []).filter(({ provider }) => provider === 'python');
  return GC_MARKERS.every((wanted) => markers.some(({ name }) => name === wanted));
};

export const hasApiFunctions = (files: HostFiles, file: string): boolean => {
  const names = new Set((readElf(files, file)?.functions() ?? []).map(({ name }) => name));
  return API_FUNCTIONS.every((wanted) => names.has(wanted));
};

const filesWith = (
  has: (files: HostFiles, file: string) => boolean,
  what: string,
  request: Parameters<TargetFinder['find']>[0],
): FoundTargets => {
  const known = findInterpreters(request).map(({ file }) => file);
  const files = known.filter((file) => has(request.files, file));
  if (files.length > 0) return { files, problem: null };
  return {
    files,
    problem:
      known.length === 0
        ? 'no Python interpreter was found'
        : `no Python interpreter with ${what} was found (looked at ${known.join(', ')})`,
  };
};

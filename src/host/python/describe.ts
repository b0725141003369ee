/** What `doctor` says of the Python interpreters of this host. None of them is run. */

import type { TargetRequest } from '../targets.ts';
import { buildOf, type PythonBuild } from './build.ts';
import { findInterpreters } from './interpreters.ts';

export const describePythons = (
  request: TargetRequest,
): readonly { readonly file: string; readonly facts: string }[] =>
  findInterpreters(request).map((interpreter) => ({
    file: interpreter.file,
    facts: factsOf(buildOf(request.files, interpreter)),
  }));

const factsOf = (build: PythonBuild): string =>
  [
    build.version === null ? 'version not in its name' : `Python ${build.version}`,
    build.freeThreaded ? 'free-threaded: no arenas, only RSS and faults' : 'arenas and heap are counted',
    build.usdt ? 'collections too (USDT markers)' : 'collections are not: it was built without USDT markers',
    ...(build.api
      ? [`the api variant would miss ${blindSpot(build)}`]
      : ['the api variant cannot attach to it']),
  ].join('; ');

/** Measured on builds of Debian: docs/python.md. */
const blindSpot = ({ optimised }: PythonBuild): string => {
  if (optimised === true) return 'most objects: it is built with link-time or profile-guided optimisation';
  if (optimised === false) return 'what its own code inlines; it is built without link-time optimisation';
  return 'most objects if it was built with link-time optimisation; its own files do not say';
};

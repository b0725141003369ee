/** What the python probe is reported of living interpreters, and what it cannot count for some of them. */
import { selectionProblem } from '../../host/checks.ts';
import type { HostFacts } from '../../host/facts.ts';
import type { HostFiles } from '../../host/files.ts';
import { createPythonCoverage } from '../../host/python/coverage.ts';
import { createRoll, type Roll } from '../../host/python/roll.ts';
import { createUsedFiles } from '../../host/python/used-files.ts';
import type { TargetRequest } from '../../host/targets.ts';
import type { HostPort } from '../../session/ports.ts';
import type { Selected, Uncovered } from '../types.ts';

const pythonOf = (selected: readonly Selected[]): Selected | undefined =>
  selected.find(({ manifest, variant }) => manifest.id === 'python' && variant !== null);

/** What the kernel side must know of living processes; null where no probe asks for it. */
export const rollFor = (
  selected: readonly Selected[],
  facts: HostFacts,
  request: TargetRequest,
): Roll | null =>
  pythonOf(selected) === undefined ? null : createRoll(request, selectionProblem(facts, 'pids') === null);

/** Its numbers depend on how the interpreter was built. */
export const uncoveredPython = (
  files: HostFiles,
  selected: readonly Selected[],
  roll: Roll | null,
): Uncovered => {
  const python = pythonOf(selected);
  return python === undefined
    ? () => undefined
    : createPythonCoverage(files, metricsOf(python), python.files, roll?.counts);
};

/** The same of a file that its scripts report. */
export const usedFilesPython = (
  files: HostFiles,
  selected: readonly Selected[],
  roll: Roll | null,
  seesPids: boolean,
): HostPort['uncoveredBy'] => {
  const python = pythonOf(selected);
  if (python === undefined || roll === null) return () => ({});
  const { isKnown } = roll;
  return createUsedFiles(files, { metrics: metricsOf(python), attached: python.files, isKnown, seesPids });
};

const metricsOf = ({ variant }: Selected) => {
  const those = (wanted: RegExp): string[] =>
    Object.keys(variant?.counts ?? {})
      .filter((name) => wanted.test(name))
      .map((name) => `python.${name}`);
  return {
    memory: those(/^(arena|heap|own|native|memory)/),
    arenas: those(/^arena/),
    callers: those(/^(own|native)/),
    markers: those(/^gc/),
    functions: those(/^api/),
  };
};

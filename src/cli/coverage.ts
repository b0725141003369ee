/** What the probes of a session cannot count for one process though they count it for others. */
import { createPythonCoverage } from '../host/python/coverage.ts';
import type { Selected } from '../probes/types.ts';

export type Uncovered = (pid: number) => Readonly<Record<string, string>> | undefined;

/** Asked when a process is met. Only the python probe knows such processes: its numbers depend on their build. */
export const uncoveredBy = (selected: readonly Selected[]): Uncovered => {
  const python = selected.find(({ manifest }) => manifest.id === 'python');
  if (python === undefined || python.variant === null) return () => undefined;
  const { counts } = python.variant;
  const those = (wanted: RegExp): string[] =>
    Object.keys(counts)
      .filter((name) => wanted.test(name))
      .map((name) => `python.${name}`);
  return createPythonCoverage(
    { memory: those(/^(arena|heap)/), markers: those(/^gc/), functions: those(/^api/) },
    python.files,
  );
};

/** What the probes of a session cannot count for one process though they count it for others. */
import { whyUnseen } from '../../host/calls.ts';
import type { HostFiles } from '../../host/files.ts';
import type { Roll } from '../../host/python/roll.ts';
import type { Derivation } from '../../session/ports.ts';
import type { Selected, Uncovered } from '../types.ts';
import { unseenCalls } from './calls.ts';
import { uncoveredPython } from './python.ts';

/** Asked when a process is met. */
export const uncoveredOf = (
  files: HostFiles,
  selected: readonly Selected[],
  roll: Roll | null,
  derivations: readonly Derivation[],
): Uncovered => {
  const all: readonly Uncovered[] = [
    uncoveredPython(files, selected, roll),
    unseenCalls(selected, (pid) => whyUnseen(files, pid)),
    ...derivations.map(({ uncovered }) => uncovered),
  ];
  return (pid) => {
    const found = all.map((one) => one(pid)).filter((one) => one !== undefined);
    return found.length === 0 ? undefined : Object.assign({}, ...found);
  };
};

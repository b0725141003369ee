/**
 * What the clauses of a script are attached to here: without the events that this host lacks, once for every program of the
 * user's that is traced, and each event that several clauses share in a clause of its own.
 */
import type { HostFacts } from '../host/facts.ts';
import { onProgram, programPointOf } from './attach-point.ts';
import { type Clause, readFragment, tracepointOf } from './fragment.ts';
import type { Variant } from './manifest.ts';
import type { KernelFilter, Selected } from './types.ts';

export const clausesOf = (
  { manifest, folder, scripts, variant, files }: Selected,
  facts: HostFacts,
): readonly Clause[] => {
  if (variant === null) return [];
  const present = presentClauses(readFragment({ manifest, folder, scripts }, variant), variant, facts);
  return present.flatMap((clause) => targetClauses(clause, variant, files));
};

/** Without the optional attach points that this host lacks, and without the clauses that have none left. */
const presentClauses = (clauses: readonly Clause[], variant: Variant, facts: HostFacts): Clause[] => {
  const isPresent = (point: string): boolean => {
    const tracepoint = tracepointOf(point);
    if (tracepoint === null || !(variant.optional ?? []).includes(tracepoint)) return true;
    return facts.tracepoints.has(tracepoint);
  };
  return clauses
    .map((clause) => ({ ...clause, attach: clause.attach.filter(isPresent) }))
    .filter((clause) => clause.attach.length > 0);
};

/**
 * A clause once for every file. Not one clause with all files in its list: each build keeps a marker's arguments in
 * places of its own, which one program could not read for all. What is no attach point on a user program stays with
 * the first, or it would count twice.
 */
const targetClauses = (clause: Clause, { target }: Variant, files: readonly string[]): Clause[] => {
  if (target === undefined) return [clause];
  const isOnTarget = (point: string): boolean => programPointOf(point)?.path === target.written;
  if (!clause.attach.some(isOnTarget)) return [clause];
  return files.map((file, index) => ({
    ...clause,
    attach: clause.attach
      .filter((point) => index === 0 || isOnTarget(point))
      .map((point) => (isOnTarget(point) ? onProgram(point, file) : point)),
  }));
};

/** Attach points that stand in more than one clause of the script, the frame's clauses included. */
export const sharedPoints = (clauses: readonly Clause[], filter: KernelFilter): ReadonlySet<string> => {
  const shared = new Set<string>();
  const seen = new Set([
    'tracepoint:sched:sched_process_exec',
    'tracepoint:sched:sched_process_exit',
    'tracepoint:task:task_rename',
    ...(filter.kind === 'tree' ? ['tracepoint:sched:sched_process_fork'] : []),
  ]);
  for (const point of clauses.flatMap(({ attach }) => attach)) {
    if (seen.has(point)) shared.add(point);
    seen.add(point);
  }
  return shared;
};

/**
 * bpftrace 0.17 mixes up programs when an event stands in the list of one clause and in another clause too: the second
 * one's program is attached twice, and the first one's not at all. It does not when such an event has a clause of its
 * own each time. All others stay in their lists: each clause is compiled for itself.
 */
export const withoutShared = (clause: Clause, shared: ReadonlySet<string>): Clause[] => {
  const alone = clause.attach.filter((point) => shared.has(point)).map((point) => [point]);
  const together = clause.attach.filter((point) => !shared.has(point));
  return [...alone, ...(together.length > 0 ? [together] : [])].map((attach) => ({ ...clause, attach }));
};

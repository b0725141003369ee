/**
 * The files that a variant on user programs attaches to. bpftrace up to 0.21 leaves out a function that is not there
 * without a word, later ones refuse the whole script; so each file is looked into first, and one that lacks a function
 * or marker of the script is not used. What is used becomes script text, so its path is checked here too, and the
 * rest of the room can trust `Selected.files`.
 */
import type { HostFacts, ProgramFacts } from '../host/facts.ts';
import type { FoundTargets, Targets } from '../host/targets.ts';
import { pathProblem, programPointOf } from './attach-point.ts';
import type { Clause } from './fragment.ts';
import type { Variant } from './manifest.ts';

/** The usable files of a variant with a target; `problem` says, for every variant, why its programs cannot be used. */
export const targetFiles = (
  variant: Variant,
  clauses: readonly Clause[],
  targets: Targets,
  facts: HostFacts,
): FoundTargets => {
  const points = clauses.flatMap(({ attach }) => attach.flatMap((point) => programPointOf(point) ?? []));
  const judge = (path: string, own: readonly ProgramPoint[]): string | null => {
    const program = facts.program(path);
    return program === null ? `there is no program ${path}` : firstProblem(own, program, path);
  };
  if (variant.target === undefined) {
    const problems = points.map((point) => judge(point.path, [point]));
    return { files: [], problem: problems.find((problem) => problem !== null) ?? null };
  }
  const found = foundFor(variant.target, targets);
  const judged = found.files.map((file) => ({ file, problem: unsafe(file) ?? judge(file, points) }));
  const usable = judged.filter(({ problem }) => problem === null).map(({ file }) => file);
  return usable.length > 0
    ? { files: usable.slice(0, MAX_FILES), problem: null }
    : { files: [], problem: judged[0]?.problem ?? found.problem };
};

/** Each file costs a program for every clause. */
const MAX_FILES = 32;

const unsafe = (file: string): string | null => {
  const why = pathProblem(file);
  return why === null ? null : `${file}: ${why}, which cannot stand in a script`;
};

type ProgramPoint = NonNullable<ReturnType<typeof programPointOf>>;

const firstProblem = (
  points: readonly ProgramPoint[],
  program: ProgramFacts,
  path: string,
): string | null => {
  for (const { kind, name } of points) {
    const why = kind === 'usdt' ? program.markerProblem(name) : program.functionProblem(name);
    if (why !== null) return `${path}: ${why}`;
  }
  return null;
};

const foundFor = ({ finder, written }: NonNullable<Variant['target']>, targets: Targets): FoundTargets =>
  finder === undefined
    ? { files: [written], problem: null }
    : (targets.get(finder) ?? { files: [], problem: `this stallscope has no finder "${finder}"` });

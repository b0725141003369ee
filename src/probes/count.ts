/**
 * One-off counters: `--count NAME=uprobe:PATH:FUNCTION` and its like, as one probe called `count` whose metrics are
 * `count.NAME`. The probe is made here as a manifest and a script, and goes the way of every other probe from there:
 * the same checks, the same selection, the same assembly.
 *
 * Everything in it becomes script text. Names are identifiers, paths and symbols pass attach-point.ts, and what is
 * left is checked once more as a manifest and a fragment.
 */
import { failure } from '../errors.ts';
import { kernelNameProblem, pathProblem, symbolProblem } from './attach-point.ts';
import type { CatalogueEntry } from './catalogue.ts';
import type { Facility } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';

export type Count = {
  readonly name: string;
  readonly kind: CountKind;
  /** What follows the kind, part by part: `[path, function]`, `[category, event]`. */
  readonly parts: readonly string[];
};

export type CountKind = 'uprobe' | 'usdt' | 'tracepoint' | 'kprobe';

/** The probe's id, and the part of its metrics' ids before the name. */
export const COUNT_PROBE = 'count';

type Kind = {
  readonly parts: readonly string[];
  /** Whether the first part is the path of a program. */
  readonly onProgram: boolean;
  readonly says: (parts: readonly string[]) => string;
};

/** In the order in which help and errors name them. */
const KINDS: Readonly<Record<CountKind, Kind>> = {
  uprobe: {
    parts: ['PATH', 'FUNCTION'],
    onProgram: true,
    says: ([path, name]) => `Calls of the function ${name} in ${path} (a trap into the kernel at each)`,
  },
  usdt: {
    parts: ['PATH', 'PROVIDER', 'MARKER'],
    onProgram: true,
    says: ([path, provider, name]) =>
      `Passes of the USDT marker ${provider}:${name} in ${path} (a trap into the kernel at each)`,
  },
  tracepoint: {
    parts: ['CATEGORY', 'EVENT'],
    onProgram: false,
    says: (parts) => `Kernel events ${parts.join(':')} in the context of this process`,
  },
  kprobe: {
    parts: ['FUNCTION'],
    onProgram: false,
    says: ([name]) => `Calls of the kernel function ${name} in the context of this process`,
  },
};

/** How each kind is written: `uprobe:PATH:FUNCTION`. */
export const COUNT_FORMS: readonly string[] = Object.entries(KINDS).map(([kind, { parts }]) =>
  [kind, ...parts].join(':'),
);

/**
 * Takes `NAME=KIND:...` apart. Whether the program and the function are there is not looked at: see `isOnProgram`.
 *
 * @throws E_COUNT
 */
export const readCount = (value: string): Count => {
  const refuse = (why: string) => failure('E_COUNT', { value, why, next: FORM_HELP });
  const [, name = '', kind = '', rest = ''] = /^([^=]*)=([^:]*):(.*)$/s.exec(value) ?? [];
  if (kind === '') throw refuse('it is not of the form NAME=KIND:...');
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw refuse(`the name "${name}" must begin with a lower case letter and go on with those, digits and _`);
  }
  if (name.length > MAX_NAME_LENGTH) throw refuse(`the name is longer than ${MAX_NAME_LENGTH} characters`);
  if (!isKind(kind)) throw refuse(`there is no kind "${kind}"`);
  const form = [kind, ...KINDS[kind].parts].join(':');
  // What is too much stays in the last part, where its colon is complained about.
  const parts = splitFirst(rest, KINDS[kind].parts.length);
  if (parts.length < KINDS[kind].parts.length || parts.includes(''))
    throw refuse(`it is not of the form ${form}`);
  const problem = symbolsOf({ name, kind, parts })
    .map(KINDS[kind].onProgram ? symbolProblem : kernelNameProblem)
    .find((one) => one !== null);
  if (problem != null)
    throw refuse(`${problem}${problem.includes(':') ? ' (C++ names are written mangled)' : ''}`);
  return { name, kind, parts };
};

/** Whether a count is about a user program: its first part is then a path, which must be made absolute. */
export const isOnProgram = ({ kind }: Count): boolean => KINDS[kind].onProgram;

/**
 * The probe that counts all of these.
 *
 * @throws E_COUNT for a name that is there twice, or a path that cannot stand in a script
 */
export const countEntry = (counts: readonly Count[]): CatalogueEntry => {
  checkCounts(counts);
  const file = 'user.bt';
  const manifest = {
    format: 1,
    id: COUNT_PROBE,
    title: 'Counters of your own',
    question: 'How often does each process pass the places named with --count?',
    metrics: counts.map((count) => ({
      name: count.name,
      map: mapOf(count),
      kind: 'counter',
      unit: 'count',
      label: labelOf(count.name),
      help: says(count),
      lane: true,
    })),
    scratch: [],
    variants: [
      {
        id: 'user',
        file,
        title: counts.map(attachPointOf).join(', '),
        when: {
          facility: facilityOf(counts),
          tracepoints: namesOf(counts, 'tracepoint'),
          functions: namesOf(counts, 'kprobe'),
        },
        counts: Object.fromEntries(counts.map((count) => [count.name, says(count)])),
        runs: Object.fromEntries(counts.map(({ name, kind }) => [name, { [kind]: 1 }])),
        needs: 'what --count names',
      },
    ],
    overhead: OVERHEAD,
    caveats: CAVEATS,
  };
  const folder = '--count';
  return {
    manifest: parseManifest(JSON.stringify(manifest), folder),
    folder,
    scripts: new Map([[file, scriptOf(counts)]]),
  };
};

const MAX_NAME_LENGTH = 40;

const FORM_HELP = `Write NAME=${COUNT_FORMS[0]}; all forms, and an example: stallscope record --help`;

const isKind = (kind: string): kind is CountKind => Object.hasOwn(KINDS, kind);

const splitFirst = (text: string, most: number): string[] => {
  const parts = text.split(':');
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(':')].slice(
    0,
    Math.min(most, parts.length),
  );
};

const symbolsOf = ({ kind, parts }: Count): readonly string[] =>
  KINDS[kind].onProgram ? parts.slice(1) : parts;

const attachPointOf = ({ kind, parts }: Count): string => [kind, ...parts].join(':');

const mapOf = ({ name }: Count): string => `@${COUNT_PROBE}_${name}`;

const says = ({ kind, parts }: Count): string => KINDS[kind].says(parts);

/** Columns are 14 wide; what was cut ends in a tilde. */
const labelOf = (name: string): string => (name.length <= 14 ? name : `${name.slice(0, 13)}~`);

const namesOf = (counts: readonly Count[], kind: CountKind): string[] => [
  ...new Set(counts.filter((count) => count.kind === kind).map(({ parts }) => parts.join(':'))),
];

/** Of a mixture, the one that hosts lack most often: its obstacles include those of the others. */
const facilityOf = (counts: readonly Count[]): Facility => {
  const kinds = new Set(counts.map(({ kind }) => kind));
  if (kinds.has('kprobe')) return 'kprobe';
  return kinds.has('uprobe') || kinds.has('usdt') ? 'uprobe' : 'tracepoint';
};

const checkCounts = (counts: readonly Count[]): void => {
  for (const [index, count] of counts.entries()) {
    const value = `${count.name}=${attachPointOf(count)}`;
    if (counts.findIndex(({ name }) => name === count.name) < index) {
      const why = `the name "${count.name}" is there twice`;
      throw failure('E_COUNT', { value, why, next: 'Give each counter a name of its own' });
    }
    const problem = isOnProgram(count) ? pathProblem(count.parts[0] ?? '') : null;
    const next = `Give the file a plain name: ln -s ${count.parts[0]} /tmp/NAME`;
    if (problem !== null) throw failure('E_COUNT', { value, why: problem, next });
  }
};

const scriptOf = (counts: readonly Count[]): string =>
  ['#define TRACED 1', ...counts.map(clauseOf)].join('\n\n');

const clauseOf = (count: Count): string =>
  `${attachPointOf(count)}
/TRACED/
{
  if (@seen[pid] != 1) {
    @seen[pid] = 1;
  }
  ${mapOf(count)}[pid] = count();
}
`;

const OVERHEAD =
  'Each call of a function or marker of a program is a trap into the kernel, for every process that runs the program, whether it is selected or not: 10 to 14 µs per call. Kernel events cost 0.1 µs. Measured on 2 virtual CPUs, kernel 6.18, bpftrace 0.17. Count what is called thousands of times a second, not millions.';

const CAVEATS = [
  'Calls that the compiler inlined, and copies of the function in other files, are not seen.',
  'A program that is replaced on disk while the session runs goes on being counted in its old copy only.',
  'Calls on a kernel thread or in an interrupt count for the process that was running.',
];

/**
 * The parts of the command line, each with the names of its commands, in the order in which help lists them. Only the part
 * that is asked for is loaded, because loading takes most of the time of a short command.
 */
import type { Line } from './line.ts';

type Part = {
  readonly names: readonly string[];
  readonly load: () => Promise<(line: Line) => void>;
};

const TRACING: Part = {
  names: ['live', 'record'],
  load: async () => (await import('./tracing.ts')).addTracing,
};

const PARTS: readonly Part[] = [
  TRACING,
  {
    names: ['replay', 'summary', 'compare', 'mark', 'analyze', 'explain'],
    load: async () => (await import('./recordings.ts')).addRecordings,
  },
  {
    names: ['report', 'redact', 'export', 'schema', 'import'],
    load: async () => (await import('./exchange.ts')).addExchange,
  },
  { names: ['probes', 'doctor'], load: async () => (await import('./probes.ts')).addHost },
  { names: ['extents'], load: async () => (await import('./extents.ts')).addExtents },
  { names: ['guard'], load: async () => (await import('./guard.ts')).addGuard },
  { names: ['demo'], load: async () => (await import('./recordings.ts')).addDemo },
  { names: ['about'], load: async () => (await import('./about.ts')).addAbout },
  { names: ['completions'], load: async () => (await import('./completions.ts')).addCompletions },
];

export const COMMANDS: readonly string[] = PARTS.flatMap(({ names }) => names);

/** Of commands that are about all the others, all; of options alone, those of the default command. */
export const partsFor = (argv: readonly string[]): readonly Part['load'][] =>
  chosen(argv).map(({ load }) => load);

const chosen = ([first = '', ...rest]: readonly string[]): readonly Part[] => {
  if (first === '--version' || first === '-V') return [];
  const named = PARTS.filter(({ names }) => names.includes(first));
  if (named.length > 0) return first === 'completions' ? PARTS : named;
  const asksForHelp = [first, ...rest].some((word) => word === '--help' || word === '-h');
  return first === 'help' || asksForHelp ? PARTS : [TRACING];
};

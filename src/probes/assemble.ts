/**
 * Many probes, one bpftrace program: the frame around each probe's clauses, in the common subset of bpftrace 0.14 to
 * 0.27. Attach points that this host lacks are left out where the manifest allows it, and with them the metrics that
 * nothing counts any more. The same request gives the same text.
 *
 * What a user chose reaches the text only as checked integers (PIDs, the interval); everything else is from the
 * manifests and scripts, and from this kernel's event formats, as integers too.
 */
import type { MetricDescriptor } from '../core/metric.ts';
import { failure } from '../errors.ts';
import type { HostFacts } from '../host/facts.ts';
import { onProgram, programPointOf } from './attach-point.ts';
import { readConstants } from './constants.ts';
import { type Clause, mapsIn, readFragment, tracepointOf } from './fragment.ts';
import { frameOf, predicateOf } from './frame.ts';
import type { Manifest, Variant } from './manifest.ts';
import type { Assembled, KernelFilter, Selected } from './types.ts';
import { bpftraceFrom } from './version.ts';

export type AssembleRequest = {
  /** Those without a variant are passed over. */
  readonly selected: readonly Selected[];
  readonly filter: KernelFilter;
  readonly intervalMs: number;
  /** Capacity of every kernel map, as bpftrace is told it. */
  readonly mapKeys: number;
  readonly facts: HostFacts;
  /** `none` when the kernel's types do not have the fields that `btf` reads (before 5.5). Default: by the facts. */
  readonly startTime?: 'btf' | 'none';
};

/**
 * One script for these probes.
 *
 * @throws E_NUMBER when a PID, the interval or the capacity is not an integer in range; E_PROBE_MANIFEST for a script
 * that breaks the rules
 */
export const assemble = (request: AssembleRequest): Assembled => {
  checkNumbers(request);
  const chosen = request.selected.map((selected) => ({ selected, clauses: clausesOf(selected, request) }));
  const shared = sharedPoints(
    chosen.flatMap(({ clauses }) => clauses),
    request.filter,
  );
  const parts = chosen.flatMap(({ selected, clauses }) =>
    partOf(
      selected,
      clauses.flatMap((clause) => withoutShared(clause, shared)),
      request,
    ),
  );
  const metrics = parts.flatMap((part) => part.metrics);
  const scratchMaps = parts.flatMap((part) => part.scratch.map(({ map }) => map));
  const frame = frameOf({
    filter: request.filter,
    intervalMs: request.intervalMs,
    mapKeys: request.mapKeys,
    metricMaps: metrics.map(({ map }) => map),
    pidMaps: metrics.filter(({ dims }) => dims === undefined).map(({ map }) => map),
    threadMaps: parts.flatMap((part) =>
      part.scratch.filter(({ key }) => key === 'tid').map(({ map }) => map),
    ),
    scratchMaps,
    startTime: request.startTime ?? (request.facts.btf ? 'btf' : 'none'),
    groupDeadField: request.facts.tracepoints.fields('sched:sched_process_exit').includes('group_dead'),
  });
  const sections = [
    { owner: null, text: frame.head },
    ...parts.map((part) => ({ owner: part.id, text: part.text })),
    { owner: null, text: frame.tail },
  ];
  const programs = [
    ...frame.providers.before.map((provider) => ({ owner: null, provider })),
    ...parts.flatMap((part) => part.providers.map((provider) => ({ owner: part.id, provider }))),
    ...frame.providers.after.map((provider) => ({ owner: null, provider })),
  ];
  return {
    script: `${sections.map(({ text }) => text).join('\n')}\n`,
    bindings: metrics.map(({ map, descriptor, dims }) => ({
      map,
      metric: descriptor.id,
      keyParts: 1 + (dims?.length ?? 0),
    })),
    scratch: [...scratchMaps, ...frame.scratch],
    metrics: metrics.filter(({ internal }) => !internal).map(({ descriptor }) => descriptor),
    attachPoints: parts.reduce((sum, part) => sum + part.attachPoints, frame.attachPoints),
    programs,
    runs: parts.flatMap((part) => part.runs),
    ownerOfLine: ownersOf(sections),
  };
};

type Part = {
  readonly id: string;
  readonly text: string;
  readonly attachPoints: number;
  /** Of each attach point, in order. */
  readonly providers: readonly string[];
  readonly metrics: readonly PartMetric[];
  readonly runs: Assembled['runs'];
  readonly scratch: Manifest['scratch'];
};

type PartMetric = {
  readonly map: string;
  readonly dims: readonly string[] | undefined;
  /** Printed, but no metric of the session. */
  readonly internal: boolean;
  readonly descriptor: MetricDescriptor;
};

const clausesOf = (
  { manifest, folder, scripts, variant, files }: Selected,
  { facts }: AssembleRequest,
): readonly Clause[] => {
  if (variant === null) return [];
  const present = presentClauses(readFragment({ manifest, folder, scripts }, variant), variant, facts);
  return present.flatMap((clause) => targetClauses(clause, variant, files));
};

const partOf = (
  { manifest, variant }: Selected,
  clauses: readonly Clause[],
  { facts, filter }: AssembleRequest,
): Part[] => {
  if (variant === null) return [];
  const maps = mapsIn(clauses.map(({ predicate, body }) => predicate + body).join('\n'));
  const words = new Map<string, string>([['TRACED', predicateOf(filter)]]);
  for (const [token, value] of readConstants(variant, facts).values) words.set(token, String(value));
  const metrics = manifest.metrics
    .filter(({ name, map }) => name in variant.counts && maps.has(map))
    .map((metric) => ({
      map: metric.map,
      dims: metric.dims,
      internal: metric.internal === true,
      descriptor: descriptorOf(manifest, variant, metric),
    }));
  return [
    {
      id: manifest.id,
      text: castsFor(facts, clauses.map((clause) => clauseText(clause, words)).join('\n')),
      attachPoints: clauses.reduce((sum, { attach }) => sum + attach.length, 0),
      providers: clauses.flatMap(({ attach }) => attach.map(providerOf)),
      metrics,
      runs: runsOf(manifest, variant, metrics),
      scratch: manifest.scratch.filter(({ map }) => maps.has(map)),
    },
  ];
};

/** What is not counted here stands for no runs; what the host counts always does. */
const runsOf = (
  { id }: Manifest,
  { runs = {} }: Variant,
  metrics: readonly PartMetric[],
): Assembled['runs'] => {
  const counted = new Set(metrics.map(({ descriptor }) => descriptor.id));
  return Object.entries(runs)
    .map(([name, one]) => ({ metric: name.includes('.') ? name : `${id}.${name}`, owner: id, runs: one }))
    .filter(({ metric }) => metric.startsWith(`${id}.`) === counted.has(metric));
};

const providerOf = (point: string): string => point.slice(0, point.indexOf(':'));

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
const sharedPoints = (clauses: readonly Clause[], filter: KernelFilter): ReadonlySet<string> => {
  const shared = new Set<string>();
  const seen = new Set([
    'tracepoint:sched:sched_process_exit',
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
const withoutShared = (clause: Clause, shared: ReadonlySet<string>): Clause[] => {
  const alone = clause.attach.filter((point) => shared.has(point)).map((point) => [point]);
  const together = clause.attach.filter((point) => !shared.has(point));
  return [...alone, ...(together.length > 0 ? [together] : [])].map((attach) => ({ ...clause, attach }));
};

const clauseText = ({ attach, predicate, body }: Clause, words: ReadonlyMap<string, string>): string => {
  const lines = body.split('\n').map((line) => line.trimEnd());
  return [
    attach.join(',\n'),
    `/${replaceWords(predicate, words)}/`,
    '{',
    ...lines.filter((line) => line !== '').map((line) => replaceWords(line, words)),
    '}',
  ].join('\n');
};

/**
 * Up to 0.22 bpftrace loses the type of a pointer inside a structure unless it is cast. From 0.23 on it knows it, and a
 * cast does harm: 0.27 then compiles a header of all the kernel's types, which takes time, and on kernel 7.2 fails where
 * a module's types come into it.
 */
const castsFor = (facts: HostFacts, text: string): string =>
  bpftraceFrom(facts, '0.23.0') ? text.replace(/\(struct \w+ \*\)(?=\$)/g, '') : text;

const replaceWords = (text: string, words: ReadonlyMap<string, string>): string =>
  text.replace(/\b[A-Z][A-Z0-9_]*\b/g, (word) => words.get(word) ?? word);

const descriptorOf = (
  manifest: Manifest,
  variant: Variant,
  metric: Manifest['metrics'][number],
): MetricDescriptor => ({
  id: `${manifest.id}.${metric.name}`,
  probe: manifest.id,
  scope: 'pid',
  kind: metric.kind,
  unit: metric.unit,
  label: variant.labels?.[metric.name] ?? metric.label,
  help: variant.counts[metric.name] ?? metric.help,
  ...(metric.dims === undefined ? {} : { dims: metric.dims }),
  ...(metric.lane === undefined ? {} : { lane: metric.lane }),
});

const ownersOf = (
  sections: readonly { readonly owner: string | null; readonly text: string }[],
): ((line: number) => string | null) => {
  const owners = sections.flatMap(({ owner, text }) => text.split('\n').map(() => owner));
  return (line) => owners[line - 1] ?? null;
};

const MAX_PID = 4_194_304;
const MAX_INTERVAL_MS = 86_400_000;
const MAX_MAP_KEYS = 16_777_216;

const checkNumbers = ({ filter, intervalMs, mapKeys }: AssembleRequest): void => {
  checkInteger('the interval in ms', intervalMs, 1, MAX_INTERVAL_MS);
  checkInteger('the capacity of a map', mapKeys, 4, MAX_MAP_KEYS);
  if (filter.kind === 'tree') checkInteger('a process', filter.rootPid, 1, MAX_PID);
  if (filter.kind !== 'pids') return;
  checkInteger('the number of processes', filter.pids.length, 1, 1_000);
  for (const pid of filter.pids) checkInteger('a process', pid, 0, MAX_PID);
};

/** Takes unknown: types do not hold what comes from a command line. */
const checkInteger = (option: string, value: unknown, least: number, most: number): void => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
  const next = `Give a whole number from ${least} to ${most}`;
  throw failure('E_NUMBER', { value: String(value), option, why: 'it is no whole number in range', next });
};

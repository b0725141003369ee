/**
 * A probe's part of the script: its clauses with this kernel's numbers in place of words, its variables under names of their
 * own, and what its maps mean.
 */
import type { AttachedProgram } from '../core/cost-facts.ts';
import { BUCKET } from '../core/histogram.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import type { HostFacts } from '../host/facts.ts';
import { type CheckedMap, looksInto, withChecks } from './checked-maps.ts';
import { readConstants } from './constants.ts';
import { type Clause, mapsIn } from './fragment.ts';
import { predicateOf, SEEN } from './frame.ts';
import { withLateDeletes } from './frame-forget.ts';
import { FULL_MAP } from './frame-text.ts';
import { withBuckets } from './histograms.ts';
import type { Manifest, Variant } from './manifest.ts';
import { withReports } from './reported-files.ts';
import type { Assembled, AssembleRequest, Selected } from './types.ts';
import { bpftraceFrom } from './version.ts';

export type Part = {
  readonly id: string;
  readonly text: string;
  readonly attachPoints: number;
  /** Of each attach point, in order. */
  readonly programs: readonly Pick<AttachedProgram, 'provider' | 'metrics'>[];
  readonly metrics: readonly PartMetric[];
  /** What no map holds, and the variant's `derive` makes. */
  readonly derived: readonly MetricDescriptor[];
  readonly runs: Assembled['runs'];
  readonly scratch: Manifest['scratch'];
  readonly checked: readonly CheckedMap[];
};

export type PartMetric = {
  readonly map: string;
  readonly dims: readonly string[] | undefined;
  /** Its entries are those of threads: [pid, tid]. */
  readonly ofThreads: boolean;
  /** Its entries are those of devices: [device, bucket]. No process's end deletes one. */
  readonly ofDevices: boolean;
  /** Printed, but no metric of the session. */
  readonly internal: boolean;
  readonly descriptor: MetricDescriptor;
};

export const partOf = (
  { manifest, variant }: Selected,
  clauses: readonly Clause[],
  { facts, filter }: Pick<AssembleRequest, 'facts' | 'filter'>,
  added: Added,
): Part[] => {
  if (variant === null) return [];
  const maps = mapsIn(clauses.map(({ predicate, body }) => predicate + body).join('\n'));
  const words = new Map<string, string>([['TRACED', predicateOf(filter)]]);
  for (const [token, value] of readConstants(variant, facts).values) words.set(token, String(value));
  const derived = manifest.metrics
    .filter(({ name, kind }) => kind === 'gauge' && name in variant.counts)
    .map((metric) => descriptorOf(manifest, variant, metric));
  const metrics = manifest.metrics
    .filter(({ name, map }) => name in variant.counts && maps.has(map))
    .map((metric) => ({
      map: metric.map,
      dims: metric.kind === 'histogram' ? [BUCKET] : metric.dims,
      ofThreads: metric.of === 'thread',
      ofDevices: metric.of === 'device',
      internal: metric.internal === true,
      descriptor: descriptorOf(manifest, variant, metric),
    }));
  return [
    {
      id: manifest.id,
      text: castsFor(
        facts,
        clauses
          .map((clause) =>
            clauseText(
              { ...clause, body: ownVariables(manifest.id, withAdded(clause.body, manifest, added)) },
              words,
            ),
          )
          .join('\n'),
      ),
      attachPoints: clauses.reduce((sum, { attach }) => sum + attach.length, 0),
      programs: clauses.flatMap((clause) => {
        const affected = affectedBy(clause, { clauses, metrics, derived, scratch: manifest.scratch });
        return clause.attach.map((point) => ({ provider: providerOf(point), metrics: affected }));
      }),
      metrics,
      derived,
      runs: runsOf(manifest, variant, metrics),
      scratch: manifest.scratch.filter(({ map }) => maps.has(map)),
      checked: manifest.scratch.map(({ map }) => ({
        map,
        metrics: countedAfter(map, clauses, metrics, derived),
      })),
    },
  ];
};

/** What would be missing of these metrics if the map were full; what is derived of an internal one is, with it. */
const countedAfter = (
  map: string,
  clauses: readonly Clause[],
  metrics: readonly PartMetric[],
  derived: readonly MetricDescriptor[],
): string[] => {
  const counting = clauses.filter((clause) => looksInto(clause, map)).map(({ body }) => mapsIn(body));
  const missing = metrics.filter((metric) => counting.some((maps) => maps.has(metric.map)));
  return visibleOf(missing, derived);
};

/** In place of an internal one what is derived of it. */
const visibleOf = (metrics: readonly PartMetric[], derived: readonly MetricDescriptor[]): string[] =>
  [
    ...metrics.filter(({ internal }) => !internal).map(({ descriptor }) => descriptor),
    ...(metrics.some(({ internal }) => internal) ? derived : []),
  ].map(({ id }) => id);

/** What would be wrong if the clause did not run: what it counts, and what others make of what it leaves for them. */
const affectedBy = (
  clause: Clause,
  {
    clauses,
    metrics,
    derived,
    scratch,
  }: Pick<Part, 'metrics' | 'derived' | 'scratch'> & { readonly clauses: readonly Clause[] },
): string[] => {
  const maps = mapsIn(clause.predicate + clause.body);
  const counted = metrics.filter(({ map }) => maps.has(map));
  const left = scratch.filter(({ map }) => maps.has(map));
  return [
    ...new Set([
      ...visibleOf(counted, derived),
      ...left.flatMap(({ map }) => countedAfter(map, clauses, metrics, derived)),
    ]),
  ];
};

/** What the frame adds to a probe's own text. */
export type Added = {
  /** Of each map that clauses look into, the number under which it is counted when it is full. */
  readonly numbers: ReadonlyMap<string, number>;
  /** In place of `@seen[pid] = 1;`. */
  readonly seen: string;
  readonly startTime: 'btf' | 'none';
  readonly intervalMs: number;
};

const withAdded = (
  body: string,
  { scratch, metrics }: Manifest,
  { numbers, seen, startTime, intervalMs }: Added,
): string => {
  const late = metrics
    .filter(({ of }) => of === 'thread')
    .reduce((text, { map }) => withLateDeletes(text, map, intervalMs), body);
  const counting = metrics
    .filter(({ kind }) => kind === 'histogram')
    .reduce((text, { map }) => withBuckets(text, map), late);
  return scratch.reduce(
    (text, { map, key }) =>
      key === 'file'
        ? withReports(text, map, { startTime })
        : withChecks(text, map, numbers.get(map) ?? 0, FULL_MAP),
    counting.replaceAll(SEEN, seen),
  );
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

/**
 * A probe's variables are named after it. bpftrace 0.23 takes a name to be of one type in all of the script, the first
 * that any clause gives it: where one probe has a number in $task, another's $task->files would be refused.
 */
const ownVariables = (id: string, body: string): string =>
  body.replace(/\$([a-z]\w*)/g, (_variable, name: string) => variableOf(id, name));

/** @param id of the probe, null for the frame */
export const variableOf = (id: string | null, name: string): string =>
  id === null ? `$${name}` : `$${id.replaceAll('-', '_')}_${name}`;

const replaceWords = (text: string, words: ReadonlyMap<string, string>): string =>
  text.replace(/\b[A-Z][A-Z0-9_]*\b/g, (word) => words.get(word) ?? word);

const descriptorOf = (
  manifest: Manifest,
  variant: Variant,
  metric: Manifest['metrics'][number],
): MetricDescriptor => ({
  id: `${manifest.id}.${metric.name}`,
  probe: manifest.id,
  scope: metric.of === 'device' ? 'device' : 'pid',
  kind: metric.kind === 'histogram' ? 'counter' : metric.kind,
  unit: metric.unit,
  label: variant.labels?.[metric.name] ?? metric.label,
  help: variant.counts[metric.name] ?? metric.help,
  ...(metric.kind === 'histogram'
    ? { dims: [BUCKET], histogramOf: `${manifest.id}.${metric.histogramOf}` }
    : {}),
  ...(metric.dims === undefined ? {} : { dims: metric.dims }),
  ...(metric.lane === undefined ? {} : { lane: metric.lane }),
  ...(metric.eitherWay === undefined ? {} : { eitherWay: metric.eitherWay }),
});

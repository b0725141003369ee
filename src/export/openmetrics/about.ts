/** How far the numbers are to be trusted, and what tracing costs: what nobody else exports. */
import type { Coverage } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { Family, Point } from './family.ts';
import { type Labels, PREFIX } from './names.ts';

const COVERAGES: readonly Coverage[] = ['exact', 'estimate', 'sampled', 'lower-bound', 'not-covered'];
const STATES = ['attached', 'refused', 'detached'] as const;

export const aboutFamilies = (snapshot: WatchedSnapshot, groups: number, most: number): Family[] => [
  {
    name: `${PREFIX}_session`,
    type: 'info',
    unit: '',
    help: 'What traces here.',
    points: [one(1, sessionLabels(snapshot))],
  },
  gauge('sample_timestamp', 'seconds', 'When the last sample was taken.', [one(snapshot.realMs / 1000)]),
  gauge('counted', '', '1: the tracer was read for the last sample; 0: nothing is known of processes.', [
    one(snapshot.read.bootUs === snapshot.bootUs ? 1 : 0),
  ]),
  states('coverage', 'metric', 'How far the totals of a metric are to be trusted.', COVERAGES, [
    ...Object.entries(snapshot.coverage).map(([metric, { coverage }]) => [metric, coverage] as const),
  ]),
  states('probe_state', 'probe', 'Whether a probe counts.', STATES, [
    ...snapshot.probes.map(({ id, state }) => [id, state] as const),
  ]),
  counter('losses', '', 'What is known to be missing, by kind.', [
    ...Object.entries(snapshot.losses.byKind).map(([kind, count]) => one(count ?? 0, { kind })),
  ]),
  counter('gaps', '', 'Times in which nothing was counted.', [one(snapshot.losses.gaps.length)]),
  counter('gap', 'seconds', 'How long nothing was counted, in all.', [one(gapSeconds(snapshot))]),
  gauge('groups', '', 'Pairs of command and control group with series of their own; the rest is "other".', [
    one(groups),
  ]),
  gauge('groups_limit', '', 'How many can have them.', [one(most)]),
  ...costFamilies(snapshot),
];

const costFamilies = ({ self, header }: WatchedSnapshot): Family[] => [
  counter('self_cpu', 'seconds', 'CPU time of stallscope and of its tracer.', [
    one(self.cpuMs / 1000, { part: 'stallscope' }),
    one(self.tracerCpuMs / 1000, { part: 'tracer' }),
  ]),
  gauge('self_memory', 'bytes', 'Memory of stallscope, of its tracer, and of the maps in the kernel.', [
    one(self.rssBytes, { part: 'stallscope' }),
    one(self.tracerRssBytes, { part: 'tracer' }),
    one(self.mapBytes, { part: 'maps' }),
  ]),
  counter('probe_cpu', 'seconds', 'CPU time that the events of a probe took from those who ran into them.', [
    ...Object.entries(self.probeMs ?? {}).map(([probe, ms]) => one(ms / 1000, { probe })),
  ]),
  gauge('budget', 'ratio', 'What the probes may take of each CPU at work.', [
    ...(typeof header.budget === 'number' ? [one(header.budget)] : []),
  ]),
];

const sessionLabels = ({ header, ended }: WatchedSnapshot): Labels => ({
  version: header.tool.version,
  host: header.host.hostname,
  kernel: header.host.kernel,
  bpftrace: header.bpftrace ?? '',
  ...(ended === null ? {} : { ended: ended.reason }),
});

const gapSeconds = ({ losses }: WatchedSnapshot): number =>
  losses.gaps.reduce((sum, { fromBootUs, toBootUs }) => sum + (toBootUs - fromBootUs), 0) / 1e6;

const one = (value: number, labels: Labels = {}): Point => ({ labels, value });

const family =
  (type: 'counter' | 'gauge') =>
  (name: string, unit: string, help: string, points: readonly Point[]): Family => ({
    name: `${PREFIX}_${name}${unit === '' ? '' : `_${unit}`}`,
    type,
    unit,
    help,
    points,
  });
const counter = family('counter');
const gauge = family('gauge');

const states = (
  name: string,
  label: string,
  help: string,
  ...[all, now]: readonly [readonly string[], readonly (readonly [string, string])[]]
): Family => ({
  name: `${PREFIX}_${name}`,
  type: 'stateset',
  unit: '',
  help,
  points: now.flatMap(([whose, state]) =>
    all.map((value) => one(value === state ? 1 : 0, { [label]: whose, [`${PREFIX}_${name}`]: value })),
  ),
});

/**
 * All families of one moment. Totals of each metric over all processes, exact; per command and control group up to a
 * bound; of single processes only those that a finding names, at most `MOST_PROCESSES`; then the host, findings, and how
 * far all of it is to be trusted.
 */
import { namedDevices } from '../../core/device-calls.ts';
import { BUCKETS, belowUs, type Histogram, isHistogram } from '../../core/histogram.ts';
import { isBreakdown, type MetricDescriptor } from '../../core/metric.ts';
import type { Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { aboutFamilies } from './about.ts';
import type { Family, Point } from './family.ts';
import { findingFamilies, namedIn, processLabels } from './findings.ts';
import { type Group, type Groups, MOST_GROUPS } from './groups.ts';
import { type Labels, type Named, namesOf, PREFIX } from './names.ts';

const MOST_PROCESSES = 20;

/** Everything there is to say of a moment. `groups` has counted it. */
export const familiesOf = (snapshot: WatchedSnapshot, groups: Groups): Family[] => {
  const names = namesOf(snapshot.metrics);
  const named = namedIn(snapshot.insight.findings, MOST_PROCESSES);
  const rows = snapshot.rows.filter((row) => named.has(row.id));
  const levels = levelsOf(snapshot, groups);
  const families = snapshot.metrics.flatMap((metric) => {
    const name = names.get(metric.id);
    if (name === undefined) return [];
    if (metric.scope === 'host') return [hostFamily(snapshot, metric, name)];
    if (metric.scope === 'device') return [deviceFamily(snapshot, metric, name)];
    if (isHistogram(metric)) return [histogramFamily(snapshot, metric, name)];
    if (isBreakdown(metric)) return [];
    if (metric.scope === 'cgroup') return [cgroupFamily(snapshot, metric, name)];
    return [
      ...(metric.kind === 'counter' ? [totalFamily(snapshot, metric, name)] : []),
      groupFamily({ metric, name, groups, levels }),
      processFamily(rows, metric, name),
    ];
  });
  return [
    ...joined(families),
    ...findingFamilies(snapshot, named),
    ...aboutFamilies(snapshot, groups.size(), MOST_GROUPS),
  ];
};

/** Metrics that differ in labels only are one family, and stand together. */
const joined = (families: readonly Family[]): Family[] => {
  const byName = new Map<string, Family>();
  for (const family of families) {
    const before = byName.get(family.name);
    byName.set(
      family.name,
      before === undefined ? family : { ...before, points: [...before.points, ...family.points] },
    );
  }
  return [...byName.values()].filter(({ points }) => points.length > 0);
};

const familyOf = (
  { kind, help }: MetricDescriptor,
  { name, unit }: Named,
  of: string,
  points: readonly Point[],
): Family => ({
  name: of === '' ? name : name.replace(PREFIX, `${PREFIX}_${of}`),
  type: kind === 'counter' ? 'counter' : 'gauge',
  unit,
  help,
  points,
});

const hostFamily = ({ host }: WatchedSnapshot, metric: MetricDescriptor, name: Named): Family => {
  const total = host[metric.id]?.total;
  const points = total === undefined ? [] : [{ labels: name.labels, value: name.scaled(total) }];
  return familyOf(metric, name, '', points);
};

const cgroupFamily = ({ cgroups = [] }: WatchedSnapshot, metric: MetricDescriptor, name: Named): Family =>
  familyOf(
    metric,
    name,
    '',
    cgroups.flatMap(({ id, path, metrics, endedBootUs }) =>
      endedBootUs !== null || metrics[metric.id] === undefined
        ? []
        : [
            {
              labels: { cgroup: path, life: String(id) },
              value: name.scaled(metrics[metric.id]?.total ?? 0),
            },
          ],
    ),
  );

/** Zero where nothing was counted yet, nothing where nothing is counted. */
const totalFamily = (
  { totals, coverage }: WatchedSnapshot,
  metric: MetricDescriptor,
  name: Named,
): Family => {
  const isCovered = coverage[metric.id]?.coverage !== 'not-covered';
  const total = totals[metric.id]?.total ?? (isCovered ? 0 : undefined);
  return familyOf(metric, name, '', total === undefined ? [] : [{ labels: {}, value: name.scaled(total) }]);
};

/** Calls up to each bound, of all processes. Their sum is another family: it has in it what goes on, which is in no bucket. */
const histogramFamily = (
  { histograms, coverage }: WatchedSnapshot,
  metric: MetricDescriptor,
  name: Named,
): Family => {
  const family = { ...familyOf(metric, name, '', []), type: 'histogram' as const };
  if (coverage[metric.id]?.coverage === 'not-covered') return family;
  return { ...family, points: bucketPoints(histograms[metric.id] ?? [], name) };
};

/** The same of each device. */
const deviceFamily = (snapshot: WatchedSnapshot, metric: MetricDescriptor, name: Named): Family => {
  const family = { ...familyOf(metric, name, '', []), type: 'histogram' as const };
  if (snapshot.coverage[metric.id]?.coverage === 'not-covered') return family;
  const points = namedDevices(snapshot, metric.id).flatMap(({ name: device, histogram }) =>
    bucketPoints(histogram, name, { device }),
  );
  return { ...family, points };
};

const bucketPoints = (histogram: Histogram, name: Named, labels: Labels = {}): Family['points'] => {
  let calls = 0;
  return BUCKETS.map((bucket) => {
    calls += histogram[bucket] ?? 0;
    const bound = belowUs(bucket);
    const le = Number.isFinite(bound) ? String(name.scaled(bound)) : '+Inf';
    return { labels: { ...labels, le }, value: calls };
  });
};

type Grouped = {
  readonly metric: MetricDescriptor;
  readonly name: Named;
  readonly groups: Groups;
  readonly levels: ReadonlyMap<Group, ReadonlyMap<string, number>>;
};

const groupFamily = ({ metric, name, groups, levels }: Grouped): Family =>
  familyOf(
    metric,
    name,
    'command',
    groups.all().flatMap((group) => {
      const values = metric.kind === 'counter' ? group.counts : levels.get(group);
      const value = values?.get(metric.id);
      return value === undefined ? [] : [{ labels: group.labels, value: name.scaled(value) }];
    }),
  );

/** Levels of the living of a group, added up; of largest values the largest. */
const levelsOf = (
  { rows, metrics }: WatchedSnapshot,
  groups: Groups,
): ReadonlyMap<Group, ReadonlyMap<string, number>> => {
  const others = metrics.filter(({ scope, kind }) => scope === 'pid' && kind !== 'counter');
  const levels = new Map<Group, Map<string, number>>();
  for (const row of rows) {
    const group = groups.of(row);
    const sums = levels.get(group) ?? new Map<string, number>();
    levels.set(group, sums);
    for (const { id, kind } of others) {
      const value = row.metrics[id]?.total;
      if (value === undefined || (kind === 'gauge' && row.endedBootUs !== null)) continue;
      const before = sums.get(id) ?? 0;
      sums.set(id, kind === 'max' ? Math.max(before, value) : before + value);
    }
  }
  return levels;
};

const processFamily = (rows: readonly Row[], metric: MetricDescriptor, name: Named): Family =>
  familyOf(
    metric,
    name,
    'process',
    rows.flatMap((row) => {
      const total = row.metrics[metric.id]?.total;
      return total === undefined ? [] : [{ labels: processLabels(row), value: name.scaled(total) }];
    }),
  );

/** Which columns the table has at a width: the sort metric always, then those that count anything, then the rest. */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Snapshot } from '../../../core/snapshot.ts';
import { cellsOf, rateSuffix } from '../../format.ts';
import type { UiState } from './state.ts';

export type Columns = {
  readonly pid: number;
  readonly command: number;
  readonly metrics: readonly {
    readonly metric: MetricDescriptor;
    readonly title: string;
    readonly width: number;
  }[];
  /** Cells of the sparkline of the sort metric; 0 when there is no room or nothing to draw. */
  readonly spark: number;
  /** Metrics that found no room. */
  readonly hidden: number;
};

const NARROWEST_COMMAND = 10;
const COMMAND = 16;
const WIDEST_COMMAND = 80;
const NARROWEST_VALUE = 8;
const NARROWEST_SPARK = 6;
const SPARK = 20;
const WIDEST_SPARK = 60;

/** Columns of the metrics that can be shown per process; those with parts are broken down in the detail view. */
export const columnMetrics = (snapshot: Snapshot): readonly MetricDescriptor[] =>
  snapshot.metrics.filter(({ scope, dims }) => scope === 'pid' && dims === undefined);

export const layColumns = (
  snapshot: Snapshot,
  sort: string,
  values: UiState['values'],
  width: number,
): Columns => {
  const pid = Math.max(6, pidDigits(snapshot));
  const metrics = columnMetrics(snapshot);
  // A marker cell, the PID, a gap, the state mark.
  const fixed = 1 + pid + 2;
  const sortsByMetric = metrics.some(({ id }) => id === sort);
  let left = width - fixed - (width < 60 ? NARROWEST_COMMAND : COMMAND);
  let spark = sortsByMetric && left > NARROWEST_SPARK + NARROWEST_VALUE + 4 ? NARROWEST_SPARK + 1 : 0;
  left -= spark;
  const titled = metrics.map((metric) => {
    const title = metric.label + (values === 'rate' ? rateSuffix(metric.kind, metric.unit) : '');
    return { metric, title, width: Math.max(NARROWEST_VALUE, cellsOf(title) + (metric.id === sort ? 1 : 0)) };
  });
  const active = (id: string): boolean => (snapshot.totals[id]?.total ?? 0) > 0;
  const rank = ({ id, lane }: MetricDescriptor): number =>
    id === sort ? 0 : active(id) ? (lane === true ? 1 : 2) : lane === true ? 3 : 4;
  const kept = new Set<string>();
  for (const column of [...titled].sort((a, b) => rank(a.metric) - rank(b.metric))) {
    if (column.width + 1 > left) continue;
    kept.add(column.metric.id);
    left -= column.width + 1;
  }
  const grow = spark === 0 ? 0 : Math.min(left, SPARK - NARROWEST_SPARK);
  spark += grow;
  left -= grow;
  const roomy = Math.min(left, WIDEST_COMMAND - COMMAND);
  left -= roomy;
  const wide = spark === 0 ? 0 : Math.min(left, WIDEST_SPARK - SPARK);
  return {
    pid,
    command: (width < 60 ? NARROWEST_COMMAND : COMMAND) + roomy,
    metrics: titled.filter(({ metric }) => kept.has(metric.id)),
    spark: spark === 0 ? 0 : spark + wide - 1,
    hidden: titled.length - kept.size,
  };
};

const digitsOf = new WeakMap<Snapshot, number>();

const pidDigits = (snapshot: Snapshot): number => {
  const known = digitsOf.get(snapshot);
  if (known !== undefined) return known;
  const largest = snapshot.rows.reduce((most, { pid }) => Math.max(most, pid), 0);
  const digits = String(largest).length;
  digitsOf.set(snapshot, digits);
  return digits;
};

/** What `s` walks through. */
export const sortKeys = (snapshot: Snapshot): readonly string[] => [
  ...columnMetrics(snapshot).map(({ id }) => id),
  'pid',
  'comm',
];

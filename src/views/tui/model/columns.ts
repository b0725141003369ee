/**
 * Which columns the table has at a width. First the leading metric, which the order is by, or would be by default;
 * then what the same probe counts, because that explains it; then what the others count, lanes before the rest.
 * Columns in which nobody has counted anything come last, after a sparkline long enough to show a trend. Those
 * that are shown stand in the order of the probes' manifests, so that they keep their places.
 */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Snapshot } from '../../../core/snapshot.ts';
import { cellsOf, rateSuffix } from '../../format.ts';
import { defaultSort } from './rows.ts';
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
export const columnMetrics = (
  snapshot: Snapshot,
  hidden: readonly string[] = [],
): readonly MetricDescriptor[] =>
  snapshot.metrics.filter(
    ({ scope, dims, probe }) => scope === 'pid' && dims === undefined && !hidden.includes(probe),
  );

export const layColumns = (
  snapshot: Snapshot,
  sort: string,
  { values, hidden }: Pick<UiState, 'values' | 'hidden'>,
  width: number,
): Columns => {
  const pid = Math.max(6, pidDigits(snapshot));
  const metrics = columnMetrics(snapshot, hidden);
  // A marker cell, the PID, a gap, the state mark.
  const fixed = 1 + pid + 2;
  const sortsByMetric = metrics.some(({ id }) => id === sort);
  let left = width - fixed - (width < 60 ? NARROWEST_COMMAND : COMMAND);
  let spark = sortsByMetric && left > NARROWEST_SPARK + NARROWEST_VALUE + 4 ? NARROWEST_SPARK + 1 : 0;
  left -= spark;
  const lead =
    metrics.find(({ id }) => id === sort) ?? metrics.find(({ id }) => id === defaultSort(snapshot));
  const titled = metrics.map((metric) => {
    const title = metric.label + (values === 'rate' ? rateSuffix(metric.kind, metric.unit) : '');
    const width = Math.max(NARROWEST_VALUE, cellsOf(title) + (metric.id === sort ? 1 : 0));
    return { metric, title, width, rank: rankOf(snapshot, metric, lead) };
  });
  const kept = new Set<string>();
  const keep = (wanted: (rank: number) => boolean): void => {
    const candidates = titled.filter(({ rank }) => wanted(rank));
    for (const column of candidates.sort((a, b) => a.rank - b.rank)) {
      if (column.width + 1 > left) continue;
      kept.add(column.metric.id);
      left -= column.width + 1;
    }
  };
  keep((rank) => rank < IDLE);
  const grow = spark === 0 ? 0 : Math.min(left, SPARK - NARROWEST_SPARK);
  spark += grow;
  left -= grow;
  keep((rank) => rank >= IDLE);
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

const IDLE = 4;

/** Lower ranks are kept longer; those of idle metrics begin at `IDLE`. */
const rankOf = (snapshot: Snapshot, metric: MetricDescriptor, lead: MetricDescriptor | undefined): number => {
  if (metric.id === lead?.id) return -1;
  const foreign = metric.probe === lead?.probe ? 0 : 2;
  return (isActive(snapshot, metric) ? 0 : IDLE) + foreign + (metric.lane === true ? 0 : 1);
};

/** Largest values have no sum: they are looked for in the rows. */
const isActive = ({ totals, rows }: Snapshot, { id, kind }: MetricDescriptor): boolean =>
  kind === 'counter'
    ? (totals[id]?.total ?? 0) > 0
    : rows.some(({ metrics }) => (metrics[id]?.total ?? 0) > 0);

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
export const sortKeys = (snapshot: Snapshot, hidden: readonly string[] = []): readonly string[] => [
  ...columnMetrics(snapshot, hidden).map(({ id }) => id),
  'pid',
  'comm',
];

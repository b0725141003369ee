/**
 * Which columns the table has at a width. First the leading metric, which the order is by, or would be by default, and
 * what a finding that goes on rests on; then where the time of a process goes, and what it reads and writes on disks; then what the leading probe counts,
 * because that explains it; then what the others count, lanes before the rest; then what it holds. What the user wants
 * always stands right behind the leading metric, what he never wants is left out, unless the order is by it. Columns in
 * which no process on the screen has a value come last, after a sparkline long enough to show a trend. Those that are shown stand in the order of the probes' manifests, so that they keep their places.
 */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { rateSuffix } from '../format/numbers.ts';
import { cellsOf } from '../format/text.ts';
import { trustMark } from '../format/trust.ts';
import { trustIn } from '../signals/series.ts';
import type { ColumnChoices, UiState } from '../state.ts';
import { defaultSort, findingMetrics } from './rows.ts';
import { isTimeColumn, RSS, timeColumnRank } from './time-columns.ts';

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
  snapshot: WatchedSnapshot,
  hidden: readonly string[] = [],
): readonly MetricDescriptor[] =>
  snapshot.metrics
    .filter(({ scope, dims, probe }) => scope === 'pid' && dims === undefined && !hidden.includes(probe))
    .sort((a, b) => timeColumnRank(a.id) - timeColumnRank(b.id));

type Room = {
  /** Probes that are left out. */
  readonly hidden: UiState['hidden'];
  readonly width: number;
  readonly chosen?: ColumnChoices;
};

export const layColumns = (
  snapshot: WatchedSnapshot,
  { sort, values }: { readonly sort: string; readonly values: UiState['values'] },
  { hidden, width, chosen = {} }: Room,
  /** Those on the screen. */
  rows: readonly Row[] = snapshot.rows,
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
  const accused = findingMetrics(snapshot);
  const wanted = metrics.filter(({ id }) => id === sort || chosen[id] !== 'never');
  const titled = wanted.map((metric) => {
    const title = metric.label + (values === 'rate' ? rateSuffix(metric.kind, metric.unit) : '');
    const doubted = trustMark(trustIn(snapshot, metric, values)) !== '';
    const width = Math.max(
      NARROWEST_VALUE,
      cellsOf(title) + (metric.id === sort ? 1 : 0) + (doubted ? MARK : 0),
    );
    const rank =
      metric.id !== lead?.id && chosen[metric.id] === 'always'
        ? ALWAYS
        : rankOf(metric, lead, isActive(rows, metric, values), accused);
    return { metric, title, width, rank };
  });
  const kept = new Set<string>();
  const keep = (isDue: (rank: number) => boolean): void => {
    const candidates = titled.filter(({ rank }) => isDue(rank));
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
    hidden: metrics.length - kept.size,
  };
};

/** A cell of the heading, where a column is not exact. */
const MARK = 1;
const IDLE = 5;
const ALWAYS = -1.5;
/** Behind where the time goes, before what only one probe is about. */
const BESIDE_TIME = 0.8;
/** What a process reads and writes on a disk belongs in every table in which somebody does. */
const DISK_COLUMNS: readonly string[] = ['disk.read_bytes', 'disk.write_bytes'];

/** Lower ranks are kept longer; those of idle metrics begin at `IDLE`. */
const rankOf = (
  metric: MetricDescriptor,
  lead: MetricDescriptor | undefined,
  active: boolean,
  accused: readonly string[],
): number => {
  if (metric.id === lead?.id) return -2;
  if (accused.includes(metric.id)) return -1;
  if (active && metric.id === RSS) return IDLE - 0.5;
  if (isTimeColumn(metric.id)) return active ? timeColumnRank(metric.id) / IDLE : IDLE;
  if (active && DISK_COLUMNS.includes(metric.id)) return BESIDE_TIME;
  const foreign = metric.probe === lead?.probe ? 0 : 2;
  return (active ? 1 : IDLE) + foreign + (metric.lane === true ? 0 : 1);
};

const isActive = (
  rows: readonly Row[],
  { id, kind }: MetricDescriptor,
  values: UiState['values'],
): boolean => {
  const which = values === 'rate' && kind === 'counter' ? 'delta' : 'total';
  return rows.some(({ metrics }) => (metrics[id]?.[which] ?? 0) > 0);
};

const digitsOf = new WeakMap<WatchedSnapshot, number>();

const pidDigits = (snapshot: WatchedSnapshot): number => {
  const known = digitsOf.get(snapshot);
  if (known !== undefined) return known;
  const largest = snapshot.rows.reduce((most, { pid }) => Math.max(most, pid), 0);
  const digits = String(largest).length;
  digitsOf.set(snapshot, digits);
  return digits;
};

/** What `s` walks through. */
export const sortKeys = (snapshot: WatchedSnapshot, hidden: readonly string[] = []): readonly string[] => [
  ...columnMetrics(snapshot, hidden).map(({ id }) => id),
  'pid',
  'comm',
];

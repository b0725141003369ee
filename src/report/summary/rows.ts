/** The processes of a page or table, in the order asked for. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { clean } from '../../screen/format/text.ts';

/** Who traces is no part of what is summed up, unless it is what was traced. */
export const rowsWith = (
  snapshot: Snapshot,
  metrics: readonly MetricDescriptor[],
  sort: string | undefined,
): Row[] => {
  const { pids } = snapshot.header.selection;
  const rows = snapshot.rows.filter(
    (row) =>
      (row.own !== true || pids.includes(row.pid)) && metrics.some((metric) => metric.id in row.metrics),
  );
  if (sort === 'pid') return byPid(rows);
  if (sort === 'comm') return byPid(rows).sort((a, b) => (a.comm < b.comm ? -1 : a.comm > b.comm ? 1 : 0));
  const weights = weightsOf(rows, metrics, sort);
  return byPid(rows).sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
};

export const byPid = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => a.pid - b.pid || (a.startMs ?? 0) - (b.startMs ?? 0));

/**
 * Of each row, the metric asked for where the table has it; otherwise the largest part that it has in what all rows did,
 * of any one metric: parts can be compared where bytes, counts and times cannot.
 */
const weightsOf = (
  rows: readonly Row[],
  metrics: readonly MetricDescriptor[],
  sort: string | undefined,
): ReadonlyMap<Row, number> => {
  const totalOf = (row: Row, id: string): number => row.metrics[id]?.total ?? 0;
  const asked = metrics.find(({ id }) => id === sort);
  if (asked !== undefined) return new Map(rows.map((row) => [row, totalOf(row, asked.id)]));
  // The largest of largest values is no part of anything.
  const summed = metrics.filter(({ kind }) => kind !== 'max');
  const wholes = summed.map(({ id }) => ({
    id,
    whole: rows.reduce((sum, row) => sum + totalOf(row, id), 0),
  }));
  return new Map(
    rows.map((row) => [
      row,
      Math.max(0, ...wholes.map(({ id, whole }) => (whole > 0 ? totalOf(row, id) / whole : 0))),
    ]),
  );
};

/** In words. */
export const orderText = ({ metrics }: Snapshot, sort: string | undefined): string => {
  if (sort === 'pid') return 'by PID';
  if (sort === 'comm') return 'by name';
  const share = 'by the largest part that a process has in any one metric of the table';
  const label = metrics.find(({ id }) => id === sort)?.label;
  return label === undefined
    ? `${share} (--sort METRIC for another)`
    : `by ${clean(label)}; where that is not, ${share}`;
};

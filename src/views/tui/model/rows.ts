/**
 * Which processes the table shows, and in which order. Ordering looks at every process once per snapshot, filter
 * or sort change, over typed arrays; drawing then looks only at the visible ones.
 *
 * By a metric, the order is: its value as shown (growth, or total), then the other of the two. Where both are the
 * same, as for all that never did what the metric counts, whoever has the larger part in everything else that is
 * counted comes first (see `sharesOf`), and only then the lower PID.
 */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Reading, Row, Snapshot } from '../../../core/snapshot.ts';
import { parseFilter } from './filter.ts';
import { type Entry, groupRows, keyOf, treeOf } from './groups.ts';
import type { UiState } from './state.ts';

export type Order = {
  readonly entries: readonly Entry[];
  /** Processes that pass the filter. */
  readonly processes: number;
  /** The metric or column the order is by. */
  readonly sort: string;
};

type Question = Pick<UiState, 'sort' | 'reversed' | 'filter' | 'values' | 'arrange' | 'within'>;

const memo = new WeakMap<Snapshot, { question: string; order: Order }>();

export const orderRows = (snapshot: Snapshot, ui: Question): Order => {
  const sort = ui.sort ?? defaultSort(snapshot);
  const { reversed, values, filter, arrange, within } = ui;
  const question = JSON.stringify([sort, reversed, values, filter, arrange, within]);
  const known = memo.get(snapshot);
  if (known?.question === question) return known.order;
  const { matches } = parseFilter(filter, snapshot, values);
  const inside = within === null ? null : keyOf[within.arrange];
  const shown = snapshot.rows.filter(
    (row) => matches(row) && (within === null || inside === null || inside?.(row) === within.key),
  );
  const order = { entries: arranged(snapshot, shown, sort, ui), processes: shown.length, sort };
  memo.set(snapshot, { question, order });
  return order;
};

const arranged = (
  snapshot: Snapshot,
  shown: readonly Row[],
  sort: string,
  ui: Question,
): readonly Entry[] => {
  const inOrder = (rows: readonly Row[]): Row[] => {
    const rising = sorted(snapshot, rows, sort, ui.values);
    return ui.reversed ? rising.reverse() : rising;
  };
  if (ui.arrange === 'flat' || (ui.within !== null && ui.arrange !== 'tree'))
    return inOrder(shown).map((row) => ({ id: row.id, row, group: null, depth: 0 }));
  if (ui.arrange === 'tree') return treeOf(inOrder(shown));
  const groups = groupRows(snapshot, shown, ui.arrange);
  return inOrder(groups.map(({ row }) => row)).map((row) => ({
    id: row.id,
    row,
    group: groups.find((group) => group.row === row) ?? null,
    depth: 0,
  }));
};

/**
 * Where most time went: time is the one unit that all probes share, so it alone can tell which of them matters.
 * Without any, the first metric that has counted anything.
 */
export const defaultSort = (snapshot: Snapshot): string => {
  const candidates = snapshot.metrics.filter(({ scope, dims }) => scope === 'pid' && dims === undefined);
  const totalOf = ({ id }: MetricDescriptor): number => snapshot.totals[id]?.total ?? 0;
  const times = candidates.filter(({ kind, unit }) => kind === 'counter' && unit === 'ns');
  const longest = times.reduce<MetricDescriptor | undefined>(
    (best, metric) => (totalOf(metric) > (best === undefined ? 0 : totalOf(best)) ? metric : best),
    undefined,
  );
  const active = longest ?? candidates.find((metric) => totalOf(metric) > 0);
  return (active ?? candidates[0])?.id ?? 'pid';
};

const sorted = (snapshot: Snapshot, rows: readonly Row[], sort: string, values: UiState['values']): Row[] => {
  if (sort === 'pid') return [...rows].sort(byPid);
  if (sort === 'comm') return [...rows].sort((a, b) => compareText(a.comm, b.comm) || byPid(a, b));
  const shown = values === 'rate' ? 'delta' : 'total';
  const behind = values === 'rate' ? 'total' : 'delta';
  const first = valuesOf(rows, sort, shown);
  const second = valuesOf(rows, sort, behind);
  const share = sharesOf(snapshot, rows, sort, shown);
  const shareBehind = sharesOf(snapshot, rows, sort, behind);
  const indices = Uint32Array.from(rows, (_, index) => index).sort(
    (a, b) =>
      (first[b] ?? 0) - (first[a] ?? 0) ||
      (second[b] ?? 0) - (second[a] ?? 0) ||
      share(b) - share(a) ||
      shareBehind(b) - shareBehind(a) ||
      (rows[a]?.pid ?? 0) - (rows[b]?.pid ?? 0),
  );
  return Array.from(indices, (index) => rows[index] as Row);
};

/** -1 for who never did what the metric counts: after those that did once. */
const valuesOf = (rows: readonly Row[], metric: string, which: keyof Reading): Float64Array =>
  Float64Array.from(rows, (row) => row.metrics[metric]?.[which] ?? -1);

/**
 * Of each row, its part in what all processes did, summed over the counters other than the sort metric: parts of a
 * whole can be added where counts, bytes and nanoseconds cannot. Each row's is computed when first asked for, so
 * that only ties cost anything.
 */
const sharesOf = (
  { metrics, totals }: Snapshot,
  rows: readonly Row[],
  sort: string,
  which: keyof Reading,
): ((index: number) => number) => {
  const wholes = metrics
    .filter(({ id, scope, kind, dims }) => scope === 'pid' && kind === 'counter' && !dims && id !== sort)
    .map(({ id }) => ({ id, whole: totals[id]?.[which] ?? 0 }))
    .filter(({ whole }) => whole > 0);
  const known = new Float64Array(rows.length).fill(Number.NaN);
  return (index) => {
    const share = known[index] ?? 0;
    if (!Number.isNaN(share)) return share;
    const readings = rows[index]?.metrics ?? {};
    let sum = 0;
    for (const { id, whole } of wholes) sum += (readings[id]?.[which] ?? 0) / whole;
    known[index] = sum;
    return sum;
  };
};

const byPid = (a: Row, b: Row): number => a.pid - b.pid || compareText(a.id, b.id);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type Window = {
  readonly entries: readonly Entry[];
  /** Rank of the first one shown, and of the selected one; -1 when there is none. */
  readonly first: number;
  readonly selected: number;
};

/**
 * The visible part. What is selected keeps its place on the screen while its rank changes; when it has left the list,
 * whoever stands at its place is selected.
 */
export const windowOf = (
  { entries }: Order,
  { selectedId, selectedOffset }: Pick<UiState, 'selectedId' | 'selectedOffset'>,
  height: number,
): Window => {
  if (entries.length === 0 || height <= 0) return { entries: [], first: 0, selected: -1 };
  const offset = Math.min(selectedOffset, height - 1);
  const found = selectedId === null ? 0 : entries.findIndex(({ id }) => id === selectedId);
  const selected = found === -1 ? Math.min(offset, entries.length - 1) : found;
  const first = Math.max(0, Math.min(selected - offset, entries.length - height));
  return { entries: entries.slice(first, first + height), first, selected };
};

/**
 * Which processes the table shows, and in which order. Ordering looks at every process once per snapshot, filter
 * or sort change, over typed arrays; drawing then looks only at the visible ones.
 */
import type { Row, Snapshot } from '../../../core/snapshot.ts';
import type { UiState } from './state.ts';

export type Order = {
  readonly rows: readonly Row[];
  /** The metric or column the order is by. */
  readonly sort: string;
};

type Question = Pick<UiState, 'sort' | 'reversed' | 'filter' | 'values'>;

const memo = new WeakMap<Snapshot, { question: string; order: Order }>();

export const orderRows = (snapshot: Snapshot, ui: Question): Order => {
  const sort = ui.sort ?? defaultSort(snapshot);
  const question = `${sort} ${ui.reversed} ${ui.values} ${ui.filter}`;
  const known = memo.get(snapshot);
  if (known?.question === question) return known.order;
  const shown = snapshot.rows.filter(matcher(ui.filter));
  const order = {
    rows: ui.reversed ? sorted(shown, sort, ui.values).reverse() : sorted(shown, sort, ui.values),
    sort,
  };
  memo.set(snapshot, { question, order });
  return order;
};

/** The first metric of the header that has counted anything: an idle first probe must not hide a busy second one. */
export const defaultSort = (snapshot: Snapshot): string => {
  const candidates = snapshot.metrics.filter(({ scope, dims }) => scope === 'pid' && dims === undefined);
  const active = candidates.find(({ id }) => (snapshot.totals[id]?.total ?? 0) > 0);
  return (active ?? candidates[0])?.id ?? 'pid';
};

/** Every word must be found in the PID, the name or the command line, whatever its case. */
const matcher = (filter: string): ((row: Row) => boolean) => {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return () => true;
  return (row) => {
    const text = `${row.pid} ${row.comm} ${row.cmdline ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
};

const sorted = (rows: readonly Row[], sort: string, values: UiState['values']): Row[] => {
  if (sort === 'pid') return [...rows].sort(byPid);
  if (sort === 'comm') return [...rows].sort((a, b) => compareText(a.comm, b.comm) || byPid(a, b));
  const now = new Float64Array(rows.length);
  const total = new Float64Array(rows.length);
  rows.forEach((row, index) => {
    const reading = row.metrics[sort];
    now[index] = reading?.delta ?? -1;
    total[index] = reading?.total ?? -1;
  });
  const first = values === 'rate' ? now : total;
  const second = values === 'rate' ? total : now;
  const indices = Uint32Array.from(rows, (_, index) => index).sort(
    (a, b) =>
      (first[b] ?? 0) - (first[a] ?? 0) ||
      (second[b] ?? 0) - (second[a] ?? 0) ||
      (rows[a]?.pid ?? 0) - (rows[b]?.pid ?? 0),
  );
  return Array.from(indices, (index) => rows[index] as Row);
};

const byPid = (a: Row, b: Row): number => a.pid - b.pid || compareText(a.id, b.id);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type Window = {
  readonly rows: readonly Row[];
  /** Rank of the first row shown, and of the selected one; -1 when there is none. */
  readonly first: number;
  readonly selected: number;
};

/**
 * The visible part. The selected process keeps its place on the screen while its rank changes; when it has left
 * the list, whoever stands at its place is selected.
 */
export const windowOf = (
  { rows }: Order,
  { selectedId, selectedOffset }: Pick<UiState, 'selectedId' | 'selectedOffset'>,
  height: number,
): Window => {
  if (rows.length === 0 || height <= 0) return { rows: [], first: 0, selected: -1 };
  const offset = Math.min(selectedOffset, height - 1);
  const found = selectedId === null ? 0 : rows.findIndex(({ id }) => id === selectedId);
  const selected = found === -1 ? Math.min(offset, rows.length - 1) : found;
  const first = Math.max(0, Math.min(selected - offset, rows.length - height));
  return { rows: rows.slice(first, first + height), first, selected };
};

/**
 * Which processes the table shows, and in which order. Ordering looks at every process once per snapshot, filter
 * or sort change, over typed arrays; drawing then looks only at the visible ones.
 *
 * By a metric, the order is: its value as shown (growth, or total), then who lives before who has ended, then the other
 * of the two. Where all are the same, as for all that never did what the metric counts, whoever has the larger part in everything else that is
 * counted comes first (see `sharesOf`), and only then the lower PID.
 */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { perSecond, sampleTimes } from '../signals/series.ts';
import type { UiState } from '../state.ts';
import { parseFilter } from './filter.ts';
import { type Entry, groupRows, keyOf, treeOf } from './groups.ts';
import { CPU, isTimeColumn } from './time-columns.ts';

export type Order = {
  readonly entries: readonly Entry[];
  /** Processes that pass the filter. */
  readonly processes: number;
  /** The metric or column the order is by. */
  readonly sort: string;
  /** What is shown: of a machine that has been quiet for a while totals, whatever was asked for. */
  readonly values: UiState['values'];
  /** Processes left out because they have ended, and did nothing lately. */
  readonly quiet: number;
  /** Processes left out because they trace. */
  readonly own: number;
  /** Processes left out because they have ended, and nobody wants to see those. */
  readonly ended: number;
};

type Question = Pick<
  UiState,
  'sort' | 'reversed' | 'filter' | 'values' | 'arrange' | 'within' | 'own' | 'ended' | 'selectedId'
>;

const memo = new WeakMap<WatchedSnapshot, { question: string; order: Order }>();

export const orderRows = (snapshot: WatchedSnapshot, ui: Question): Order => {
  const sort = ui.sort ?? defaultSort(snapshot);
  const { reversed, filter, arrange, within, selectedId } = ui;
  const { own, ended } = ui;
  const question = JSON.stringify([
    ...[sort, reversed, ui.values, filter, arrange, within, own, ended, selectedId],
  ]);
  const known = memo.get(snapshot);
  if (known?.question === question) return known.order;
  const { matches } = parseFilter(filter, snapshot, ui.values);
  const inside = within === null ? null : keyOf[within.arrange];
  const found = snapshot.rows.filter(
    (row) => matches(row) && (within === null || inside === null || inside?.(row) === within.key),
  );
  const traced = found.filter((row) => own || !isLeftOut(snapshot, row) || row.id === selectedId);
  const others = traced.filter((row) => ended || row.endedBootUs === null || row.id === selectedId);
  // Where CPU time is not known and nobody does anything that is counted, what they did before says more.
  const isIdle = others.length > 0 && !hasCpuTime(snapshot) && !others.some((row) => hasMoved(snapshot, row));
  const values = isIdle ? 'total' : ui.values;
  // Who was asked for by name is shown whatever he does.
  const wantsAll = filter !== '' || isSelective(snapshot) || values === 'total';
  const shown = wantsAll ? others : others.filter((row) => row.id === selectedId || isPresent(snapshot, row));
  const order = {
    entries: arranged(snapshot, shown, sort, { ...ui, values }),
    processes: shown.length,
    sort,
    values,
    quiet: others.length - shown.length,
    own: found.length - traced.length,
    ended: traced.length - others.length,
  };
  memo.set(snapshot, { question, order });
  return order;
};

const isSelective = ({ header: { selection } }: WatchedSnapshot): boolean =>
  selection.pids.length > 0 || selection.comm !== null;

/** Of those who trace, only who was asked for. */
const isLeftOut = ({ header }: WatchedSnapshot, { own, pid }: Row): boolean =>
  own === true && !header.selection.pids.includes(pid);

/** A little longer than most rhythms. */
const LATELY_US = 10e6;

const hasMoved = ({ bootUs }: WatchedSnapshot, { movedBootUs = Number.NEGATIVE_INFINITY }: Row): boolean =>
  bootUs - movedBootUs <= LATELY_US;

/** Who lives, or ended not long ago. */
const isPresent = (snapshot: WatchedSnapshot, row: Row): boolean =>
  row.endedBootUs === null || snapshot.bootUs - row.endedBootUs <= LATELY_US || hasMoved(snapshot, row);

const hasCpuTime = ({ totals }: WatchedSnapshot): boolean => (totals[CPU]?.total ?? 0) > 0;

const arranged = (
  snapshot: WatchedSnapshot,
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

const sorts = new WeakMap<WatchedSnapshot, string>();

/** What a table is ordered by when nobody says. */
export const defaultSort = (snapshot: WatchedSnapshot): string => {
  const known = sorts.get(snapshot) ?? pressing(snapshot);
  sorts.set(snapshot, known);
  return known;
};

/**
 * What the most severe finding that goes on rests on. Otherwise what a probe counts that takes a part of a CPU worth
 * looking at (time is the one unit that all probes share), or what there is far too much of for its unit. Otherwise CPU
 * time; where that is not known, what is loudest lately, where most time went, or the first metric that counted anything.
 */
const pressing = (snapshot: WatchedSnapshot): string => {
  const totalOf = ({ id }: Pick<MetricDescriptor, 'id'>): number => snapshot.totals[id]?.total ?? 0;
  const candidates = snapshot.metrics.filter(({ scope, dims }) => scope === 'pid' && dims === undefined);
  const counters = candidates.filter(({ kind }) => kind === 'counter');
  const lately = new Map(counters.map((metric) => [metric.id, latelyPerSecond(snapshot, metric)]));
  const now = ({ id, unit }: MetricDescriptor): number => (lately.get(id) ?? 0) / (LOUD[unit] ?? LOUD.count);
  const accused = findingMetrics(snapshot).find((id) => (snapshot.totals[id]?.total ?? 0) > 0);
  if (accused !== undefined) return accused;
  const ofProbes = counters.filter(
    ({ probe, id }) => probe !== 'host' && !isTimeColumn(id) && isDoneByOthers(snapshot, id),
  );
  const times = ofProbes.filter(({ unit }) => unit === 'ns');
  const cpu = counters.find(({ id }) => id === CPU && totalOf({ id }) > 0);
  const choice =
    largest(times, (metric) => (now(metric) >= WORTH_A_LOOK ? now(metric) : 0)) ??
    largest(ofProbes, (metric) => (now(metric) >= 1 ? loudnessOf(now(metric)) : 0)) ??
    cpu ??
    largest(ofProbes, (metric) => loudnessOf(now(metric))) ??
    largest(times, totalOf) ??
    candidates.find((metric) => totalOf(metric) > 0) ??
    candidates[0];
  return choice?.id ?? 'pid';
};

/** What only we do, a canary that syncs its file, is nothing to order anybody by. */
const isDoneByOthers = ({ rows, totals, others }: WatchedSnapshot, metric: string): boolean =>
  (totals[metric]?.total ?? 0) > 0 &&
  ((others.metrics[metric] ?? 0) > 0 ||
    rows.some(({ own, metrics }) => own !== true && (metrics[metric]?.total ?? 0) > 0));

/** The first of the largest; none when all are zero. */
const largest = (
  metrics: readonly MetricDescriptor[],
  of: (metric: MetricDescriptor) => number,
): MetricDescriptor | undefined => {
  let best: MetricDescriptor | undefined;
  for (const metric of metrics) if (of(metric) > (best === undefined ? 0 : of(best))) best = metric;
  return best;
};

/** What is a lot per second, so that counts, bytes and times can be compared at all: a tenth of a CPU, a fast disk. */
const LOUD = { count: 1e4, pages: 1e4, ns: 1e8, us: 1e5, ms: 100, bytes: 2 ** 27, KiB: 2 ** 17 } as Readonly<
  Partial<Record<MetricDescriptor['unit'], number>> & { readonly count: number }
>;
/** A hundredth of a CPU. */
const WORTH_A_LOOK = 0.1;
const LATELY_SAMPLES = 10;
/** What did not grow in the last of them is over: by it nobody would stand out now. */
const FRESH_SAMPLES = 3;

/** In coarse steps: what is a little louder now must not change places with what was a moment ago. */
const loudnessOf = (share: number): number => (share <= 0 ? 0 : 100 + Math.round(2 * Math.log10(share)));

const latelyPerSecond = (snapshot: WatchedSnapshot, metric: MetricDescriptor): number => {
  const { history, totals } = snapshot;
  // Most count nothing most of the time.
  if ((totals[metric.id]?.total ?? 0) === 0) return 0;
  const rates = perSecond(
    history.all(metric.id, LATELY_SAMPLES),
    metric,
    sampleTimes(snapshot, LATELY_SAMPLES),
  ).filter((rate) => !Number.isNaN(rate));
  if (!rates.slice(-FRESH_SAMPLES).some((rate) => rate > 0)) return 0;
  return rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
};

/** A finding goes on until it has been quiet for so long. */
const QUIET_US = 10e6;

/** Metrics of processes that the findings going on rest on, the most severe first. */
export const findingMetrics = ({ insight, metrics, bootUs }: WatchedSnapshot): readonly string[] => {
  const own = metrics.filter(({ scope, dims, kind }) => scope === 'pid' && !dims && kind === 'counter');
  return insight.findings
    .filter(({ endUs }) => endUs + QUIET_US >= bootUs)
    .flatMap(({ evidence }) => evidence.map(({ metric }) => metric))
    .flatMap((name) => own.filter(({ id }) => id === name || isStarred(name, id)).map(({ id }) => id));
};

const isStarred = (name: string, id: string): boolean =>
  name.endsWith('*') && id.startsWith(name.slice(0, -1));

const sorted = (
  snapshot: WatchedSnapshot,
  rows: readonly Row[],
  sort: string,
  values: UiState['values'],
): Row[] => {
  if (sort === 'pid') return [...rows].sort(byPid);
  if (sort === 'comm') return [...rows].sort((a, b) => compareText(a.comm, b.comm) || byPid(a, b));
  const shown = values === 'rate' ? 'delta' : 'total';
  const behind = values === 'rate' ? 'total' : 'delta';
  const first = valuesOf(rows, sort, shown);
  const second = valuesOf(rows, sort, behind);
  const did = first.map((value) => Math.max(0, value));
  const ended = Uint8Array.from(rows, ({ endedBootUs }) => (endedBootUs === null ? 0 : 1));
  const share = sharesOf(snapshot, rows, sort, shown);
  const shareBehind = sharesOf(snapshot, rows, sort, behind);
  const indices = Uint32Array.from(rows, (_, index) => index).sort(
    (a, b) =>
      (did[b] ?? 0) - (did[a] ?? 0) ||
      (ended[a] ?? 0) - (ended[b] ?? 0) ||
      (first[b] ?? 0) - (first[a] ?? 0) ||
      (second[b] ?? 0) - (second[a] ?? 0) ||
      share(b) - share(a) ||
      shareBehind(b) - shareBehind(a) ||
      (rows[a]?.pid ?? 0) - (rows[b]?.pid ?? 0),
  );
  return Array.from(indices, (index) => rows[index] as Row);
};

type Which = 'delta' | 'total';

/** -1 for who never did what the metric counts: after those that did once. */
const valuesOf = (rows: readonly Row[], metric: string, which: Which): Float64Array =>
  Float64Array.from(rows, (row) => row.metrics[metric]?.[which] ?? -1);

/**
 * Of each row, its part in what all processes did, summed over the counters other than the sort metric: parts of a
 * whole can be added where counts, bytes and nanoseconds cannot. Each row's is computed when first asked for, so
 * that only ties cost anything.
 */
const sharesOf = (
  { metrics, totals }: WatchedSnapshot,
  rows: readonly Row[],
  sort: string,
  which: Which,
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
  { entries }: Pick<Order, 'entries'>,
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

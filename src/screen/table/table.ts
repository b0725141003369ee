/** The processes: one line each, only those visible. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { Glyphs } from '../format/glyphs.ts';
import { type Line, packSegments, segment, span } from '../format/line.ts';
import { amount, compact, ratePerSecond } from '../format/numbers.ts';
import { clean, fitEnd, fitTo } from '../format/text.ts';
import { trustMark, trustOf } from '../format/trust.ts';
import { commandOf } from '../header.ts';
import { peakOf, perSecond, rateNow, sampleTimes, sparkline, trustIn } from '../signals/series.ts';
import type { View } from '../view.ts';
import { type Columns, layColumns } from './columns.ts';
import type { Entry } from './groups.ts';
import { type Order, orderRows, type Window, windowOf } from './rows.ts';

/** Lines the table needs besides its rows. */
export const tableFrame = (height: number): number => (height >= 8 ? 2 : 1);

/** Rows of processes that fit. */
export const tableRows = (height: number): number => Math.max(0, height - tableFrame(height));

/** Deeper processes of a tree are no further to the right: their names would not be seen. */
const MOST_DEPTH = 8;

/** A command line needs this much room to say more than the name. */
const WHOLE_COMMAND = 26;

/** What all lines of the table are drawn from. */
type Table = {
  readonly snapshot: WatchedSnapshot;
  readonly view: View;
  readonly order: Order;
  readonly columns: Columns;
};

/** What is seen of it at a height: in which order, from where on, in which columns. */
export const tableOf = (
  snapshot: WatchedSnapshot,
  { ui, size }: Pick<View, 'ui' | 'size'>,
  height: number,
): { readonly order: Order; readonly window: Window; readonly columns: Columns } => {
  const order = orderRows(snapshot, ui);
  const window = windowOf(order, ui, tableRows(height));
  const shown = window.entries.map(({ row }) => row);
  const columns = layColumns(
    snapshot,
    order,
    { hidden: ui.hidden, width: size.columns, chosen: ui.columns },
    shown,
  );
  return { order, window, columns };
};

export const tableLines = (snapshot: WatchedSnapshot, view: View, height: number): readonly Line[] => {
  const { order, window, columns } = tableOf(snapshot, view, height);
  const table = { snapshot, view, order, columns };
  const lines: Line[] = [];
  if (tableFrame(height) > 1) lines.push(titleLine(table, window.first));
  lines.push(headingLine(table));
  const sparks = rowSparks(table, window.entries);
  window.entries.forEach((entry, index) => {
    const isSelected = window.first + index === window.selected;
    lines.push(rowLine(table, entry, sparks[index] ?? '', isSelected));
  });
  if (window.entries.length === 0 && height > lines.length)
    lines.push([span(emptyText(snapshot, view), 'dim')]);
  return lines.slice(0, height);
};

const titleLine = ({ snapshot, view, order, columns }: Table, above: number): Line => {
  const { ui, glyphs } = view;
  const all = snapshot.rows.length;
  const { arrange, within } = ui;
  const counted = order.processes === all ? compact(all) : `${compact(order.processes)} of ${compact(all)}`;
  const title = arrange === 'flat' || within !== null ? 'PROCESSES' : TITLES[arrange];
  const grouped = arrange !== 'flat' && arrange !== 'tree' && within === null;
  const count = grouped ? `${compact(order.entries.length)}, ${counted} processes` : counted;
  const inside =
    within === null ? '' : `of ${within.arrange} ${clean(within.label, glyphs.charset)} (Backspace: all)`;
  return packSegments(
    [
      segment(0, span(title, 'heading'), span(` ${count}`)),
      segment(0, span(above === 0 ? '' : `${compact(above)} more above`, 'warn')),
      segment(0, span(inside, 'accent')),
      segment(
        1,
        span(ui.filter === '' ? '' : `filter "${fitFilter(ui.filter, glyphs)}" (Esc clears)`, 'warn'),
      ),
      segment(
        2,
        span(
          order.values === 'rate'
            ? ''
            : `${ui.values === 'rate' ? 'now quiet: ' : ''}totals since tracing began`,
          'accent',
        ),
      ),
      segment(2, span(order.quiet === 0 ? '' : `+ ${compact(order.quiet)} quiet (c)`, 'dim')),
      segment(3, span(order.ended === 0 ? '' : `+ ${compact(order.ended)} ended (E)`, 'dim')),
      segment(4, span(order.own === 0 ? '' : `+ ${compact(order.own)} of our own (o)`, 'dim')),
      segment(
        3,
        span(
          snapshot.others.processes === 0 ? '' : `+ ${compact(snapshot.others.processes)} not listed`,
          'warn',
        ),
      ),
      segment(
        4,
        span(
          columns.hidden === 0 ? '' : `${columns.hidden} more column${columns.hidden === 1 ? '' : 's'} (s)`,
          'dim',
        ),
      ),
    ],
    view.size.columns,
    glyphs,
  );
};

const TITLES = {
  tree: 'PROCESS TREE',
  command: 'COMMANDS',
  cgroup: 'CGROUPS',
  container: 'CONTAINERS',
  parent: 'PARENTS',
} as const;

const fitFilter = (filter: string, glyphs: Glyphs): string =>
  filter.length <= 20 ? filter : fitTo(filter, 20, 'left', glyphs.ellipsis);

/** What is true of a whole column is said once, in its heading: a mark on each of its zeroes hides the numbers. */
const headingLine = ({ snapshot, order, columns, view: { ui, glyphs } }: Table): Line => {
  const grouped = ui.arrange !== 'flat' && ui.arrange !== 'tree' && ui.within === null;
  // Names and PIDs are in rising order unless reversed, values in falling order.
  const rising = (order.sort === 'pid' || order.sort === 'comm') !== ui.reversed;
  const arrow = rising ? glyphs.ascending : glyphs.descending;
  const title = (key: string, text: string): string => (order.sort === key ? arrow + text : text);
  return [
    span(
      ` ${fitTo(title('pid', grouped ? 'PIDS' : 'PID'), columns.pid, 'right')}  ${fitTo(title('comm', grouped ? ui.arrange.toUpperCase() : 'COMMAND'), columns.command, 'left')}`,
      'heading',
    ),
    ...columns.metrics.map(({ metric, title: text, width }) =>
      span(
        ` ${fitTo(title(metric.id, trustMark(trustIn(snapshot, metric, order.values), glyphs) + text), width, 'right', glyphs.ellipsis)}`,
        metric.id === order.sort ? 'accent' : 'heading',
      ),
    ),
    span(columns.spark === 0 ? '' : ` ${fitTo(`last ${columns.spark}`, columns.spark, 'right')}`, 'heading'),
  ];
};

const rowLine = (
  { snapshot, view: { ui, glyphs }, order, columns }: Table,
  { row, group, depth }: Entry,
  spark: string,
  selected: boolean,
): Line => {
  const ended = row.endedBootUs !== null;
  const branch = depth === 0 ? '' : `${'  '.repeat(Math.min(depth, MOST_DEPTH) - 1)}${glyphs.branch} `;
  const name =
    group === null
      ? commandOf(row, glyphs.charset, columns.command >= WHOLE_COMMAND && depth === 0)
      : clean(group.label, glyphs.charset);
  const who =
    `${selected ? '>' : ' '}${fitTo(String(row.pid), columns.pid, 'right')} ${ended ? glyphs.ended : ' '}` +
    (group !== null && ui.arrange === 'cgroup'
      ? fitEnd(name, columns.command, glyphs)
      : fitTo(branch + name, columns.command, 'left', glyphs.ellipsis));
  const cells = columns.metrics.map(({ metric, width }) => {
    const text = cellText(snapshot, row, metric, { values: order.values, glyphs, beneathHeading: true });
    const quiet = ended || text === glyphs.zero || text === glyphs.notCovered;
    return span(
      ` ${fitTo(text, width, 'right', glyphs.ellipsis)}`,
      quiet ? 'dim' : metric.id === order.sort ? 'title' : 'plain',
    );
  });
  if (selected) return [span(who + cells.map(({ text }) => text).join('') + spark, 'selected')];
  return [span(who, ended ? 'dim' : 'plain'), ...cells, span(spark, ended ? 'dim' : 'spark')];
};

type CellOptions = {
  readonly values: 'rate' | 'total';
  readonly glyphs: Glyphs;
  /** The heading above it says how far its column can be trusted: it is marked only where it is less or otherwise. */
  readonly beneathHeading?: boolean;
};

/** A value as far as it can be trusted: exact, at least, or not covered. Zero is a dot, so that numbers stand out. */
export const cellText = (
  snapshot: WatchedSnapshot,
  row: Row,
  metric: MetricDescriptor,
  { values, glyphs, beneathHeading = false }: CellOptions,
): string => {
  const coverage = trustIn(snapshot, metric, values);
  const reading = row.metrics[metric.id];
  if (coverage === 'not-covered') return glyphs.notCovered;
  if (reading === undefined && (metric.id in row.uncovered || isLetGo(snapshot, metric)))
    return glyphs.notCovered;
  // A level that nobody read is not zero.
  if (reading === undefined && metric.kind === 'gauge') return '';
  // Of a group: some of its processes cannot be counted.
  const lacking = metric.eitherWay === true ? 'estimate' : 'lower-bound';
  const covered = coverage === 'exact' && metric.id in row.uncovered ? lacking : coverage;
  const trust = trustOf(row, covered);
  const mark = beneathHeading && trust === coverage ? '' : trustMark(trust, glyphs);
  const rate = values === 'rate' && metric.kind === 'counter';
  const value =
    reading === undefined ? 0 : rate ? rateNow(snapshot, metric.id, reading.delta) : reading.total;
  if (Number.isNaN(value)) return '';
  if (value === 0) return mark === '' ? glyphs.zero : `${mark}0`;
  return mark + (rate ? ratePerSecond(value, metric) : amount(value, metric.unit));
};

/** What nobody counts now cannot be said to be zero so far. */
const isLetGo = (snapshot: WatchedSnapshot, metric: MetricDescriptor): boolean =>
  snapshot.coverageNow[metric.id] === 'not-covered';

/** All on one scale: a process that did one thing a second must not look like the one that did a million. */
const rowSparks = (
  { snapshot, view: { glyphs }, order: { sort }, columns: { spark: width } }: Table,
  entries: readonly Entry[],
): readonly string[] => {
  const metric = snapshot.metrics.find(({ id }) => id === sort);
  if (metric === undefined || width <= 0) return [];
  const times = sampleTimes(snapshot, width);
  const series = entries.map((entry) => perSecond(pastOf(snapshot, entry, sort, width), metric, times));
  const peak = Math.max(0, ...series.map(peakOf));
  return series.map((values) => ` ${sparkline(values, glyphs, peak)}`);
};

/** The past of a group is the sum of what its processes have; of those without one nothing is known. */
const pastOf = (
  { history }: WatchedSnapshot,
  { row, group }: Entry,
  metric: string,
  width: number,
): Float64Array => {
  if (group === null) return history.row(row.id, metric, width);
  const sum = new Float64Array(width).fill(Number.NaN);
  for (const { id, metrics } of group.members) {
    if (metrics[metric] === undefined) continue;
    const own = history.row(id, metric, width);
    for (let index = 0; index < width; index += 1) {
      const value = own[index] ?? Number.NaN;
      if (!Number.isNaN(value))
        sum[index] = (Number.isNaN(sum[index] ?? Number.NaN) ? 0 : (sum[index] ?? 0)) + value;
    }
  }
  return sum;
};

const emptyText = (snapshot: WatchedSnapshot, { ui }: View): string => {
  if (ui.filter !== '' && snapshot.rows.length > 0)
    return ` No process matches "${ui.filter}". Esc shows all.`;
  if (snapshot.rows.length > 0) return ' No process but this tool and its tracer was active: o lists them.';
  if (!snapshot.probes.some(({ state }) => state === 'attached'))
    return ' No probe is attached: only the signals of the machine are shown.';
  const { pids } = snapshot.header.selection;
  if (pids.length > 0)
    return ` Nothing has been counted yet of PID ${pids.slice(0, 4).join(', ')}: it did none of what the probes count.`;
  return ' Nothing has been counted yet: no traced process did what the probes count.';
};

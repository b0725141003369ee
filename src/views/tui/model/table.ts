/** The processes: one line each, only those visible. */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Row, Snapshot } from '../../../core/snapshot.ts';
import {
  amount,
  clean,
  compact,
  fitEnd,
  fitTo,
  type Glyphs,
  ratePerSecond,
  trustMark,
} from '../../format.ts';
import { type Columns, layColumns } from './columns.ts';
import type { Entry } from './groups.ts';
import { commandOf } from './header.ts';
import { type Line, packSegments, segment, span } from './line.ts';
import { type Order, orderRows, windowOf } from './rows.ts';
import { peakOf, perSecond, rateNow, sampleTimes, sparkline } from './series.ts';
import type { View } from './view.ts';

/** Lines the table needs besides its rows. */
export const tableFrame = (height: number): number => (height >= 8 ? 2 : 1);

/** Rows of processes that fit. */
export const tableRows = (height: number): number => Math.max(0, height - tableFrame(height));

/** Deeper processes of a tree are no further to the right: their names would not be seen. */
const MOST_DEPTH = 8;

/** A command line needs this much room to say more than the name. */
const WHOLE_COMMAND = 26;

export const tableLines = (snapshot: Snapshot, view: View, height: number): readonly Line[] => {
  const { ui, size, glyphs } = view;
  const order = orderRows(snapshot, ui);
  const columns = layColumns(snapshot, order.sort, ui, size.columns);
  const window = windowOf(order, ui, tableRows(height));
  const lines: Line[] = [];
  if (tableFrame(height) > 1) lines.push(titleLine(snapshot, view, order, columns, window.first));
  lines.push(headingLine(order, columns, view));
  const sparks = rowSparks(snapshot, window.entries, order.sort, columns.spark, glyphs);
  window.entries.forEach((entry, index) => {
    lines.push(
      rowLine(
        snapshot,
        entry,
        columns,
        order.sort,
        view,
        sparks[index] ?? '',
        window.first + index === window.selected,
      ),
    );
  });
  if (window.entries.length === 0 && height > lines.length)
    lines.push([span(emptyText(snapshot, view), 'dim')]);
  return lines.slice(0, height);
};

const titleLine = (snapshot: Snapshot, view: View, order: Order, columns: Columns, above: number): Line => {
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
      segment(2, span(ui.values === 'rate' ? '' : 'totals since tracing began', 'accent')),
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
          columns.hidden === 0
            ? ''
            : `${columns.hidden} more column${columns.hidden === 1 ? '' : 's'} in detail (Enter)`,
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

const headingLine = (order: Order, columns: Columns, { ui, glyphs }: View): Line => {
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
        ` ${fitTo(title(metric.id, text), width, 'right', glyphs.ellipsis)}`,
        metric.id === order.sort ? 'accent' : 'heading',
      ),
    ),
    span(columns.spark === 0 ? '' : ` ${fitTo(`last ${columns.spark}`, columns.spark, 'right')}`, 'heading'),
  ];
};

const rowLine = (
  snapshot: Snapshot,
  { row, group, depth }: Entry,
  columns: Columns,
  sort: string,
  { ui, glyphs }: View,
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
    const text = cellText(snapshot, row, metric, ui.values, glyphs);
    const quiet = ended || text === glyphs.zero || text === glyphs.notCovered;
    return span(
      ` ${fitTo(text, width, 'right', glyphs.ellipsis)}`,
      quiet ? 'dim' : metric.id === sort ? 'title' : 'plain',
    );
  });
  if (selected) return [span(who + cells.map(({ text }) => text).join('') + spark, 'selected')];
  return [span(who, ended ? 'dim' : 'plain'), ...cells, span(spark, ended ? 'dim' : 'spark')];
};

/** A value as far as it can be trusted: exact, at least, or not covered. Zero is a dot, so that numbers stand out. */
export const cellText = (
  snapshot: Snapshot,
  row: Row,
  metric: MetricDescriptor,
  values: 'rate' | 'total',
  glyphs: Glyphs,
): string => {
  const coverage = snapshot.coverage[metric.id]?.coverage ?? 'exact';
  if (coverage === 'not-covered') return glyphs.notCovered;
  const reading = row.metrics[metric.id];
  if (reading === undefined && metric.id in row.uncovered) return glyphs.notCovered;
  // A level that nobody read is not zero.
  if (reading === undefined && metric.kind === 'gauge') return '';
  const mark = trustMark(coverage, glyphs);
  const rate = values === 'rate' && metric.kind === 'counter';
  const value = reading === undefined ? 0 : rate ? rateNow(snapshot, reading.delta) : reading.total;
  if (Number.isNaN(value)) return '';
  if (value === 0) return mark === '' ? glyphs.zero : `${mark}0`;
  return mark + (rate ? ratePerSecond(value, metric.unit) : amount(value, metric.unit));
};

/** All on one scale: a process that did one thing a second must not look like the one that did a million. */
const rowSparks = (
  snapshot: Snapshot,
  entries: readonly Entry[],
  sort: string,
  width: number,
  glyphs: Glyphs,
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
  { history }: Snapshot,
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

const emptyText = (snapshot: Snapshot, { ui }: View): string =>
  snapshot.rows.length > 0
    ? ` No process matches "${ui.filter}". Esc shows all.`
    : snapshot.probes.some(({ state }) => state === 'attached')
      ? ' Nothing has been counted yet: no traced process did what the probes count.'
      : ' No probe is attached: only the signals of the machine are shown.';

/**
 * The whole frame, as panes of lines: never more lines than the terminal has rows, never a line wider than it.
 *
 * Heights by size: the header has three lines where there are 16 rows and two below; what was recognised has one; lanes come with 16 rows and
 * take at most two fifths of what is left; the table has the rest. Below 20 by 5 cells nothing honest fits.
 */
import type { Row, Snapshot } from '../../../core/snapshot.ts';
import { clean, longDuration } from '../../format.ts';
import { detailLines } from './detail.ts';
import { findingLine } from './finding.ts';
import { headerLines } from './header.ts';
import { laneLines, laneMetrics } from './lanes.ts';
import { blank, cutLine, type Line, span } from './line.ts';
import { helpLines, sessionLines } from './pages.ts';
import { orderRows, windowOf } from './rows.ts';
import { positionLine, statusLine } from './status.ts';
import { tableLines, tableRows } from './table.ts';
import type { View } from './view.ts';

export type Pane = {
  readonly id: 'header' | 'finding' | 'lanes' | 'main' | 'status';
  readonly lines: readonly Line[];
};

export const SMALLEST = { columns: 20, rows: 5 } as const;

/** Heights of the panes; they add up to the terminal's rows. */
export type Layout = {
  readonly header: number;
  readonly finding: number;
  readonly lanes: number;
  readonly main: number;
  readonly status: number;
};

export const layOut = (view: View): Layout => {
  const { size, snapshot, playback, ui } = view;
  const status = playback === null ? 1 : 2;
  const tall = size.rows >= 16;
  const header = tall ? 3 : 2;
  const finding = snapshot !== null && findingLine(snapshot, view) !== null ? 1 : 0;
  const left = size.rows - status - header - finding;
  const wanted = snapshot === null || !tall || ui.page !== 'table' ? 0 : laneMetrics(snapshot).length + 1;
  const lanes = wanted < 2 ? 0 : Math.min(wanted, Math.floor(left * 0.4));
  return { header, finding, lanes, main: left - lanes, status };
};

export const composeScreen = (view: View): readonly Pane[] => {
  const { size, snapshot } = view;
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows)
    return [fill('main', tooSmall(view), size.rows, view)];
  if (snapshot === null) return waitingScreen(view);
  const layout = layOut(view);
  return [
    fill('header', headerLines(snapshot, view, layout.header), layout.header, view),
    fill('finding', [findingLine(snapshot, view) ?? blank], layout.finding, view),
    fill('lanes', laneLines(snapshot, view, layout.lanes), layout.lanes, view),
    fill('main', mainLines(snapshot, view, layout.main), layout.main, view),
    fill('status', statusLines(snapshot, view), layout.status, view),
  ].filter(({ lines }) => lines.length > 0);
};

/** The process the detail page is about, and which one a key would act on. */
export const selectedRow = (snapshot: Snapshot, view: View): Row | undefined => {
  if (view.ui.selectedId !== null) return snapshot.rows.find(({ id }) => id === view.ui.selectedId);
  const order = orderRows(snapshot, view.ui);
  return order.rows[windowOf(order, view.ui, tableRows(layOut(view).main)).selected];
};

/** Every line of a page that scrolls; null for the table, which has its own window. */
export const pageLines = (snapshot: Snapshot, view: View): readonly Line[] | null => {
  switch (view.ui.page) {
    case 'table':
      return null;
    case 'detail':
      return detailLines(snapshot, selectedRow(snapshot, view), view);
    case 'help':
      return helpLines(view);
    case 'session':
      return sessionLines(snapshot, view);
  }
};

const mainLines = (snapshot: Snapshot, view: View, height: number): readonly Line[] => {
  const lines = pageLines(snapshot, view);
  if (lines === null) return tableLines(snapshot, view, height);
  const top = Math.max(0, Math.min(view.ui.scroll, lines.length - (height - 1)));
  const below = lines.length - top - (height - 1);
  const more = below > 0 ? `${below} more lines below` : top > 0 ? 'the end' : '';
  return [pageTitle(view, more), ...lines.slice(top, top + height - 1)];
};

const PAGE_TITLES = { table: '', detail: 'PROCESS', help: 'HELP', session: 'SESSION' } as const;

const pageTitle = ({ ui, size, glyphs }: View, more: string): Line => {
  const title = PAGE_TITLES[ui.page];
  const rule = Math.max(0, size.columns - title.length - more.length - 2);
  return [span(title, 'heading'), span(` ${glyphs.rule.repeat(rule)} `, 'dim'), span(more, 'dim')];
};

const statusLines = (snapshot: Snapshot, view: View): readonly Line[] =>
  view.playback === null
    ? [statusLine(snapshot, view)]
    : [positionLine(snapshot, view.playback, view), statusLine(snapshot, view)];

/** Before the first sample: what is happening, so that silence is never mistaken for a hang. */
const waitingScreen = (view: View): readonly Pane[] => {
  const { size, glyphs, status, title, waitedMs } = view;
  const said = status === '' ? 'waiting for the first sample' : status;
  const body: Line[] =
    view.ui.page === 'help'
      ? [...helpLines(view)].slice(view.ui.scroll)
      : [
          [span('stallscope', 'title'), span(`  ${clean(title, glyphs.charset)}`, 'dim')],
          blank,
          [span(clean(said, glyphs.charset)), span(`  ${longDuration(waitedMs / 1000)}`, 'accent')],
        ];
  return [fill('main', body, size.rows - 1, view), fill('status', [statusLine(null, view)], 1, view)];
};

const tooSmall = ({ size }: View): readonly Line[] => [
  [span(`${size.columns}x${size.rows} is too small`, 'warn')],
  [span(`needs ${SMALLEST.columns}x${SMALLEST.rows}`)],
];

const fill = (id: Pane['id'], lines: readonly Line[], height: number, { size, glyphs }: View): Pane => ({
  id,
  lines: Array.from({ length: height }, (_, index) => cutLine(lines[index] ?? blank, size.columns, glyphs)),
});

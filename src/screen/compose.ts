/**
 * The whole frame, as panes of lines: never more lines than the terminal has rows, never a line wider than it.
 *
 * From the top: which moment this is; what is wrong; under what pressure the machine is; the signals over time; the
 * processes; and at the bottom how far all of it can be trusted, what tracing costs, and which keys help. Where rows are
 * few, the pressure goes first, then the signals (below 16 rows), then all of the finding but its name and suspect.
 * Below 20 by 5 cells nothing honest fits.
 */
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { findingLines, mostFindingLines } from './finding/finding.ts';
import { accountLines } from './finding/finding-page.ts';
import { NO_FINDINGS } from './finding/findings-page.ts';
import { blank, cutLine, type Line, span } from './format/line.ts';
import { longDuration } from './format/numbers.ts';
import { clean } from './format/text.ts';
import { stateLine, trustLine } from './header.ts';
import { groupLimitLines } from './pages/cgroup-lines.ts';
import { detailLines } from './pages/detail.ts';
import { listLines, listTop } from './pages/list.ts';
import { listOf } from './pages/lists.ts';
import { helpLines, sessionLines } from './pages/pages.ts';
import { pressureLine } from './pressure.ts';
import { laneLines, lanesWanted } from './signals/lanes.ts';
import { positionLine, statusLine } from './status.ts';
import { orderRows } from './table/rows.ts';
import { selectedRow } from './table/selected.ts';
import { tableFrame, tableLines } from './table/table.ts';
import type { View } from './view.ts';

export type Pane = {
  readonly id: 'header' | 'finding' | 'pressure' | 'lanes' | 'main' | 'status';
  readonly lines: readonly Line[];
};

export const SMALLEST = { columns: 20, rows: 5 } as const;

/** Heights of the panes; they add up to the terminal's rows. */
export type Layout = {
  readonly header: number;
  readonly finding: number;
  readonly pressure: number;
  readonly lanes: number;
  readonly main: number;
  readonly status: number;
};

/** Of what is left for signals and processes, the signals get so much at most; more when they are looked at. */
const LANES_SHARE = 0.45;
const LANES_SHARE_FOCUSED = 0.65;

export const layOut = (view: View): Layout => arrange(view).layout;

/** The finding is composed to know how many lines it takes, and that is what is shown. */
const arrange = (
  view: View,
): { readonly layout: Layout; readonly findings: readonly Line[]; readonly limits: readonly Line[] } => {
  const { size, snapshot, playback, ui } = view;
  const tall = size.rows >= 16;
  const status = 1 + (tall && snapshot !== null ? 1 : 0) + (hasPosition(view) ? 1 : 0);
  const header = 1;
  // Inside a control group its limits and what it waits for stand beneath those of the machine.
  const limits = snapshot === null || !tall || ui.page !== 'table' ? [] : groupLimitLines(snapshot, view);
  const pressure = size.rows >= 12 ? 1 + limits.length : 0;
  // Other pages want the room.
  const most =
    snapshot === null ? 0 : ui.page === 'table' || size.rows >= 40 ? mostFindingLines(snapshot, view) : 1;
  const room = Math.max(0, size.rows - status - header - pressure - (playback === null ? 3 : 2));
  // The page of a finding says all of it.
  const findings =
    snapshot === null || ui.page === 'finding' ? [] : findingLines(snapshot, view, Math.min(most, room));
  const finding = findings.length;
  const left = size.rows - status - header - pressure - finding;
  const lanesOf = snapshot === null || !tall || ui.page !== 'table' ? 0 : lanesWanted(snapshot, view);
  const share = ui.focus === 'signals' ? LANES_SHARE_FOCUSED : LANES_SHARE;
  // Rows that the processes do not need are better used by signals; in steps, so that not every process moves them.
  const spare = snapshot === null ? 0 : left - tableNeeds(snapshot, view);
  const lanes = lanesOf < 2 ? 0 : Math.min(lanesOf, Math.max(Math.floor(left * share), spare));
  return { layout: { header, finding, pressure, lanes, main: left - lanes, status }, findings, limits };
};

const TABLE_STEP = 4;
const TABLE_LEAST = 8;

const tableNeeds = (snapshot: WatchedSnapshot, { ui }: View): number => {
  const lines = orderRows(snapshot, ui).entries.length + tableFrame(Number.POSITIVE_INFINITY) + 1;
  return Math.max(TABLE_LEAST, Math.ceil(lines / TABLE_STEP) * TABLE_STEP);
};

/** Live, the position is worth a line only while it is not the end. */
const hasPosition = ({ playback }: View): boolean => playback !== null && playback.following !== true;

export const composeScreen = (view: View): readonly Pane[] => {
  const { size, snapshot } = view;
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows)
    return [fill('main', tooSmall(view), size.rows, view)];
  if (snapshot === null) return waitingScreen(view);
  const { layout, findings, limits } = arrange(view);
  return [
    fill('header', [stateLine(snapshot, view)], layout.header, view),
    fill('finding', findings, layout.finding, view),
    fill('pressure', [pressureLine(snapshot, view), ...limits], layout.pressure, view),
    fill('lanes', laneLines(snapshot, view, layout.lanes), layout.lanes, view),
    fill('main', mainLines(snapshot, view, layout.main), layout.main, view),
    fill('status', statusLines(snapshot, view, layout.status), layout.status, view),
  ].filter(({ lines }) => lines.length > 0);
};

/** Every line of a page that scrolls; null for the table and for lists, which have windows of their own. */
export const pageLines = (snapshot: WatchedSnapshot, view: View): readonly Line[] | null => {
  switch (view.ui.page) {
    case 'table':
    case 'columns':
    case 'findings':
      return null;
    case 'detail':
      return detailLines(snapshot, selectedRow(snapshot, view), view);
    case 'finding':
      return accountLines(snapshot, view);
    case 'help':
      return helpLines(view);
    case 'session':
      return sessionLines(snapshot, view);
  }
};

const mainLines = (snapshot: WatchedSnapshot, view: View, height: number): readonly Line[] => {
  const lines = pageLines(snapshot, view);
  const entries = listOf(snapshot, view);
  if (entries !== null) {
    const top = listTop(entries, view.ui, height - 1);
    const lines = entries.length === 0 ? [NO_FINDINGS] : listLines(entries, view, height - 1);
    return [pageTitle(view, moreText(entries.length, top, height)), ...lines];
  }
  if (lines === null) return tableLines(snapshot, view, height);
  const top = Math.max(0, Math.min(view.ui.scroll, lines.length - (height - 1)));
  return [pageTitle(view, moreText(lines.length, top, height)), ...lines.slice(top, top + height - 1)];
};

const moreText = (lines: number, top: number, height: number): string => {
  const below = lines - top - (height - 1);
  return below > 0 ? `${below} more lines below` : top > 0 ? 'the end' : '';
};

const PAGE_TITLES = {
  table: '',
  detail: 'PROCESS',
  finding: 'FINDING',
  help: 'HELP',
  session: 'SESSION',
  columns: 'COLUMNS',
  findings: 'FINDINGS',
} as const;

const pageTitle = ({ ui, size, glyphs }: View, more: string): Line => {
  const title = PAGE_TITLES[ui.page];
  const rule = Math.max(0, size.columns - title.length - more.length - 2);
  return [span(title, 'heading'), span(` ${glyphs.rule.repeat(rule)} `, 'dim'), span(more, 'dim')];
};

const statusLines = (snapshot: WatchedSnapshot, view: View, height: number): readonly Line[] => [
  ...(view.playback !== null && hasPosition(view) ? [positionLine(snapshot, view.playback, view)] : []),
  ...(height > (hasPosition(view) ? 2 : 1) ? [trustLine(snapshot, view)] : []),
  statusLine(snapshot, view),
];

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

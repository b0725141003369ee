/**
 * Every column the table can have, to sort by, and to be shown always or never: what counts nothing now is listed too,
 * so that it is found before it counts.
 */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { type Line, span } from '../format/line.ts';
import { rateSuffix } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import type { ColumnChoices, UiState } from '../state.ts';
import { columnMetrics } from '../table/columns.ts';
import { orderRows } from '../table/rows.ts';
import type { View } from '../view.ts';
import type { ListEntry } from './list.ts';

/** The order that the table finds for itself. */
const BY_ITSELF = 'by itself';

const CHOICE_CELLS = 10;
const NAME_CELLS = 18;

export const columnEntries = (snapshot: WatchedSnapshot, { ui, glyphs }: View): readonly ListEntry[] => {
  const { sort } = orderRows(snapshot, ui);
  const sign = ui.reversed ? glyphs.ascending : glyphs.descending;
  const line = (id: string, choice: string, name: string, help: string): ListEntry => ({
    id,
    line: [
      span(`${(ui.sort === null ? id === BY_ITSELF : id === sort) ? sign : ' '} `, 'accent'),
      span(`${fitTo(choice, CHOICE_CELLS)} `, choice === 'automatic' ? 'dim' : 'accent'),
      span(`${fitTo(clean(name, glyphs.charset), NAME_CELLS, 'left', glyphs.ellipsis)} `, 'title'),
      span(clean(help, glyphs.charset), 'dim'),
    ] satisfies Line,
  });
  return [
    line(BY_ITSELF, '', 'order by itself', 'by what a finding rests on, or where most time goes'),
    line('pid', '', 'PID', ''),
    line('comm', '', 'COMMAND', ''),
    ...columnMetrics(snapshot, ui.hidden).map((metric) =>
      line(metric.id, ui.columns[metric.id] ?? 'automatic', titleOf(metric, ui), metric.help),
    ),
  ];
};

const titleOf = ({ label, kind, unit }: MetricDescriptor, { values }: UiState): string =>
  label + (values === 'rate' ? rateSuffix(kind, unit) : '');

/** Where the cursor is when the list is opened. */
export const columnOpened = (snapshot: WatchedSnapshot, ui: UiState): string =>
  ui.sort === null ? BY_ITSELF : orderRows(snapshot, ui).sort;

/** Chosen again it is the other way round. */
export const sortChosen = (snapshot: WatchedSnapshot, ui: UiState, id: string): Partial<UiState> => {
  const sort = id === BY_ITSELF ? null : id;
  const again = sort !== null && sort === orderRows(snapshot, ui).sort;
  return { sort, reversed: again && !ui.reversed, page: 'table', scroll: 0 };
};

/** Automatic, always, never, and round again; what is no column stays as it is. */
export const nextChoice = (snapshot: WatchedSnapshot, ui: UiState, id: string): ColumnChoices => {
  if (!columnMetrics(snapshot).some((metric) => metric.id === id)) return ui.columns;
  const { [id]: now, ...others } = ui.columns;
  if (now === 'never') return others;
  return { ...others, [id]: now === undefined ? 'always' : 'never' };
};

/**
 * What the mouse points at means: a row or a line of a list is selected, and opened when it was already; the head of a
 * column sorts; a signal is looked at when it was there; the finding is shown in full; a key named in the last line is
 * pressed; the wheel moves what it is over. As actions, for whoever carries out keys.
 */
import { layOut } from './compose.ts';
import { accountShown } from './finding/accounts.ts';
import { lineCells } from './format/line.ts';
import { type Action, actionOf, contextsOf, keyLabel } from './keys/keys.ts';
import { chosenIndex, listTop } from './pages/list.ts';
import { listOf } from './pages/lists.ts';
import { laneWidths } from './signals/lane-widths.ts';
import { axisOf } from './signals/timeline.ts';
import { statusLine } from './status.ts';
import { columnAt } from './table/column-at.ts';
import { tableFrame, tableOf } from './table/table.ts';
import type { View } from './view.ts';

/** Cells from the upper left corner; `wheel` is 0 for a button. */
export type Pointing = { readonly x: number; readonly y: number; readonly wheel: -1 | 0 | 1 };

/** Lines that one notch of the wheel moves. */
const NOTCH = 3;

export const actionsAt = (view: View, pointing: Pointing): readonly Action[] => {
  const { snapshot, ui, size } = view;
  if (ui.input !== null) return [];
  const pane = paneAt(view, pointing.y);
  if (pointing.wheel !== 0) return turned(view, pane.id, pointing.wheel);
  if (pane.id === 'status') return pointing.y === size.rows - 1 ? hintAt(view, pointing.x) : [];
  if (snapshot === null) return [];
  switch (pane.id) {
    case 'finding':
      return accountShown(snapshot, view) === null ? [] : [{ type: 'open', page: 'finding' }];
    case 'lanes':
      return momentAt(view, pointing.x);
    case 'main':
      return ui.page === 'table' ? tableAt(view, pointing.x, pane.line) : listAt(view, pane.line);
    default:
      return [];
  }
};

type PaneId = 'header' | 'finding' | 'pressure' | 'lanes' | 'main' | 'status';
const PANES: readonly PaneId[] = ['header', 'finding', 'pressure', 'lanes', 'main', 'status'];

const paneAt = (view: View, y: number): { readonly id: PaneId; readonly line: number } => {
  const layout = layOut(view);
  let top = 0;
  for (const id of PANES) {
    if (y < top + layout[id]) return { id, line: y - top };
    top += layout[id];
  }
  return { id: 'status', line: 0 };
};

const turned = ({ ui }: View, pane: PaneId, direction: -1 | 1): readonly Action[] => {
  const move: Action = { type: 'move', by: 'line', direction };
  if (ui.page !== 'table') return Array.from({ length: NOTCH }, () => move);
  return pane === 'lanes'
    ? [{ ...move, within: 'signals' }]
    : Array.from({ length: NOTCH }, () => ({ ...move, within: 'table' }));
};

const tableAt = (view: View, x: number, line: number): readonly Action[] => {
  const { snapshot, ui } = view;
  if (snapshot === null) return [];
  const height = layOut(view).main;
  const { order, window, columns } = tableOf(snapshot, view, height);
  const frame = tableFrame(height);
  if (line === frame - 1) {
    const sort = columnAt(columns, x);
    if (sort === null) return [];
    return [sort === order.sort ? { type: 'reverse' } : { type: 'sort-by', sort }];
  }
  const offset = line - frame;
  const entry = window.entries[offset];
  if (offset < 0 || entry === undefined) return [];
  if (ui.selectedId !== null && window.first + offset === window.selected)
    return [{ type: 'open', page: 'detail' }];
  return [{ type: 'select', id: entry.id, offset }];
};

const listAt = (view: View, line: number): readonly Action[] => {
  const entries = view.snapshot === null ? null : listOf(view.snapshot, view);
  if (entries === null) return [];
  const index = listTop(entries, view.ui, layOut(view).main - 1) + line - 1;
  const entry = entries[index];
  if (line < 1 || entry === undefined) return [];
  return [
    index === chosenIndex(entries, view.ui)
      ? { type: 'choose' }
      : { type: 'select', id: entry.id, offset: 0 },
  ];
};

const momentAt = (view: View, x: number): readonly Action[] => {
  const { snapshot } = view;
  if (snapshot === null || view.playback === null) return [];
  const { label, value, cells } = laneWidths(view);
  const cell = x - (label + value + 1);
  if (cell < 0 || cell >= cells) return [];
  const axis = axisOf(snapshot, view, cells);
  return [{ type: 'cell', cells: cell - axis.cursor }];
};

/** A key of the last line, named with what it does. */
const hintAt = (view: View, x: number): readonly Action[] => {
  const line = statusLine(view.snapshot, view);
  const at = line.findIndex(
    (_, index) => x < lineCells(line.slice(0, index + 1)) && x >= lineCells(line.slice(0, index)),
  );
  const named = [line[at], line[at - 1]].find((one) => one?.tone === 'accent')?.text;
  const contexts = contextsOf(view.ui);
  const key = view.keys
    .filter(({ where, hint }) => hint !== undefined && contexts.includes(where))
    .map(({ keys }) => keys[0])
    .find((one) => one !== undefined && keyLabel(one) === named);
  const action = key === undefined ? null : actionOf(key, view.ui, view.keys);
  return action === null ? [] : [action];
};

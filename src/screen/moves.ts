import { layOut, pageLines } from './compose.ts';
import type { Outcome } from './effect.ts';
import type { Action } from './keys/keys.ts';
import { moveInList } from './pages/list.ts';
import { listOf } from './pages/lists.ts';
import { helpLines } from './pages/pages.ts';
import { laneWidths } from './signals/lane-widths.ts';
import { laneMetrics } from './signals/lanes.ts';
import { axisOf } from './signals/timeline.ts';
import type { UiState } from './state.ts';
import { orderRows, windowOf } from './table/rows.ts';
import { tableRows } from './table/table.ts';
import type { View } from './view.ts';

type Move = Extract<Action, { type: 'move' }>;

export const moveSelection = (view: View, { by, direction }: Move): Partial<UiState> => {
  const { snapshot, ui } = view;
  if (snapshot === null) return {};
  const order = orderRows(snapshot, ui);
  const height = tableRows(layOut(view).main);
  const { first, selected } = windowOf(order, ui, height);
  if (selected === -1) return {};
  if (by === 'end' && direction === -1) return { selectedId: null, selectedOffset: 0 };
  const last = order.entries.length - 1;
  const distance = by === 'line' ? 1 : by === 'page' ? Math.max(1, height - 1) : last;
  const target = Math.min(last, Math.max(0, selected + direction * distance));
  const entry = order.entries[target];
  if (entry === undefined) return {};
  const offset = Math.min(height - 1, Math.max(0, target - first));
  return { selectedId: entry.id, selectedOffset: offset };
};

const moveScroll = (view: View, { by, direction }: Move): Partial<UiState> => {
  const { snapshot, ui } = view;
  const height = layOut(view).main - 1;
  const lines = (snapshot === null ? helpLines(view) : pageLines(snapshot, view))?.length ?? 0;
  const end = Math.max(0, lines - height);
  const distance = by === 'line' ? 1 : by === 'page' ? Math.max(1, height - 1) : end;
  return { scroll: Math.min(end, Math.max(0, Math.min(ui.scroll, end) + direction * distance)) };
};

export const moveInPage = (view: View, move: Move): Partial<UiState> => {
  const entries = view.snapshot === null ? null : listOf(view.snapshot, view);
  return entries === null
    ? moveScroll(view, move)
    : moveInList(entries, view.ui, move, layOut(view).main - 1);
};

export const moveLanes = (view: View, { direction }: Move): Partial<UiState> => {
  const { snapshot, ui } = view;
  if (snapshot === null) return {};
  const most = Math.max(0, laneMetrics(snapshot, view).length - 1);
  return { laneTop: Math.min(most, Math.max(0, ui.laneTop + direction)) };
};

/** By what is seen: one cell of the signals. To the end of all is to go with it. */
export const moveCursor = (view: View, cells: number): Outcome => {
  const { snapshot, ui } = view;
  if (snapshot === null) return { ui, effect: null };
  const axis = axisOf(snapshot, view, laneWidths(view).cells);
  const target = Math.max(axis.fromUs, snapshot.bootUs + cells * axis.cellUs);
  if (target >= axis.source.bootUs) return { ui, effect: { type: 'latest' } };
  return { ui, effect: { type: 'seek', bootUs: target } };
};

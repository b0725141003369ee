/** What an action does to the screen's state, and what it asks of the outside. Pure. */
import { clean } from '../../format.ts';
import { parseMoment } from '../../moment.ts';
import { sortKeys } from './columns.ts';
import { layOut, pageLines, selectedRow } from './compose.ts';
import type { Action } from './keys.ts';
import { helpLines } from './pages.ts';
import { orderRows, windowOf } from './rows.ts';
import type { UiState } from './state.ts';
import { tableRows } from './table.ts';
import type { View } from './view.ts';

export type Effect =
  | { readonly type: 'quit' | 'interrupt' | 'suspend' | 'redraw' | 'play' }
  | { readonly type: 'step'; readonly samples: number }
  | { readonly type: 'speed'; readonly speed: number }
  | { readonly type: 'seek'; readonly bootUs: number };

export type Outcome = { readonly ui: UiState; readonly effect: Effect | null };

/** Longer than any name worth typing, shorter than a paste by mistake. */
const LONGEST_INPUT = 200;

const SLOWEST = 1 / 16;
const FASTEST = 1024;

export const reduce = (view: View, action: Action): Outcome => {
  const { ui, playback } = view;
  const only = (changes: Partial<UiState>): Outcome => ({ ui: { ...ui, ...changes }, effect: null });
  const ask = (effect: Effect): Outcome => ({ ui, effect });
  switch (action.type) {
    case 'quit':
    case 'interrupt':
    case 'suspend':
    case 'redraw':
    case 'play':
      return ask({ type: action.type });
    case 'step':
      return ask({ type: 'step', samples: action.samples });
    case 'speed':
      return ask({ type: 'speed', speed: nextSpeed(playback?.speed ?? 1, action.factor) });
    case 'move':
      return only(ui.page === 'table' ? moveSelection(view, action) : moveScroll(view, action));
    case 'sort':
      return only(nextSort(view, action.step));
    case 'reverse':
      return only({ reversed: !ui.reversed });
    case 'values':
      return only({ values: ui.values === 'rate' ? 'total' : 'rate' });
    case 'clear-filter':
      return only({ filter: '' });
    case 'freeze':
      return only({ frozen: !ui.frozen });
    case 'open':
      return only(openPage(view, action.page));
    case 'back':
      return only({ page: 'table', scroll: 0 });
    case 'input':
      return only({
        input: { kind: action.kind, text: action.kind === 'filter' ? ui.filter : '', problem: null },
      });
    case 'accept':
      return acceptInput(view);
    case 'cancel':
      return only({ input: null });
    case 'type':
      return only(retype(ui, (text) => text + action.text));
    case 'erase':
      return only(retype(ui, (text) => [...text].slice(0, -1).join('')));
    case 'erase-all':
      return only(retype(ui, () => ''));
  }
};

const nextSpeed = (speed: number, factor: number): number => {
  const from = Number.isFinite(speed) ? speed : FASTEST;
  return Math.min(FASTEST, Math.max(SLOWEST, from * factor));
};

type Move = Extract<Action, { type: 'move' }>;

const moveSelection = (view: View, { by, direction }: Move): Partial<UiState> => {
  const { snapshot, ui } = view;
  if (snapshot === null) return {};
  const order = orderRows(snapshot, ui);
  const height = tableRows(layOut(view).main);
  const { first, selected } = windowOf(order, ui, height);
  if (selected === -1) return {};
  if (by === 'end' && direction === -1) return { selectedId: null, selectedOffset: 0 };
  const last = order.rows.length - 1;
  const distance = by === 'line' ? 1 : by === 'page' ? Math.max(1, height - 1) : last;
  const target = Math.min(last, Math.max(0, selected + direction * distance));
  const row = order.rows[target];
  if (row === undefined) return {};
  const offset = Math.min(height - 1, Math.max(0, target - first));
  return { selectedId: row.id, selectedOffset: offset };
};

const moveScroll = (view: View, { by, direction }: Move): Partial<UiState> => {
  const { snapshot, ui } = view;
  const height = layOut(view).main - 1;
  const lines = (snapshot === null ? helpLines(view) : pageLines(snapshot, view))?.length ?? 0;
  const end = Math.max(0, lines - height);
  const distance = by === 'line' ? 1 : by === 'page' ? Math.max(1, height - 1) : end;
  return { scroll: Math.min(end, Math.max(0, Math.min(ui.scroll, end) + direction * distance)) };
};

const nextSort = ({ snapshot, ui }: View, step: -1 | 1): Partial<UiState> => {
  if (snapshot === null) return {};
  const keys = sortKeys(snapshot);
  const at = keys.indexOf(orderRows(snapshot, ui).sort);
  return { sort: keys[(at + step + keys.length) % keys.length] ?? null, reversed: false };
};

const openPage = (view: View, page: 'detail' | 'help' | 'session'): Partial<UiState> => {
  if (page !== 'detail') return { page: view.ui.page === page ? 'table' : page, scroll: 0 };
  const row = view.snapshot === null ? undefined : selectedRow(view.snapshot, view);
  // The page is about this process from now on, whoever comes first.
  return row === undefined ? {} : { page, scroll: 0, selectedId: row.id };
};

const retype = ({ input }: UiState, edit: (text: string) => string): Partial<UiState> =>
  input === null
    ? {}
    : { input: { ...input, text: clean(edit(input.text)).slice(0, LONGEST_INPUT), problem: null } };

const acceptInput = ({ ui, snapshot, playback }: View): Outcome => {
  const { input } = ui;
  const closed = { ...ui, input: null };
  if (input === null) return { ui, effect: null };
  if (input.kind === 'filter') return { ui: { ...closed, filter: input.text.trim() }, effect: null };
  if (input.text.trim() === '' || playback === null || snapshot === null) return { ui: closed, effect: null };
  const moment = parseMoment(input.text, {
    startUs: playback.startUs,
    endUs: playback.endUs,
    clock: snapshot.header.clock,
  });
  if ('problem' in moment)
    return { ui: { ...ui, input: { ...input, problem: moment.problem } }, effect: null };
  return { ui: closed, effect: { type: 'seek', bootUs: moment.bootUs } };
};

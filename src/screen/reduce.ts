/** What an action does to the screen's state, and what it asks of the outside. Pure. */

import type { WatchedSnapshot } from '../insight/recognised.ts';
import { layOut, pageLines } from './compose.ts';
import { accountShown, accountsOf } from './finding/accounts.ts';
import { parseMoment } from './format/moment.ts';
import { clean } from './format/text.ts';
import type { Action } from './keys/keys.ts';
import { columnOpened, nextChoice, sortChosen } from './pages/columns-page.ts';
import { chosenIndex, moveInList } from './pages/list.ts';
import { listOf } from './pages/lists.ts';
import { helpLines } from './pages/pages.ts';
import { laneWidths } from './signals/lane-widths.ts';
import { laneMetrics } from './signals/lanes.ts';
import { axisOf, ZOOMS } from './signals/timeline.ts';
import type { Arrange, ColumnChoices, Grouping, Page, UiState } from './state.ts';
import { columnMetrics, sortKeys } from './table/columns.ts';
import { parseFilter } from './table/filter.ts';
import { keyOf } from './table/groups.ts';
import { orderRows, windowOf } from './table/rows.ts';
import { selectedEntry, selectedRow } from './table/selected.ts';
import { tableRows } from './table/table.ts';
import type { View } from './view.ts';

export type Effect =
  | {
      readonly type:
        | 'quit'
        | 'interrupt'
        | 'suspend'
        | 'redraw'
        | 'play'
        | 'hold'
        | 'latest'
        | 'record'
        | 'export';
    }
  | { readonly type: 'step'; readonly samples: number }
  | { readonly type: 'speed'; readonly speed: number }
  | { readonly type: 'seek'; readonly bootUs: number; readonly toLook?: true }
  | { readonly type: 'mark'; readonly text: string }
  | { readonly type: 'remember'; readonly columns: ColumnChoices };

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
    case 'hold':
    case 'latest':
    case 'record':
    case 'export':
      return ask({ type: action.type });
    case 'step':
      return ask({ type: 'step', samples: action.samples });
    case 'cell':
      return moveCursor(view, action.cells);
    case 'speed':
      return ask({ type: 'speed', speed: nextSpeed(playback?.speed ?? 1, action.factor) });
    case 'move':
      if (ui.page !== 'table') return only(moveInPage(view, action));
      return only(ui.focus === 'table' ? moveSelection(view, action) : moveLanes(view, action));
    case 'zoom':
      return only({ zoom: inTurn(ZOOMS, ui.zoom, action.step, false) });
    case 'focus':
      return only({ page: 'table', focus: ui.focus === 'table' ? 'signals' : 'table', scroll: 0 });
    case 'arrange':
      return only({
        arrange: inTurn(ARRANGEMENTS, ui.arrange, action.step, true),
        within: null,
        selectedId: null,
        selectedOffset: 0,
      });
    case 'probe':
      return only(toggleProbe(view, action.number));
    case 'show-finding':
      return showFinding(view);
    case 'extents':
      return only(ui.page === 'detail' ? { extentsOf: ui.selectedId } : {});
    case 'choose':
      return choose(view);
    case 'choice-next':
      return withColumns(view, (id, snapshot) => nextChoice(snapshot, ui, id));
    case 'choices-clear':
      return withColumns(view, () => ({}));
    case 'sort':
      return only(nextSort(view, action.step));
    case 'reverse':
      return only({ reversed: !ui.reversed });
    case 'values':
      return only({ values: ui.values === 'rate' ? 'total' : 'rate' });
    case 'own':
      return only({ own: !ui.own });
    case 'ended':
      return only({ ended: !ui.ended });
    case 'clear':
      return only(clear(ui));
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

const ARRANGEMENTS: readonly Arrange[] = ['flat', 'tree', 'command', 'cgroup', 'container', 'parent'];

/** The next one; round and round, or staying at the ends. */
const inTurn = <Value>(values: readonly Value[], now: Value, step: -1 | 1, around: boolean): Value => {
  const at = values.indexOf(now) + step;
  const within = around ? (at + values.length) % values.length : Math.min(values.length - 1, Math.max(0, at));
  return values[within] ?? now;
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

const moveInPage = (view: View, move: Move): Partial<UiState> => {
  const entries = view.snapshot === null ? null : listOf(view.snapshot, view);
  return entries === null
    ? moveScroll(view, move)
    : moveInList(entries, view.ui, move, layOut(view).main - 1);
};

/** What the cursor of the list that is open is on. */
const chosenOf = (view: View): string | null => {
  const entries = view.snapshot === null ? null : listOf(view.snapshot, view);
  return entries?.[chosenIndex(entries, view.ui)]?.id ?? null;
};

const choose = (view: View): Outcome => {
  const { snapshot, ui } = view;
  const id = chosenOf(view);
  if (snapshot === null || id === null) return { ui, effect: null };
  return { ui: { ...ui, ...sortChosen(snapshot, ui, id) }, effect: null };
};

const withColumns = (
  view: View,
  change: (id: string, snapshot: WatchedSnapshot) => ColumnChoices,
): Outcome => {
  const { snapshot, ui } = view;
  const id = chosenOf(view);
  if (snapshot === null || id === null) return { ui, effect: null };
  const columns = change(id, snapshot);
  return { ui: { ...ui, columns, chosen: id }, effect: { type: 'remember', columns } };
};

const moveLanes = (view: View, { direction }: Move): Partial<UiState> => {
  const { snapshot, ui } = view;
  if (snapshot === null) return {};
  const most = Math.max(0, laneMetrics(snapshot, view).length - 1);
  return { laneTop: Math.min(most, Math.max(0, ui.laneTop + direction)) };
};

/** By what is seen: one cell of the signals. To the end of all is to go with it. */
const moveCursor = (view: View, cells: number): Outcome => {
  const { snapshot, ui } = view;
  if (snapshot === null) return { ui, effect: null };
  const axis = axisOf(snapshot, view, laneWidths(view).cells);
  const target = Math.max(axis.fromUs, snapshot.bootUs + cells * axis.cellUs);
  if (target >= axis.source.bootUs) return { ui, effect: { type: 'latest' } };
  return { ui, effect: { type: 'seek', bootUs: target } };
};

/**
 * To the moment, the process and the signals that a finding rests on: the cursor to its beginning, the process
 * selected and the table in the order of its first number. What is shown already gives way to the next finding.
 */
const showFinding = (view: View): Outcome => {
  const { snapshot, ui } = view;
  if (snapshot === null) return { ui, effect: null };
  const accounts = accountsOf(snapshot, view);
  const shown = accountShown(snapshot, view);
  const at = accounts.findIndex(({ key }) => key === shown?.key);
  const target = ui.account === null ? shown : accounts[(at + 1) % Math.max(1, accounts.length)];
  if (target === null || target === undefined) return { ui, effect: null };
  const columns = columnMetrics(snapshot).map(({ id }) => id);
  const sort = target.metrics.find((metric) => columns.includes(metric));
  return {
    ui: {
      ...ui,
      account: target.key,
      page: 'table',
      scroll: 0,
      laneTop: 0,
      arrange: 'flat',
      within: null,
      filter: '',
      hidden: [],
      reversed: false,
      ...(target.rowId === null ? {} : { selectedId: target.rowId, selectedOffset: 0 }),
      ...(sort === undefined ? {} : { sort }),
    },
    effect: view.playback === null ? null : lookAt(view, target.momentUs),
  };
};

/** A replay that plays would be past the moment before it was seen. */
const lookAt = ({ ui, playback }: View, bootUs: number): Effect =>
  ui.mode === 'replay' && playback?.playing === true
    ? { type: 'seek', bootUs, toLook: true }
    : { type: 'seek', bootUs };

const toggleProbe = ({ snapshot, ui }: View, number: number): Partial<UiState> => {
  const probe = snapshot?.probes[number]?.id;
  if (probe === undefined) return {};
  const hidden = ui.hidden.includes(probe) ? ui.hidden.filter((id) => id !== probe) : [...ui.hidden, probe];
  return { hidden };
};

const clear = ({ within, filter }: UiState): Partial<UiState> => {
  // Out of the innermost first.
  if (filter !== '') return { filter: '' };
  if (within === null) return {};
  return { within: null, selectedId: `${within.arrange} ${within.key}`, selectedOffset: 0 };
};

const nextSort = ({ snapshot, ui }: View, step: -1 | 1): Partial<UiState> => {
  if (snapshot === null) return {};
  const keys = sortKeys(snapshot, ui.hidden);
  const at = keys.indexOf(orderRows(snapshot, ui).sort);
  return { sort: keys[(at + step + keys.length) % keys.length] ?? null, reversed: false };
};

const openPage = (view: View, page: Exclude<Page, 'table'>): Partial<UiState> => {
  const { snapshot, ui } = view;
  if (page === 'columns' && ui.page !== page)
    return snapshot === null ? {} : { page, scroll: 0, chosen: columnOpened(snapshot, ui) };
  if (page !== 'detail') return { page: ui.page === page ? 'table' : page, scroll: 0 };
  if (snapshot === null) return {};
  const entry = selectedEntry(snapshot, view);
  if (entry !== undefined && entry.group !== null) {
    const [member] = entry.group.members;
    const arrange = ui.arrange as Grouping;
    if (member === undefined) return {};
    return {
      within: { arrange, key: keyOf[arrange](member), label: entry.group.label },
      selectedId: null,
      selectedOffset: 0,
    };
  }
  const row = selectedRow(snapshot, view);
  // The page is about this process from now on, whoever comes first.
  return row === undefined ? {} : { page, scroll: 0, selectedId: row.id };
};

const retype = ({ input }: UiState, edit: (text: string) => string): Partial<UiState> =>
  input === null
    ? {}
    : { input: { ...input, text: clean(edit(input.text)).slice(0, LONGEST_INPUT), problem: null } };

const acceptInput = (view: View): Outcome => {
  const { ui, snapshot, playback } = view;
  const { input } = ui;
  const closed = { ...ui, input: null };
  const refused = (problem: string): Outcome => ({
    ui: { ...ui, input: input === null ? null : { ...input, problem } },
    effect: null,
  });
  if (input === null) return { ui, effect: null };
  const text = input.text.trim();
  if (input.kind === 'filter') {
    const problem = snapshot === null ? null : parseFilter(text, snapshot, ui.values).problem;
    return problem === null ? { ui: { ...closed, filter: text }, effect: null } : refused(problem);
  }
  if (text === '' || snapshot === null) return { ui: closed, effect: null };
  if (input.kind === 'mark') return { ui: closed, effect: { type: 'mark', text } };
  if (playback === null) return { ui: closed, effect: null };
  const moment = parseMoment(text, {
    startUs: playback.startUs,
    endUs: playback.endUs,
    clock: snapshot.header.clock,
  });
  if ('problem' in moment) return refused(moment.problem);
  return { ui: closed, effect: { type: 'seek', bootUs: moment.bootUs } };
};

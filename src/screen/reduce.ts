/** What an action does to the screen's state, and what it asks of the outside. Pure. */

import { BASELINE_MARK } from '../insight/params.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Effect, Outcome } from './effect.ts';
import { type Account, accountShown, accountsOf } from './finding/accounts.ts';
import { copiedText } from './finding/copied.ts';
import { parseMoment } from './format/moment.ts';
import { duration } from './format/numbers.ts';
import { clean } from './format/text.ts';
import { type Chosen, type QuestionName, questionFor, questionOf } from './keys/choices.ts';
import type { Action } from './keys/keys.ts';
import { moveCursor, moveInPage, moveLanes, moveSelection } from './moves.ts';
import { PACES } from './pace.ts';
import { nextChoice, sortChosen } from './pages/columns-page.ts';
import { chosenIndex } from './pages/list.ts';
import { listOf, openedAt } from './pages/lists.ts';
import { ZOOMS } from './signals/timeline.ts';
import type { Arrange, ColumnChoices, Grouping, Page, UiState } from './state.ts';
import { columnMetrics, sortKeys } from './table/columns.ts';
import { parseFilter } from './table/filter.ts';
import { keyOf } from './table/groups.ts';
import { orderRows } from './table/rows.ts';
import { selectedEntry, selectedRow } from './table/selected.ts';
import type { View } from './view.ts';

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
    case 'hosts':
    case 'play':
    case 'hold':
    case 'latest':
      return ask({ type: action.type });
    case 'record':
      return askWhich(view, 'record', { type: 'record', from: 'now' });
    case 'export':
      return askWhich(view, 'export', { type: 'export', as: 'text' });
    case 'step':
      return ask({ type: 'step', samples: action.samples });
    case 'cell':
      return moveCursor(view, action.cells);
    case 'speed':
      return ask({ type: 'speed', speed: nextSpeed(playback?.speed ?? 1, action.factor) });
    case 'move':
      if (ui.page !== 'table') return only(moveInPage(view, action));
      return only(
        (action.within ?? ui.focus) === 'table' ? moveSelection(view, action) : moveLanes(view, action),
      );
    case 'select':
      return only(
        ui.page === 'table'
          ? { selectedId: action.id, selectedOffset: action.offset, focus: 'table' }
          : { chosen: action.id },
      );
    case 'sort-by':
      return only({ sort: action.sort, reversed: false });
    case 'mouse':
      return { ui: { ...ui, mouse: !ui.mouse }, effect: { type: 'mouse', on: !ui.mouse } };
    case 'zoom':
      return only({ zoom: inTurn(ZOOMS, ui.zoom, action.step, false) });
    case 'pace':
      return changePace(view, action.step);
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
    case 'baseline':
      return freezeOrLearn(view);
    case 'extents':
      return only(ui.page === 'detail' ? { extentsOf: ui.selectedId } : {});
    case 'threads':
      return only(
        ui.page === 'detail' ? { threadsOf: ui.threadsOf === ui.selectedId ? null : ui.selectedId } : {},
      );
    case 'copy':
      return copy(view, action.what);
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
      return isQuestion(ui) ? answer(view, null) : acceptInput(view);
    case 'cancel':
      return only({ input: null });
    case 'type':
      return isQuestion(ui) ? answer(view, action.text) : only(retype(ui, (text) => text + action.text));
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

/** A mark of the stream, so that its recording has it too; a recording that was made is judged as it was. */
const freezeOrLearn = ({ ui, snapshot }: View): Outcome => {
  if (snapshot === null) return { ui, effect: null };
  if (ui.mode !== 'live')
    return { ui, effect: { type: 'say', text: 'a recording is replayed with --freeze-after TIME for that' } };
  const isFrozen = snapshot.insight.frozenUs !== null;
  return {
    ui,
    effect: { type: 'mark', text: isFrozen ? BASELINE_MARK.learning : BASELINE_MARK.frozen },
  };
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
  if (ui.page === 'columns') return { ui: { ...ui, ...sortChosen(snapshot, ui, id) }, effect: null };
  return goTo(view, snapshot, accountsOf(snapshot, view).find(({ key }) => key === id) ?? null);
};

const copy = (view: View, what: 'finding' | 'command'): Outcome => {
  const { snapshot, ui } = view;
  const text = snapshot === null ? null : copiedText(snapshot, view, what);
  return { ui, effect: { type: 'copy', what, text } };
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
  return goTo(view, snapshot, target ?? null);
};

const goTo = (view: View, snapshot: WatchedSnapshot, target: Account | null): Outcome => {
  const { ui } = view;
  if (target === null) return { ui, effect: null };
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

/** What is read more seldom than wished cannot be shown more often. */
const changePace = ({ ui, snapshot }: View, step: -1 | 1): Outcome => {
  const pace = inTurn(PACES, ui.pace, step, false);
  const interval = duration((snapshot?.header.intervalMs ?? 0) * 1000);
  const text =
    pace !== ui.pace
      ? `numbers of ${pace === 1 ? 'each sample' : `${pace} samples`}: what is counted and recorded stays every ${interval}`
      : step === -1
        ? `everything is read every ${interval}: start with -i for less`
        : 'longer is not shown: -i reads more seldom, z shows signals over a longer time';
  return { ui: { ...ui, pace }, effect: { type: 'say', text } };
};

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
  if ((page === 'columns' || page === 'findings') && ui.page !== page)
    return snapshot === null ? {} : { page, scroll: 0, chosen: openedAt(snapshot, view, page) };
  // In full is the one under the cursor.
  if (page === 'finding' && ui.page === 'findings') return { page, scroll: 0, account: chosenOf(view) };
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

/** A question is a line of input too: keys mean nothing else until it is answered or dropped. */
const askWhich = (view: View, name: QuestionName, only: Chosen): Outcome =>
  questionFor(name, view) === null
    ? { ui: view.ui, effect: only }
    : { ui: { ...view.ui, input: { kind: name, text: '', problem: null } }, effect: null };

const isQuestion = ({ input }: UiState): boolean => input !== null && questionOf(input.kind) !== null;

/** null: the first of them. A key that is no answer changes nothing. */
const answer = ({ ui }: View, key: string | null): Outcome => {
  const choices = questionOf(ui.input?.kind ?? '')?.choices ?? [];
  const chosen = key === null ? choices[0] : choices.find((choice) => choice.key === key);
  return chosen === undefined ? { ui, effect: null } : { ui: { ...ui, input: null }, effect: chosen.effect };
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

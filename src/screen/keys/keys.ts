/**
 * The key table. The help page, the hints of the status bar and the manual derive from it; a key means what
 * this table says and nothing else.
 *
 * `where` is the context a binding belongs to. While a line of text is typed only `input` counts; otherwise the pane
 * (`table` or `signals`, `list` for what is chosen from, or `page` for everything that scrolls), then the mode, then
 * `anywhere`. Users give other keys
 * to a binding by its `id` (cli/config.ts).
 */
import type { UiState } from '../state.ts';
import type { Action, KeyBinding, KeyContext } from './binding.ts';
import { HOSTS_KEYS } from './hosts-keys.ts';
import { LIST_KEYS } from './list-keys.ts';

export type { Action, KeyBinding, KeyContext } from './binding.ts';

export const KEYS: readonly KeyBinding[] = [
  {
    id: 'quit',
    keys: ['q', 'f10'],
    where: 'anywhere',
    help: 'quit',
    hint: { text: 'quit', rank: 1 },
    action: { type: 'quit' },
  },
  {
    id: 'interrupt',
    keys: ['ctrl-c'],
    where: 'anywhere',
    help: 'stop tracing and quit',
    action: { type: 'interrupt' },
  },
  {
    id: 'help',
    keys: ['?', 'f1'],
    where: 'anywhere',
    help: 'this help',
    hint: { text: 'help', rank: 2 },
    action: { type: 'open', page: 'help' },
  },
  {
    id: 'show-finding',
    keys: ['f'],
    where: 'anywhere',
    help: 'go to the evidence of the top finding: the moment, the process, its signals; again for the next one',
    hint: { text: 'show finding', rank: 3 },
    action: { type: 'show-finding' },
  },
  {
    id: 'finding',
    keys: ['F'],
    where: 'anywhere',
    help: 'the finding in full: evidence, victims, fixes and their risks, correlated signals',
    hint: { text: 'details', rank: 9 },
    action: { type: 'open', page: 'finding' },
  },
  {
    id: 'findings',
    keys: ['a'],
    where: 'anywhere',
    help: 'all findings: which go on or are over, since when, who',
    hint: { text: 'all findings', rank: 9 },
    action: { type: 'open', page: 'findings' },
  },
  {
    id: 'copy-finding',
    keys: ['y'],
    where: 'anywhere',
    help: 'copy the finding as text to the clipboard of the terminal (OSC 52); it is printed, too, when the screen ends',
    hint: { text: 'copy', rank: 10 },
    action: { type: 'copy', what: 'finding' },
  },
  {
    id: 'copy-command',
    keys: ['Y'],
    where: 'anywhere',
    help: 'copy the command that helps, in the same way',
    action: { type: 'copy', what: 'command' },
  },
  {
    id: 'session',
    keys: ['i'],
    where: 'anywhere',
    help: 'probes, coverage, losses and gaps of this session',
    hint: { text: 'session', rank: 12 },
    action: { type: 'open', page: 'session' },
  },
  {
    id: 'values',
    keys: ['c'],
    where: 'anywhere',
    help: 'values per second, or totals since tracing began',
    hint: { text: 'totals', rank: 13 },
    action: { type: 'values' },
  },
  {
    id: 'step-back',
    keys: ['left', 'h', 'T'],
    where: 'anywhere',
    help: 'one sample back in time; live tracing keeps collecting',
    hint: { text: 'back', rank: 8 },
    action: { type: 'step', samples: -1 },
  },
  {
    id: 'step-forward',
    keys: ['right', 'l', 't'],
    where: 'anywhere',
    help: 'one sample forward',
    action: { type: 'step', samples: 1 },
  },
  {
    id: 'leap-back',
    keys: ['shift-left', '['],
    where: 'anywhere',
    help: 'ten samples back',
    action: { type: 'step', samples: -10 },
  },
  {
    id: 'leap-forward',
    keys: ['shift-right', ']'],
    where: 'anywhere',
    help: 'ten samples forward',
    action: { type: 'step', samples: 10 },
  },
  {
    id: 'jump',
    keys: [':', 'J'],
    where: 'anywhere',
    help: 'jump to a time: 14:02, 14:02:30, 3m ago, +90s',
    hint: { text: 'jump', rank: 10 },
    action: { type: 'input', kind: 'jump' },
  },
  {
    id: 'latest',
    keys: ['L'],
    where: 'anywhere',
    help: 'to the end of time: live, to what happens now',
    action: { type: 'latest' },
  },
  {
    id: 'zoom-out',
    keys: ['z'],
    where: 'anywhere',
    help: 'signals over a longer time: 1 m, 5 m, 1 h, all',
    hint: { text: 'zoom', rank: 11 },
    action: { type: 'zoom', step: 1 },
  },
  {
    id: 'zoom-in',
    keys: ['Z'],
    where: 'anywhere',
    help: 'signals over a shorter time',
    action: { type: 'zoom', step: -1 },
  },
  {
    id: 'mark',
    keys: ['m'],
    where: 'anywhere',
    help: 'mark this moment with a text',
    action: { type: 'input', kind: 'mark' },
  },
  {
    id: 'baseline',
    keys: ['b'],
    where: 'anywhere',
    help: 'live: freeze what is usual, so that what lasts does not become it; again: go on learning it',
    action: { type: 'baseline' },
  },
  {
    id: 'record',
    keys: ['r'],
    where: 'anywhere',
    help: 'record to a file, also what is held in memory; or stop',
    action: { type: 'record' },
  },
  {
    id: 'export',
    keys: ['e'],
    where: 'anywhere',
    help: 'write this view to a file: text, SVG or HTML',
    action: { type: 'export' },
  },
  {
    id: 'probe',
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'],
    where: 'anywhere',
    help: 'show or hide what the first to tenth probe counts; it keeps counting',
    action: { type: 'probe', number: 0 },
  },
  {
    id: 'focus',
    keys: ['tab'],
    where: 'anywhere',
    help: 'from the processes to the signals and back',
    action: { type: 'focus' },
  },
  {
    id: 'hosts',
    keys: ['U'],
    where: 'anywhere',
    help: 'of several hosts: back to the screen of all of them',
    hint: { text: 'all hosts', rank: 2 },
    action: { type: 'hosts' },
  },
  {
    id: 'mouse',
    keys: ['M'],
    where: 'anywhere',
    help: 'let the terminal have the mouse, to select text with it, or take it back; with Shift it selects at all times',
    action: { type: 'mouse' },
  },
  {
    id: 'redraw',
    keys: ['ctrl-l'],
    where: 'anywhere',
    help: 'paint the whole screen again',
    action: { type: 'redraw' },
  },
  {
    id: 'suspend',
    keys: ['ctrl-z'],
    where: 'anywhere',
    help: 'suspend; fg brings it back',
    action: { type: 'suspend' },
  },

  {
    id: 'up',
    keys: ['up', 'k'],
    where: 'table',
    help: 'select the line above',
    action: { type: 'move', by: 'line', direction: -1 },
  },
  {
    id: 'down',
    keys: ['down', 'j'],
    where: 'table',
    help: 'select the line below',
    action: { type: 'move', by: 'line', direction: 1 },
  },
  {
    id: 'page-up',
    keys: ['pageup'],
    where: 'table',
    help: 'one screen up',
    action: { type: 'move', by: 'page', direction: -1 },
  },
  {
    id: 'page-down',
    keys: ['pagedown'],
    where: 'table',
    help: 'one screen down',
    action: { type: 'move', by: 'page', direction: 1 },
  },
  {
    id: 'first',
    keys: ['home', 'g'],
    where: 'table',
    help: 'to the first, and follow whichever is first',
    action: { type: 'move', by: 'end', direction: -1 },
  },
  {
    id: 'last',
    keys: ['end', 'G'],
    where: 'table',
    help: 'to the last',
    action: { type: 'move', by: 'end', direction: 1 },
  },
  {
    id: 'detail',
    keys: ['enter'],
    where: 'table',
    help: 'everything about the selected process, or the processes of a group',
    hint: { text: 'detail', rank: 6 },
    action: { type: 'open', page: 'detail' },
  },
  {
    id: 'filter',
    keys: ['/', 'f4'],
    where: 'table',
    help: 'show only what contains a text, or is above a threshold: java iomap.iter>1e6',
    hint: { text: 'filter', rank: 5 },
    action: { type: 'input', kind: 'filter' },
  },
  {
    id: 'clear',
    keys: ['esc', 'backspace'],
    where: 'table',
    help: 'out of the group, without the filter',
    action: { type: 'clear' },
  },
  {
    id: 'sort-menu',
    keys: ['s', 'f6'],
    where: 'anywhere',
    help: 'every column: sort by one, show it always or never',
    hint: { text: 'sort', rank: 7 },
    action: { type: 'open', page: 'columns' },
  },
  {
    id: 'sort-next',
    keys: ['>', '.'],
    where: 'table',
    help: 'sort by the next column',
    action: { type: 'sort', step: 1 },
  },
  {
    id: 'sort-previous',
    keys: ['<', ','],
    where: 'table',
    help: 'sort by the previous column',
    action: { type: 'sort', step: -1 },
  },
  {
    id: 'reverse',
    keys: ['R'],
    where: 'table',
    help: 'reverse the order',
    action: { type: 'reverse' },
  },
  {
    id: 'own',
    keys: ['o'],
    where: 'table',
    help: 'show or hide this tool and its tracer',
    action: { type: 'own' },
  },
  {
    id: 'ended',
    keys: ['E'],
    where: 'table',
    help: 'show or hide processes that have ended; their counts stay',
    action: { type: 'ended' },
  },
  {
    id: 'arrange-next',
    keys: ['v'],
    where: 'table',
    help: 'processes, as a tree, by command, by cgroup, by container, by parent',
    hint: { text: 'group', rank: 14 },
    action: { type: 'arrange', step: 1 },
  },
  {
    id: 'arrange-previous',
    keys: ['V'],
    where: 'table',
    help: 'the same, backwards',
    action: { type: 'arrange', step: -1 },
  },

  {
    id: 'cell-back',
    keys: ['left', 'h'],
    where: 'signals',
    help: 'one cell of the signals back in time',
    action: { type: 'cell', cells: -1 },
  },
  {
    id: 'cell-forward',
    keys: ['right', 'l'],
    where: 'signals',
    help: 'one cell forward',
    action: { type: 'cell', cells: 1 },
  },
  {
    id: 'lanes-up',
    keys: ['up', 'k'],
    where: 'signals',
    help: 'signals above',
    action: { type: 'move', by: 'line', direction: -1 },
  },
  {
    id: 'lanes-down',
    keys: ['down', 'j'],
    where: 'signals',
    help: 'signals below',
    action: { type: 'move', by: 'line', direction: 1 },
  },
  {
    id: 'lanes-page-up',
    keys: ['pageup'],
    where: 'signals',
    help: 'ten cells back',
    action: { type: 'cell', cells: -10 },
  },
  {
    id: 'lanes-page-down',
    keys: ['pagedown'],
    where: 'signals',
    help: 'ten cells forward',
    action: { type: 'cell', cells: 10 },
  },
  {
    id: 'lanes-first',
    keys: ['home', 'g'],
    where: 'signals',
    help: 'to the beginning of the signals shown',
    action: { type: 'cell', cells: -10000 },
  },
  {
    id: 'lanes-last',
    keys: ['end', 'G'],
    where: 'signals',
    help: 'to the end of time',
    action: { type: 'latest' },
  },
  {
    id: 'leave-signals',
    keys: ['esc', 'backspace', 'enter'],
    where: 'signals',
    help: 'back to the processes',
    hint: { text: 'processes', rank: 4 },
    action: { type: 'focus' },
  },

  {
    id: 'scroll-up',
    keys: ['up', 'k'],
    where: 'page',
    help: 'scroll up',
    action: { type: 'move', by: 'line', direction: -1 },
  },
  {
    id: 'scroll-down',
    keys: ['down', 'j'],
    where: 'page',
    help: 'scroll down',
    action: { type: 'move', by: 'line', direction: 1 },
  },
  {
    id: 'scroll-page-up',
    keys: ['pageup'],
    where: 'page',
    help: 'one screen up',
    action: { type: 'move', by: 'page', direction: -1 },
  },
  {
    id: 'scroll-page-down',
    keys: ['pagedown'],
    where: 'page',
    help: 'one screen down',
    action: { type: 'move', by: 'page', direction: 1 },
  },
  {
    id: 'scroll-first',
    keys: ['home', 'g'],
    where: 'page',
    help: 'to the top',
    action: { type: 'move', by: 'end', direction: -1 },
  },
  {
    id: 'scroll-last',
    keys: ['end', 'G'],
    where: 'page',
    help: 'to the bottom',
    action: { type: 'move', by: 'end', direction: 1 },
  },
  {
    id: 'extents',
    keys: ['x'],
    where: 'page',
    help: 'of a running process: count the extents of its largest open files',
    action: { type: 'extents' },
  },
  {
    id: 'threads',
    keys: ['H'],
    where: 'page',
    help: 'of a running process: list its threads, those that are stuck first, or hide them',
    action: { type: 'threads' },
  },
  {
    id: 'back',
    keys: ['esc', 'backspace', 'enter'],
    where: 'page',
    help: 'back to the table',
    hint: { text: 'back', rank: 4 },
    action: { type: 'back' },
  },

  ...LIST_KEYS,
  ...HOSTS_KEYS,

  {
    id: 'hold',
    keys: ['space'],
    where: 'live',
    help: 'pause the view, or follow again; collecting goes on',
    hint: { text: 'hold', rank: 4 },
    action: { type: 'hold' },
  },
  {
    id: 'longer',
    keys: ['+', '='],
    where: 'live',
    help: 'numbers of a longer time: 2, 5, 10, 30, 60 samples; counting, recording and findings stay as they are',
    action: { type: 'pace', step: 1 },
  },
  {
    id: 'shorter',
    keys: ['-'],
    where: 'live',
    help: 'numbers of a shorter time; what is read every second cannot be shown more often',
    action: { type: 'pace', step: -1 },
  },
  {
    id: 'play',
    keys: ['space'],
    where: 'replay',
    help: 'play or pause',
    hint: { text: 'play', rank: 4 },
    action: { type: 'play' },
  },
  {
    id: 'faster',
    keys: ['+', '='],
    where: 'replay',
    help: 'play twice as fast',
    hint: { text: 'faster', rank: 15 },
    action: { type: 'speed', factor: 2 },
  },
  {
    id: 'slower',
    keys: ['-'],
    where: 'replay',
    help: 'play half as fast',
    hint: { text: 'slower', rank: 16 },
    action: { type: 'speed', factor: 0.5 },
  },

  {
    id: 'accept',
    keys: ['enter'],
    where: 'input',
    help: 'accept the text',
    action: { type: 'accept' },
  },
  {
    id: 'cancel',
    keys: ['esc'],
    where: 'input',
    help: 'discard the text',
    action: { type: 'cancel' },
  },
  {
    id: 'erase',
    keys: ['backspace'],
    where: 'input',
    help: 'delete the last character',
    action: { type: 'erase' },
  },
  {
    id: 'erase-all',
    keys: ['ctrl-u'],
    where: 'input',
    help: 'delete all of it',
    action: { type: 'erase-all' },
  },
  {
    id: 'input-interrupt',
    keys: ['ctrl-c'],
    where: 'input',
    help: 'stop and quit',
    action: { type: 'interrupt' },
  },
];

type Place = Pick<UiState, 'input' | 'page' | 'mode' | 'focus'>;

/** The contexts that count now, the nearest first. */
export const contextsOf = (ui: Place): readonly KeyContext[] =>
  ui.input !== null ? ['input'] : [...paneContexts(ui), ui.mode, 'anywhere'];

const paneContexts = ({ page, focus }: Place): readonly KeyContext[] => {
  if (page === 'table') return [focus];
  return page === 'columns' || page === 'findings' ? [page, 'list'] : ['page'];
};

/** What a key does now; text that is no key is typed into the open line. */
export const actionOf = (key: string, ui: Place, bindings: readonly KeyBinding[] = KEYS): Action | null => {
  for (const context of contextsOf(ui)) {
    const binding = bindings.find(({ where, keys }) => where === context && keys.includes(key));
    if (binding === undefined) continue;
    const { action } = binding;
    return action.type === 'probe' ? { ...action, number: binding.keys.indexOf(key) } : action;
  }
  if (ui.input === null) return null;
  if (key === 'space') return { type: 'type', text: ' ' };
  return [...key].length === 1 ? { type: 'type', text: key } : null;
};

/** How a key is written for people. */
export const keyLabel = (key: string): string =>
  LABELS[key] ?? (key.startsWith('ctrl-') ? `Ctrl-${key.slice(5).toUpperCase()}` : key);

const LABELS: Readonly<Record<string, string>> = {
  up: 'Up',
  down: 'Down',
  left: 'Left',
  right: 'Right',
  'shift-left': 'Shift-Left',
  'shift-right': 'Shift-Right',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  enter: 'Enter',
  esc: 'Esc',
  backspace: 'Backspace',
  space: 'Space',
  tab: 'Tab',
  'ctrl-c': 'Ctrl-C',
  'ctrl-l': 'Ctrl-L',
  'ctrl-u': 'Ctrl-U',
  'ctrl-z': 'Ctrl-Z',
  ...Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`f${index + 1}`, `F${index + 1}`])),
};

/** Keys that are no character; with Ctrl and a letter as `ctrl-x`. */
export const NAMED_KEYS: readonly string[] = [
  ...Object.keys(LABELS),
  ...[...'abdefghijknopqrstvwxy'].map((letter) => `ctrl-${letter}`),
];

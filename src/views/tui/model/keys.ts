/**
 * The key table. The help page, the hints of the status bar and later the manual derive from it; a key means what
 * this table says and nothing else.
 *
 * `where` is the context a binding belongs to. While a line of text is typed only `input` counts; otherwise the
 * page (`table`, or `page` for everything that scrolls), then the mode, then `anywhere`.
 */
import type { UiState } from './state.ts';

export type KeyContext = 'anywhere' | 'table' | 'page' | 'live' | 'replay' | 'input';

export type Action =
  | { readonly type: 'quit' | 'interrupt' | 'suspend' | 'redraw' }
  | { readonly type: 'move'; readonly by: 'line' | 'page' | 'end'; readonly direction: -1 | 1 }
  | { readonly type: 'sort'; readonly step: -1 | 1 }
  | { readonly type: 'reverse' | 'values' | 'clear-filter' | 'back' | 'freeze' | 'play' }
  | { readonly type: 'open'; readonly page: 'detail' | 'help' | 'session' }
  | { readonly type: 'input'; readonly kind: 'filter' | 'jump' }
  | { readonly type: 'step'; readonly samples: number }
  | { readonly type: 'speed'; readonly factor: number }
  | { readonly type: 'accept' | 'cancel' | 'erase' | 'erase-all' }
  | { readonly type: 'type'; readonly text: string };

export type KeyBinding = {
  readonly id: string;
  /** As `keyNames` spells them. */
  readonly keys: readonly string[];
  readonly where: KeyContext;
  readonly help: string;
  /** Named in the status bar; the lowest rank is kept longest. */
  readonly hint?: { readonly text: string; readonly rank: number } | undefined;
  readonly action: Action;
};

export const KEYS: readonly KeyBinding[] = [
  {
    id: 'quit',
    keys: ['q'],
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
    keys: ['?'],
    where: 'anywhere',
    help: 'this help',
    hint: { text: 'help', rank: 2 },
    action: { type: 'open', page: 'help' },
  },
  {
    id: 'session',
    keys: ['i'],
    where: 'anywhere',
    help: 'probes, coverage, losses and gaps of this session',
    hint: { text: 'session', rank: 8 },
    action: { type: 'open', page: 'session' },
  },
  {
    id: 'values',
    keys: ['c'],
    where: 'anywhere',
    help: 'values per second, or totals since tracing began',
    hint: { text: 'totals', rank: 9 },
    action: { type: 'values' },
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
    help: 'select the process above',
    action: { type: 'move', by: 'line', direction: -1 },
  },
  {
    id: 'down',
    keys: ['down', 'j'],
    where: 'table',
    help: 'select the process below',
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
    help: 'to the first, and stay with whoever is first',
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
    help: 'everything about the selected process',
    hint: { text: 'detail', rank: 6 },
    action: { type: 'open', page: 'detail' },
  },
  {
    id: 'filter',
    keys: ['/'],
    where: 'table',
    help: 'show only PIDs, names or command lines that contain a text',
    hint: { text: 'filter', rank: 4 },
    action: { type: 'input', kind: 'filter' },
  },
  {
    id: 'clear-filter',
    keys: ['esc'],
    where: 'table',
    help: 'show all processes again',
    action: { type: 'clear-filter' },
  },
  {
    id: 'sort-next',
    keys: ['s'],
    where: 'table',
    help: 'sort by the next column',
    hint: { text: 'sort', rank: 5 },
    action: { type: 'sort', step: 1 },
  },
  {
    id: 'sort-previous',
    keys: ['S'],
    where: 'table',
    help: 'sort by the previous column',
    action: { type: 'sort', step: -1 },
  },
  { id: 'reverse', keys: ['R'], where: 'table', help: 'reverse the order', action: { type: 'reverse' } },

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
    id: 'back',
    keys: ['esc', 'backspace', 'enter'],
    where: 'page',
    help: 'back to the table',
    hint: { text: 'back', rank: 3 },
    action: { type: 'back' },
  },

  {
    id: 'freeze',
    keys: ['space'],
    where: 'live',
    help: 'hold the view still; collecting goes on',
    hint: { text: 'hold', rank: 7 },
    action: { type: 'freeze' },
  },

  {
    id: 'play',
    keys: ['space'],
    where: 'replay',
    help: 'play or pause',
    hint: { text: 'play', rank: 3 },
    action: { type: 'play' },
  },
  {
    id: 'step-back',
    keys: ['left', 'h', 'T'],
    where: 'replay',
    help: 'one sample back',
    action: { type: 'step', samples: -1 },
  },
  {
    id: 'step-forward',
    keys: ['right', 'l', 't'],
    where: 'replay',
    help: 'one sample forward',
    hint: { text: 'step', rank: 7 },
    action: { type: 'step', samples: 1 },
  },
  {
    id: 'leap-back',
    keys: ['shift-left', '['],
    where: 'replay',
    help: 'ten samples back',
    action: { type: 'step', samples: -10 },
  },
  {
    id: 'leap-forward',
    keys: ['shift-right', ']'],
    where: 'replay',
    help: 'ten samples forward',
    action: { type: 'step', samples: 10 },
  },
  {
    id: 'jump',
    keys: [':'],
    where: 'replay',
    help: 'jump to a time: 14:02, 14:02:30, 3m ago, +90s',
    hint: { text: 'jump', rank: 4 },
    action: { type: 'input', kind: 'jump' },
  },
  {
    id: 'faster',
    keys: ['+', '='],
    where: 'replay',
    help: 'play twice as fast',
    hint: { text: 'faster', rank: 10 },
    action: { type: 'speed', factor: 2 },
  },
  {
    id: 'slower',
    keys: ['-'],
    where: 'replay',
    help: 'play half as fast',
    hint: { text: 'slower', rank: 11 },
    action: { type: 'speed', factor: 0.5 },
  },

  { id: 'accept', keys: ['enter'], where: 'input', help: 'use the text', action: { type: 'accept' } },
  { id: 'cancel', keys: ['esc'], where: 'input', help: 'forget the text', action: { type: 'cancel' } },
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

/** The contexts that count now, the nearest first. */
export const contextsOf = (ui: Pick<UiState, 'input' | 'page' | 'mode'>): readonly KeyContext[] =>
  ui.input !== null ? ['input'] : [ui.page === 'table' ? 'table' : 'page', ui.mode, 'anywhere'];

/** What a key does now; text that is no key is typed into the open line. */
export const actionOf = (key: string, ui: Pick<UiState, 'input' | 'page' | 'mode'>): Action | null => {
  for (const context of contextsOf(ui)) {
    const binding = KEYS.find(({ where, keys }) => where === context && keys.includes(key));
    if (binding !== undefined) return binding.action;
  }
  if (ui.input === null) return null;
  if (key === 'space') return { type: 'type', text: ' ' };
  return [...key].length === 1 ? { type: 'type', text: key } : null;
};

/** How a key is written for people. */
export const keyLabel = (key: string): string => LABELS[key] ?? key;

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
  'ctrl-c': 'Ctrl-C',
  'ctrl-l': 'Ctrl-L',
  'ctrl-u': 'Ctrl-U',
  'ctrl-z': 'Ctrl-Z',
};

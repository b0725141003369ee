/** The keys of pages that list what can be chosen. */
import type { KeyBinding } from './binding.ts';

export const LIST_KEYS: readonly KeyBinding[] = [
  {
    id: 'list-up',
    keys: ['up', 'k'],
    where: 'list',
    help: 'the line above',
    action: { type: 'move', by: 'line', direction: -1 },
  },
  {
    id: 'list-down',
    keys: ['down', 'j'],
    where: 'list',
    help: 'the line below',
    action: { type: 'move', by: 'line', direction: 1 },
  },
  {
    id: 'list-page-up',
    keys: ['pageup'],
    where: 'list',
    help: 'one screen up',
    action: { type: 'move', by: 'page', direction: -1 },
  },
  {
    id: 'list-page-down',
    keys: ['pagedown'],
    where: 'list',
    help: 'one screen down',
    action: { type: 'move', by: 'page', direction: 1 },
  },
  {
    id: 'list-first',
    keys: ['home', 'g'],
    where: 'list',
    help: 'to the first',
    action: { type: 'move', by: 'end', direction: -1 },
  },
  {
    id: 'list-last',
    keys: ['end', 'G'],
    where: 'list',
    help: 'to the last',
    action: { type: 'move', by: 'end', direction: 1 },
  },
  {
    id: 'list-leave',
    keys: ['esc', 'backspace'],
    where: 'list',
    help: 'back to the table',
    hint: { text: 'back', rank: 4 },
    action: { type: 'back' },
  },

  {
    id: 'column-sort',
    keys: ['enter'],
    where: 'columns',
    help: 'sort by this column; again: in the other direction',
    hint: { text: 'sort', rank: 3 },
    action: { type: 'choose' },
  },
  {
    id: 'column-choice',
    keys: ['space'],
    where: 'columns',
    help: 'show this column always, never, or when it counts something and there is room; remembered',
    hint: { text: 'always/never', rank: 5 },
    action: { type: 'choice-next' },
  },
  {
    id: 'column-choices-clear',
    keys: ['d'],
    where: 'columns',
    help: 'all columns automatic again',
    hint: { text: 'defaults', rank: 8 },
    action: { type: 'choices-clear' },
  },

  {
    id: 'finding-go',
    keys: ['enter'],
    where: 'findings',
    help: 'go to its evidence: the moment, the process, its signals',
    hint: { text: 'show', rank: 3 },
    action: { type: 'choose' },
  },
];

/** The keys of the screen that lists several hosts. Of those that count anywhere it has the ones of `OF_HOSTS`. */
import type { Action, KeyBinding } from './binding.ts';

export const HOSTS_KEYS: readonly KeyBinding[] = [
  {
    id: 'hosts-up',
    keys: ['up', 'k'],
    where: 'hosts',
    help: 'the host above',
    action: { type: 'move', by: 'line', direction: -1 },
  },
  {
    id: 'hosts-down',
    keys: ['down', 'j'],
    where: 'hosts',
    help: 'the host below',
    action: { type: 'move', by: 'line', direction: 1 },
  },
  {
    id: 'hosts-first',
    keys: ['home', 'g'],
    where: 'hosts',
    help: 'to the first',
    action: { type: 'move', by: 'end', direction: -1 },
  },
  {
    id: 'hosts-last',
    keys: ['end', 'G'],
    where: 'hosts',
    help: 'to the last',
    action: { type: 'move', by: 'end', direction: 1 },
  },
  {
    id: 'host-enter',
    keys: ['enter'],
    where: 'hosts',
    help: 'the full screen of this host; U comes back',
    hint: { text: 'enter host', rank: 2 },
    action: { type: 'choose' },
  },
];

/** What keys that count anywhere, or in a replay, may ask of it. */
export const OF_HOSTS: ReadonlySet<Action['type']> = new Set([
  'quit',
  'interrupt',
  'suspend',
  'redraw',
  'play',
  'speed',
  'step',
  'latest',
]);

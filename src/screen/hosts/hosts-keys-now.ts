/** Which bindings count in the list of hosts, the nearest first. */
import type { Action, KeyBinding } from '../keys/binding.ts';
import { OF_HOSTS } from '../keys/hosts-keys.ts';
import type { Mode } from '../state.ts';

export const bindingsOf = (keys: readonly KeyBinding[], mode: Mode): readonly KeyBinding[] => [
  ...keys.filter(({ where }) => where === 'hosts'),
  ...keys.filter(
    ({ where, action }) =>
      (where === 'anywhere' || (where === 'replay' && mode === 'replay')) &&
      OF_HOSTS.has(action.type) &&
      (mode === 'replay' || !OF_TIME.has(action.type)),
  ),
];

/** Live, several hosts have no common past to move in. */
const OF_TIME: ReadonlySet<Action['type']> = new Set(['play', 'speed', 'step', 'latest']);

export const hostsActionOf = (key: string, keys: readonly KeyBinding[], mode: Mode): Action | null =>
  bindingsOf(keys, mode).find((binding) => binding.keys.includes(key))?.action ?? null;

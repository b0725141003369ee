/** The keys a user gave to bindings in place of ours: by the id of the binding, checked against all others. */
import { KEYS, type KeyBinding, keyLabel, NAMED_KEYS } from './keys.ts';

export type OwnKeys = Readonly<Record<string, readonly string[]>>;

/** The whole table with the user's keys in it, or in words why it cannot be. */
export const giveKeys = (own: OwnKeys): readonly KeyBinding[] | { readonly problem: string } => {
  for (const [id, keys] of Object.entries(own)) {
    if (!KEYS.some((binding) => binding.id === id)) return { problem: `there is no key binding "${id}"` };
    const strange = keys.find((key) => [...key].length !== 1 && !NAMED_KEYS.includes(key));
    if (strange !== undefined)
      return {
        problem: `"${strange}" is not a key: write one character, or ${NAMED_KEYS.slice(0, 12).join(', ')}`,
      };
  }
  const table = KEYS.map((binding) => ({ ...binding, keys: own[binding.id] ?? binding.keys }));
  const quits = table.find(({ id }) => id === 'quit')?.keys.length ?? 0;
  if (quits === 0) return { problem: 'no key would quit any more' };
  for (const binding of table) {
    for (const key of binding.keys) {
      const other = table.find(
        (one) => one.id !== binding.id && one.where === binding.where && one.keys.includes(key),
      );
      if (other !== undefined)
        return { problem: `${keyLabel(key)} would mean both "${binding.id}" and "${other.id}"` };
    }
  }
  return table;
};

import { describe, expect, it } from 'vitest';
import { actionOf, KEYS, type KeyBinding } from '../../src/screen/keys/keys.ts';
import { giveKeys } from '../../src/screen/keys/own-keys.ts';
import { helpLines } from '../../src/screen/pages/pages.ts';
import { initialUi } from '../../src/screen/state.ts';
import { buildView, textOf } from '../helpers/view.ts';

const given = (own: Parameters<typeof giveKeys>[0]): readonly KeyBinding[] => {
  const table = giveKeys(own);
  if ('problem' in table) throw new Error(table.problem);
  return table;
};

describe('keys of the user', () => {
  it('take the place of ours, in what keys do and in the help', () => {
    const keys = given({ quit: ['Q', 'ctrl-q'], hold: ['p', 'space'] });
    const ui = initialUi('live');
    expect(actionOf('Q', ui, keys)).toEqual({ type: 'quit' });
    expect(actionOf('q', ui, keys)).toBeNull();
    expect(actionOf('p', ui, keys)).toEqual({ type: 'hold' });
    expect(textOf(helpLines(buildView({ keys })))).toContain('Q Ctrl-Q');
  });

  it('may exchange two', () => {
    expect(given({ filter: ['s'], 'sort-next': ['/'] })).toHaveLength(KEYS.length);
  });

  it.each([
    [{ nothing: ['a'] }, 'there is no key binding "nothing"'],
    [{ quit: ['f13'] }, '"f13" is not a key'],
    [{ quit: ['?'] }, '? would mean both "quit" and "help"'],
    [{ quit: [] }, 'no key would quit'],
  ])('are refused with the reason: %j', (own, problem) => {
    const table = giveKeys(own);
    expect('problem' in table ? table.problem : '').toContain(problem);
  });
});

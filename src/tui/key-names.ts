/** What Ink reports of a key press, as the names of the key table. */
import type { Key } from 'ink';
import { isMouseText } from './raw-input.ts';

const SPECIAL: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  // Ink names what the Backspace key sends on most terminals so; the two cannot be distinguished.
  ['delete', 'backspace'],
  ['escape', 'esc'],
];

/** Several, because keys typed fast and pasted text arrive in one piece. */
export const keyNames = (input: string, key: Key): readonly string[] => {
  const special = SPECIAL.find(([flag]) => key[flag] === true)?.[1];
  if (special !== undefined)
    return [key.shift && (special === 'left' || special === 'right') ? `shift-${special}` : special];
  if (key.ctrl) return input === '' ? [] : [`ctrl-${input}`];
  if (key.meta || isMouseText(input)) return [];
  return [...input].map(nameOf).filter((name) => name !== '');
};

const nameOf = (character: string): string => {
  if (character === ' ') return 'space';
  if (character === '\r' || character === '\n') return 'enter';
  if (character === '\t') return 'tab';
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x7f || code === 0x08) return 'backspace';
  if (code === 0x1b) return 'esc';
  // Raw mode delivers Ctrl and a letter as 1 to 26, also within pasted text.
  if (code >= 1 && code <= 26) return `ctrl-${String.fromCharCode(code + 96)}`;
  return code < 0x20 ? '' : character;
};

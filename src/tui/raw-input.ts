/**
 * What Ink does not pass on of what the terminal sends: function keys, whose names its `useInput` swallows, and the
 * mouse, whose reports (SGR, mode 1006) it would hand on as typed text. Ink does take them apart from the bytes around
 * them; each arrives here as one sequence.
 */
import type { Pointing } from '../screen/pointer.ts';

export type RawInput =
  | { readonly type: 'key'; readonly name: string }
  | { readonly type: 'pointing'; readonly pointing: Pointing };

/** By xterm and those after it; of rxvt and PuTTY (`[11~`), and of the Linux console (`[[A`). */
const FUNCTION_KEYS: Readonly<Record<string, string>> = {
  ...series(['OP', 'OQ', 'OR', 'OS']),
  ...series(['[P', '[Q', '[R', '[S']),
  ...series(['[11~', '[12~', '[13~', '[14~', '[15~']),
  ...series(['[[A', '[[B', '[[C', '[[D', '[[E']),
  ...series(['[17~', '[18~', '[19~', '[20~', '[21~', '[23~', '[24~'], 6),
};

function series(endings: readonly string[], from = 1): Record<string, string> {
  return Object.fromEntries(endings.map((ending, index) => [`\x1b${ending}`, `f${from + index}`]));
}

const MOUSE = /^\x1b\[<(\d+);(\d+);(\d+)([Mm])$/;
/** With its Escape gone, as Ink hands it on. */
const MOUSE_AS_TEXT = /^\[<\d+;\d+;\d+[Mm]$/;

const WHEEL = 64;
const MOVED = 32;
const BUTTON = 3;

export const rawInput = (sequence: string): RawInput | null => {
  const name = FUNCTION_KEYS[sequence];
  if (name !== undefined) return { type: 'key', name };
  const [, code, x, y, end] = MOUSE.exec(sequence) ?? [];
  if (code === undefined || end !== 'M') return null;
  const bits = Number(code);
  const at = { x: Number(x) - 1, y: Number(y) - 1 };
  if ((bits & WHEEL) !== 0) {
    const turned = bits & BUTTON;
    return turned > 1 ? null : { type: 'pointing', pointing: { ...at, wheel: turned === 0 ? -1 : 1 } };
  }
  // The left button pressed; what is dragged and the others mean nothing here.
  return (bits & (MOVED | BUTTON)) === 0 ? { type: 'pointing', pointing: { ...at, wheel: 0 } } : null;
};

export const isMouseText = (text: string): boolean => MOUSE_AS_TEXT.test(text);

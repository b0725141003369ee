/**
 * Text from outside (names of processes, files, hosts and metrics, reasons, marks) as it may leave us: the one rule for
 * every kind of output. What moves a cursor, reorders what stands beside it, joins it, or cannot be seen is shown for what
 * it is.
 */

/** Controls (C0, C1), line and paragraph separators, lone surrogates, and format marks that reorder, join or hide text. */
const UNSAFE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Zl}|\p{Zp}|\p{Variation_Selector}/gu;
const HARMLESS = /^[\x20-\x7e]*$/;

/** On a screen or in a line of text: one cell for each character that cannot be shown. */
export const asText = (text: string): string =>
  HARMLESS.test(text) ? text : text.replace(UNSAFE, placeholder);

/** A whole line of text. Tabs are kept: scripts have them. */
export const asLine = (line: string): string =>
  HARMLESS.test(line)
    ? line
    : line.replace(UNSAFE, (character) => (character === '\t' ? '\t' : placeholder(character)));

/** In a message: by its code, so that a path can be recognised, and typed. */
export const asMessage = (text: string): string =>
  HARMLESS.test(text) ? text : text.replace(UNSAFE, escaped);

/** As in a message, and so that two texts never become one: what stands for a code has a backslash of its own before it. */
export const asDistinct = (text: string): string =>
  HARMLESS.test(text) && !text.includes('\\') ? text : asMessage(text.replaceAll('\\', '\\\\'));

const ESCAPED = /\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{5,6})\})/g;

/** The text that became this by `asDistinct`. */
export const fromDistinct = (text: string): string =>
  text.replace(ESCAPED, (_, ...codes: (string | undefined)[]) => {
    const code = codes.slice(0, 3).find((digits) => digits !== undefined);
    return code === undefined ? '\\' : codePoint(Number.parseInt(code, 16));
  });

const codePoint = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');

/** Inside JSON: the same value, in characters that every terminal shows. */
export const asJson = (value: unknown): string => {
  const json = JSON.stringify(value);
  return HARMLESS.test(json) ? json : json.replace(UNSAFE, inUnits);
};

const placeholder = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
};

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
};

const inUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');

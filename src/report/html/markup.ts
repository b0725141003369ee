/**
 * HTML as a value of its own, so that no text can become markup by mistake: whatever is put into a template is escaped,
 * unless it is Html already. Text from outside keeps its difference: what cannot be seen, or would reorder what stands
 * beside it, is shown by its code.
 */
import { asJson, asMessage } from '../../core/safe-text.ts';

export type Html = { readonly html: string };

type Part = Html | string | number | readonly Part[];

/** Text longer than this says nothing more to a reader; a recording from elsewhere may hold megabytes. */
const LONGEST_TEXT = 1024;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as content and within a quoted attribute. */
export const escapeText = (text: string): string => {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return asMessage(short).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
};

export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: strings.reduce((whole, text, index) => whole + textOf(parts[index - 1] ?? '') + text),
});

const textOf = (part: Part): string => {
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(textOf).join('');
};

export const NOTHING: Html = { html: '' };

/** Text of our own, as it is: a style sheet, a program, a number. */
export const verbatim = (text: string): Html => ({ html: text });

/**
 * Data for a program of the page. Nothing in it can end the element that it stands in, and what cannot be seen is escaped.
 */
export const jsonText = (value: unknown): Html =>
  verbatim(
    asJson(value).replace(
      /[<>&]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );

/**
 * A text from outside as one cell. A spreadsheet takes what begins with one of these for a formula, quotes or not; an
 * apostrophe before it makes it text, and one before a text that begins with an apostrophe keeps the two apart.
 */
import { asDistinct } from '../core/safe-text.ts';

const FORMULA = /^['=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NEEDS_QUOTES = /[",\n\r]/;

export const asCsvText = (text: string): string => {
  // Whoever reads it may cut spaces off.
  const distinct = asDistinct(text).replace(/^\s|\s$/g, inCode);
  const inert = FORMULA.test(distinct) ? `'${distinct}` : distinct;
  return NEEDS_QUOTES.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
};

const inCode = (space: string): string => `\\u${space.charCodeAt(0).toString(16).padStart(4, '0')}`;

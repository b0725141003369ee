/**
 * Foreign text made safe to draw, and text fitted to cells.
 *
 * Everything that comes from outside (process names, command lines, reasons, marks) passes through `clean` before
 * it can reach a terminal: no control character, escape sequence or invisible direction mark survives it. Widths
 * are measured in terminal cells, never in characters.
 */

import stringWidth from 'string-width';
import { asText } from '../../core/safe-text.ts';
import { type Charset, type Glyphs, glyphsFor } from './glyphs.ts';

const ONE_CELL_EACH =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u00ff\u2500-\u259f\u25b2-\u25bc\u25ba\u2010-\u2026\u2190-\u2193\u2248\u2265]*$/;

/** Width on a terminal. Most of what we draw is one cell per character, which is forty times cheaper to see. */
export const cellsOf = (text: string): number => (ONE_CELL_EACH.test(text) ? text.length : stringWidth(text));

/** Text longer than any terminal line is cut before it is looked at: a command line can be 2 MB long. */
const LONGEST_TEXT = 4096;

const HARMLESS = /^[\x20-\x7e]*$/;
/** Foreign text made safe to draw: what cannot be shown becomes a visible placeholder of one cell. */
export const clean = (text: string, charset: Charset = 'utf8'): string => {
  const short = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  if (HARMLESS.test(short)) return short;
  if (charset === 'ascii') return short.replace(/[^\x20-\x7e]/gu, '?');
  return asText(short);
};

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Exactly `width` cells: cut with an ellipsis or padded. The text must be clean already. */
export const fitTo = (
  text: string,
  width: number,
  align: 'left' | 'right' = 'left',
  ellipsis: string = glyphsFor('utf8').ellipsis,
): string => {
  if (width <= 0) return '';
  const cells = cellsOf(text);
  if (cells <= width)
    return align === 'left' ? text + ' '.repeat(width - cells) : ' '.repeat(width - cells) + text;
  const kept = takeCells(text, width - 1);
  return kept + ellipsis + ' '.repeat(width - 1 - cellsOf(kept));
};

/** The longest beginning that fits; never half of a wide character. */
export const takeCells = (text: string, width: number): string => {
  if (ONE_CELL_EACH.test(text)) return text.slice(0, Math.max(0, width));
  let used = 0;
  let kept = '';
  for (const { segment } of segmenter.segment(text)) {
    used += cellsOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept;
};

/** As `fitTo`, but of a path that is too long the end is kept: it distinguishes paths. */
export const fitEnd = (
  text: string,
  width: number,
  glyphs: Pick<Glyphs, 'ellipsis'> = glyphsFor('utf8'),
): string => {
  if (width <= 1 || cellsOf(text) <= width) return fitTo(text, width, 'left', glyphs.ellipsis);
  const reversed = [...segmenter.segment(text)].map(({ segment }) => segment).reverse();
  let kept = '';
  for (const segment of reversed) {
    if (cellsOf(segment + kept) > width - 1) break;
    kept = segment + kept;
  }
  return fitTo(glyphs.ellipsis + kept, width, 'left', glyphs.ellipsis);
};

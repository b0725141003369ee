/** What every part of the screen is made of: lines of spans, each with a meaning that the theme gives a look. */
import type { Glyphs } from './glyphs.ts';
import { cellsOf, takeCells } from './text.ts';

export type Tone =
  | 'plain'
  | 'title'
  | 'heading'
  | 'dim'
  | 'good'
  | 'warn'
  | 'bad'
  | 'accent'
  | 'spark'
  | 'spike'
  | 'selected'
  | 'banner'
  | 'alarm';

export type Span = { readonly text: string; readonly tone: Tone };
export type Line = readonly Span[];

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone });
export const blank: Line = [];

export const lineCells = (line: Line): number => line.reduce((sum, { text }) => sum + cellsOf(text), 0);

/** No wider than this; cut with an ellipsis in the tone of the span that is cut. */
export const cutLine = (line: Line, width: number, glyphs: Glyphs): Line => {
  if (lineCells(line) <= width) return line;
  const kept: Span[] = [];
  let left = width - 1;
  for (const { text, tone } of line) {
    const cells = cellsOf(text);
    if (cells <= left) {
      kept.push({ text, tone });
      left -= cells;
      continue;
    }
    kept.push({ text: takeCells(text, left) + glyphs.ellipsis, tone });
    break;
  }
  return kept;
};

/** One thing a header or status line can say. The lowest rank is kept longest when the line is short. */
export type Segment = { readonly spans: Line; readonly rank: number };

export const segment = (rank: number, ...spans: readonly Span[]): Segment => ({ rank, spans });

/** As many segments as fit, the most important first, in their given order; only one of rank 0 may be cut. */
export const packSegments = (
  segments: readonly Segment[],
  width: number,
  glyphs: Glyphs,
  gap: string = '  ',
): Line => {
  const present = segments.filter(({ spans }) => lineCells(spans) > 0);
  const kept = new Set<Segment>();
  let used = 0;
  for (const candidate of [...present].sort((a, b) => a.rank - b.rank)) {
    const cells = lineCells(candidate.spans) + (kept.size === 0 ? 0 : gap.length);
    if (used + cells > width && (kept.size > 0 || candidate.rank > 0)) continue;
    kept.add(candidate);
    used += cells;
  }
  const line: Span[] = [];
  for (const { spans } of present.filter((candidate) => kept.has(candidate))) {
    if (line.length > 0) line.push(span(gap));
    line.push(...spans);
  }
  return cutLine(line, width, glyphs);
};

/** Left and right parts of one line; the right one gives way when there is no room for both. */
export const spread = (left: Line, right: Line, width: number): Line => {
  const room = width - lineCells(left) - lineCells(right);
  return room < 2 ? left : [...left, span(' '.repeat(room)), ...right];
};

/** Text after a prefix, on as many lines as it needs; further lines are indented to where the text began. */
export const wrapLine = (prefix: Line, text: string, tone: Tone, width: number): readonly Line[] => {
  const indent = lineCells(prefix);
  const pieces = wrapText(text, Math.max(8, width - indent));
  return pieces.map((piece, index) => [
    ...(index === 0 ? prefix : [span(' '.repeat(indent))]),
    span(piece, tone),
  ]);
};

/** Breaks between words, and within a word only where it is longer than a line. */
const wrapText = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (cellsOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (cellsOf(line) > width) {
      const piece = takeCells(line, width);
      // A single character wider than the line would never get shorter.
      if (piece === '') break;
      lines.push(piece);
      line = line.slice(piece.length);
    }
  }
  return [...lines, line];
};

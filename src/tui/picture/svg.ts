/**
 * A screen as SVG: one text element for each run of cells that look the same, stretched to its cells by textLength, so that
 * any monospace font keeps the columns.
 */
import { type Look, PAPERS, type Paper } from './look.ts';

/** Cells beside each other that look the same. */
export type Run = Look & { readonly text: string; readonly column: number; readonly cells: number };

export type Picture = {
  /** What a screen reader says of it. */
  readonly title: string;
  readonly paper: Paper;
  readonly columns: number;
  readonly rows: readonly (readonly Run[])[];
};

const CELL = { width: 8, height: 17 };
const PAD = 10;
const FONT = 13.3;
const BLOCKS = '▁▂▃▄▅▆▇█';

export const svgOf = ({ title, paper, columns, rows }: Picture): string => {
  const { background, text } = PAPERS[paper];
  const width = columns * CELL.width + 2 * PAD;
  const height = rows.length * CELL.height + 2 * PAD;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${asContent(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="${background}"/>`,
    `<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="${FONT}" fill="${text}" xml:space="preserve">`,
    ...rows.flatMap((runs, row) => runs.flatMap((run) => draw(run, row))),
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
};

/** Text between tags; never within an attribute. */
export const asContent = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const draw = ({ text, column, cells, colour, fill, bold, dim }: Run, row: number): string[] => {
  if (text.trim() === '' && fill === null) return [];
  const x = PAD + column * CELL.width;
  const y = PAD + row * CELL.height;
  const parts: string[] = [];
  if (fill !== null)
    parts.push(
      `<rect x="${x}" y="${y}" width="${cells * CELL.width}" height="${CELL.height}" fill="${fill}"/>`,
    );
  const paint = `${colour === null ? '' : ` fill="${colour}"`}${dim ? ' opacity="0.65"' : ''}`;
  // Bars are drawn, not written: fonts leave gaps between them.
  const bars = [...text].flatMap((character, index) => {
    const level = BLOCKS.indexOf(character) + 1;
    return level > 0 ? [barAt(x + index * CELL.width, y, level)] : [];
  });
  if (bars.length > 0) parts.push(`<path d="${bars.join('')}"${paint}/>`);
  // A character takes one cell, or two.
  const step = (cells / Math.max(1, [...text].length)) * CELL.width;
  const words = [...text].map((character) => (BLOCKS.includes(character) ? ' ' : character)).join('');
  // Words apart by more than a space are placed apart: a stretched run would drift.
  for (const { 0: word, index } of words.matchAll(/\S+(?: \S+)*/g)) {
    const weight = bold ? ' font-weight="bold"' : '';
    parts.push(
      `<text x="${x + [...words.slice(0, index)].length * step}" y="${y + 13}" textLength="${[...word].length * step}"${weight}${paint}>${asContent(word)}</text>`,
    );
  }
  return parts;
};

const barAt = (x: number, y: number, level: number): string => {
  const tall = Math.max(1, Math.round((level / 8) * (CELL.height - 2)));
  return `M${x} ${y + CELL.height - 1}h${CELL.width - 1}v-${tall}h-${CELL.width - 1}z`;
};

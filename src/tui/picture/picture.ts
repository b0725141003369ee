/** The lines of a screen as a file of the form that was asked for. */
import type { Snapshot } from '../../core/snapshot.ts';
import type { Line } from '../../screen/format/line.ts';
import { cellsOf, clean } from '../../screen/format/text.ts';
import type { Picture } from '../../screen/keys/choices.ts';
import { PLAIN, paintLine, THEMES, type ThemeName } from '../theme.ts';
import { htmlOf } from './html.ts';
import { lookOf, styleOf } from './look.ts';
import { type Run, svgOf } from './svg.ts';

export type Drawing = { readonly title: string; readonly columns: number; readonly theme: ThemeName };

/** Which host and which moment; a time that is none, as a damaged header may have, is left out. */
export const titleOf = ({ header, realMs }: Snapshot): string => {
  const at = new Date(realMs);
  return ['stallscope', header.host.hostname, Number.isNaN(at.getTime()) ? '' : at.toISOString()]
    .filter((part) => part !== '')
    .join(', ');
};

export const pictureOf = (lines: readonly Line[], as: Picture, drawing: Drawing): string => {
  const { title, columns, theme } = drawing;
  const safe = lines.map((line) => line.map((span) => ({ ...span, text: clean(span.text) })));
  if (as === 'html') return htmlOf(safe, clean(title));
  if (as === 'svg')
    return svgOf({
      title: clean(title),
      paper: theme === 'light' ? 'light' : 'dark',
      columns,
      rows: safe.map((line) => runsOf(line, theme)),
    });
  return `${safe.map((line) => paintLine(line, PLAIN).trimEnd()).join('\n')}\n`;
};

const runsOf = (line: Line, theme: ThemeName): Run[] => {
  let column = 0;
  const runs: Run[] = [];
  for (const { text, tone } of line) {
    const look = lookOf(styleOf(THEMES[theme][tone]), theme === 'light' ? 'light' : 'dark');
    // Runs of wide characters and of narrow ones: a text is stretched evenly over its cells.
    for (const piece of text.match(NARROW_OR_NOT) ?? []) {
      const cells = cellsOf(piece);
      if (cells > 0) runs.push({ ...look, text: piece, column, cells });
      column += cells;
    }
  }
  return runs;
};

const NARROW_OR_NOT = /[\u0020-\u10ff\u2000-\u2bff]+|[^\u0020-\u10ff\u2000-\u2bff]+/gu;

// A terminal's cells as a picture of the tool's own (src/tui/picture/svg.ts).
import { requireBuild } from './built.mjs';

requireBuild();
const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const { lookOf } = await built('tui/picture/look.js');
const pictures = await built('tui/picture/svg.js');

/** `title` is what a screen reader says of it. */
export const svgOf = (terminal, theme, title) =>
  pictures.svgOf({
    title,
    paper: theme,
    columns: terminal.cols,
    rows: Array.from({ length: terminal.rows }, (_, row) =>
      runsOf(terminal.buffer.active.getLine(row), terminal.cols, theme),
    ),
  });

const runsOf = (line, columns, theme) => {
  const runs = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const look = lookOf(styleOf(cell), theme);
    const key = JSON.stringify(look);
    const last = runs.at(-1);
    const characters = cell.getChars() === '' ? ' ' : cell.getChars();
    if (last?.key === key && last.wide === cell.getWidth()) {
      last.text += characters;
      last.cells += cell.getWidth();
    } else
      runs.push({ key, ...look, text: characters, column, cells: cell.getWidth(), wide: cell.getWidth() });
  }
  return runs;
};

const styleOf = (cell) => ({
  foreground: cell.isFgDefault() ? null : cell.getFgColor(),
  background: cell.isBgDefault() ? null : cell.getBgColor(),
  bold: cell.isBold() !== 0,
  dim: cell.isDim() !== 0,
  inverse: cell.isInverse() !== 0,
});

// A terminal's cells as SVG: one text element for each run of cells that look the same, stretched to its cells by
// textLength, so that any monospace font keeps the columns.
const CELL = { width: 8, height: 17 };
const PAD = 10;
const FONT = 13.3;

const THEMES = {
  dark: { background: '#14171c', text: '#d8dde4' },
  light: { background: '#ffffff', text: '#1d2126' },
};

/** The 16 colours, as xterm has them. */
const BASIC = (
  '#000000 #cd3131 #0dbc79 #b58900 #2472c8 #bc3fbc #11a8cd #e5e5e5 ' +
  '#666666 #f14c4c #23d18b #f5f543 #3b8eea #d670d6 #29b8db #ffffff'
).split(' ');
const STEPS = [0, 95, 135, 175, 215, 255];

const hex = (number) => number.toString(16).padStart(2, '0');
const colourOf = (index) => {
  if (index < 16) return BASIC[index];
  if (index >= 232) return `#${hex(8 + (index - 232) * 10).repeat(3)}`;
  const cube = index - 16;
  return `#${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => hex(STEPS[step])).join('')}`;
};

export const svgOf = (terminal, theme, title) => {
  const { background, text } = THEMES[theme];
  const width = terminal.cols * CELL.width + 2 * PAD;
  const height = terminal.rows * CELL.height + 2 * PAD;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="${background}"/>`,
    `<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="${FONT}" fill="${text}" xml:space="preserve">`,
  ];
  for (let row = 0; row < terminal.rows; row += 1) {
    for (const run of runsOf(terminal.buffer.active.getLine(row), terminal.cols, theme))
      parts.push(...draw(run, row));
  }
  return `${[...parts, '</g>', '</svg>'].join('\n')}\n`;
};

const runsOf = (line, columns, theme) => {
  const runs = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const look = lookOf(cell, theme);
    const key = JSON.stringify(look);
    const last = runs.at(-1);
    const characters = cell.getChars() === '' ? ' ' : cell.getChars();
    if (last?.key === key && last.wide === cell.getWidth()) {
      last.text += characters;
      last.cells += cell.getWidth();
    } else
      runs.push({ key, ...look, text: characters, column, cells: cell.getWidth(), wide: cell.getWidth() });
  }
  return runs.filter(({ text, fill }) => text.trim() !== '' || fill !== null);
};

const lookOf = (cell, theme) => {
  const own = cell.isFgDefault() ? null : colourOf(cell.getFgColor());
  const behind = cell.isBgDefault() ? null : colourOf(cell.getBgColor());
  const inverse = cell.isInverse() !== 0;
  return {
    colour: inverse ? (behind ?? THEMES[theme].background) : own,
    fill: inverse ? (own ?? THEMES[theme].text) : behind,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
  };
};

const BLOCKS = '▁▂▃▄▅▆▇█';
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const draw = ({ text, column, cells, colour, fill, bold, dim }, row) => {
  const x = PAD + column * CELL.width;
  const y = PAD + row * CELL.height;
  const parts = [];
  if (fill !== null)
    parts.push(
      `<rect x="${x}" y="${y}" width="${cells * CELL.width}" height="${CELL.height}" fill="${fill}"/>`,
    );
  const paint = `${colour === null ? '' : ` fill="${colour}"`}${dim ? ' opacity="0.65"' : ''}`;
  // Bars are drawn, not written: fonts leave gaps between them.
  const bars = [...text]
    .map((character, index) => [BLOCKS.indexOf(character) + 1, index])
    .filter(([level]) => level > 0);
  if (bars.length > 0) {
    const path = bars
      .map(([level, index]) => {
        const tall = Math.max(1, Math.round((level / 8) * (CELL.height - 2)));
        return `M${x + index * CELL.width} ${y + CELL.height - 1}h${CELL.width - 1}v-${tall}h-${CELL.width - 1}z`;
      })
      .join('');
    parts.push(`<path d="${path}"${paint}/>`);
  }
  const words = [...text].map((character) => (BLOCKS.includes(character) ? ' ' : character)).join('');
  // Words apart by more than a space are placed apart: a stretched run would drift.
  for (const { 0: word, index } of words.matchAll(/\S+(?: \S+)*/g)) {
    const weight = bold ? ' font-weight="bold"' : '';
    parts.push(
      `<text x="${x + index * CELL.width}" y="${y + 13}" textLength="${[...word].length * CELL.width}"${weight}${paint}>${escaped(word)}</text>`,
    );
  }
  return parts;
};

/** What a cell of a terminal looks like on paper: xterm's colours as numbers of the web. */
export type Paper = 'dark' | 'light';

/** Colours by their number in the palette of 256; null: the terminal's own. */
export type CellStyle = {
  readonly foreground: number | null;
  readonly background: number | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
};

export type Look = {
  /** null: that of the paper. */
  readonly colour: string | null;
  readonly fill: string | null;
  readonly bold: boolean;
  readonly dim: boolean;
};

export const PAPERS: Readonly<Record<Paper, { readonly background: string; readonly text: string }>> = {
  dark: { background: '#14171c', text: '#d8dde4' },
  light: { background: '#ffffff', text: '#1d2126' },
};

export const lookOf = (style: CellStyle, paper: Paper): Look => {
  const own = style.foreground === null ? null : colourOf(style.foreground);
  const behind = style.background === null ? null : colourOf(style.background);
  const { background, text } = PAPERS[paper];
  return {
    colour: style.inverse ? (behind ?? background) : own,
    fill: style.inverse ? (own ?? text) : behind,
    bold: style.bold,
    dim: style.dim,
  };
};

/** Of a style as the themes have them: `1;38;5;117`. */
export const styleOf = (sgr: string): CellStyle => {
  const codes = sgr === '' ? [] : sgr.split(';').map(Number);
  const palette = (first: number, extended: number): number | null => {
    const at = codes.indexOf(extended);
    if (at !== -1) return codes[at + 2] ?? null;
    const plain = codes.find((code) => code >= first && code < first + 8);
    return plain === undefined ? null : plain - first;
  };
  // What follows 38 and 48 is no code of its own.
  const has = (code: number): boolean =>
    codes.some((one, at) => one === code && codes[at - 1] !== 5 && ![38, 48].includes(codes[at - 1] ?? 0));
  return {
    foreground: palette(30, 38),
    background: palette(40, 48),
    bold: has(1),
    dim: has(2),
    inverse: has(7),
  };
};

/** The 16 colours, as xterm has them. */
const BASIC = (
  '#000000 #cd3131 #0dbc79 #b58900 #2472c8 #bc3fbc #11a8cd #e5e5e5 ' +
  '#666666 #f14c4c #23d18b #f5f543 #3b8eea #d670d6 #29b8db #ffffff'
).split(' ');
const STEPS = [0, 95, 135, 175, 215, 255];

const hex = (number: number): string => number.toString(16).padStart(2, '0');

const colourOf = (index: number): string => {
  if (index < 16) return BASIC[index] ?? '#000000';
  if (index >= 232) return `#${hex(8 + (index - 232) * 10).repeat(3)}`;
  const cube = index - 16;
  return `#${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => hex(STEPS[step] ?? 0)).join('')}`;
};

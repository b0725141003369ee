/** What a terminal can draw: the marks and rules of a frame, in UTF-8 or in ASCII. */

export type Charset = 'utf8' | 'ascii';

/** What the terminal can draw, by the locale variables in POSIX order: the first one that is set decides. */
export const charsetOf = (env: Readonly<Record<string, string | undefined>>): Charset => {
  // The Linux console draws from a font of 256 or 512 characters: most have no bars, arrows or ellipsis.
  if (env.TERM === 'linux') return 'ascii';
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  return /utf-?8/i.test(locale ?? '') ? 'utf8' : 'ascii';
};

export type Glyphs = {
  readonly charset: Charset;
  /** Of a sparkline: first the zero, then rising levels. */
  readonly levels: readonly string[];
  readonly ellipsis: string;
  readonly atLeast: string;
  readonly about: string;
  readonly notCovered: string;
  readonly zero: string;
  readonly ended: string;
  readonly descending: string;
  readonly ascending: string;
  readonly playing: string;
  readonly paused: string;
  readonly separator: string;
  readonly done: string;
  readonly ahead: string;
  readonly cursor: string;
  readonly rule: string;
  readonly times: string;
  /** Of two signals, the first comes before the second; or they come together. */
  readonly leads: string;
  readonly together: string;
  /** A span in which nothing was counted. */
  readonly gap: string;
  readonly branch: string;
};

const GLYPHS: Readonly<Record<Charset, Glyphs>> = {
  utf8: {
    charset: 'utf8',
    levels: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    ellipsis: '…',
    atLeast: '≥',
    about: '≈',
    notCovered: '–',
    zero: '·',
    ended: '×',
    descending: '▼',
    ascending: '▲',
    playing: '▶',
    paused: '‖',
    separator: '│',
    done: '━',
    ahead: '─',
    cursor: '▏',
    rule: '─',
    times: '×',
    leads: '►',
    together: '═',
    gap: '░',
    branch: '└',
  },
  ascii: {
    charset: 'ascii',
    levels: ['_', '.', ':', '-', '=', '+', '*', '#'],
    ellipsis: '~',
    atLeast: '>',
    about: '~',
    notCovered: '-',
    zero: '.',
    ended: 'x',
    descending: 'v',
    ascending: '^',
    playing: '>',
    paused: '=',
    separator: '|',
    done: '=',
    ahead: '-',
    cursor: '_',
    rule: '-',
    times: 'x',
    leads: '>',
    together: '=',
    gap: '~',
    branch: '`',
  },
};

export const glyphsFor = (charset: Charset): Glyphs => GLYPHS[charset];

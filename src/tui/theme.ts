/**
 * How each tone looks. `basic` uses only the 16 colours every terminal has, and of those only what is readable on dark
 * and on light backgrounds; `dark` and `light` use the 256-colour palette; `safe` distinguishes good from bad by blue and
 * orange, which the common colour blindnesses keep apart. In every theme weight and reversal carry the meaning too, and
 * with NO_COLOR (no-color.org) they alone do.
 *
 * Also the last gate before the terminal: a span that still holds a control character is cleaned here.
 */

import type { Line, Tone } from '../screen/format/line.ts';
import { clean } from '../screen/format/text.ts';

export type Theme = Readonly<Record<Tone, string>>;

export const THEME_NAMES = ['basic', 'dark', 'light', 'safe', 'mono'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  basic: {
    plain: '',
    title: '1',
    heading: '1;36',
    dim: '2',
    good: '32',
    warn: '33',
    bad: '1;31',
    accent: '36',
    spark: '32',
    spike: '1;31',
    selected: '7',
    banner: '1;7;33',
    alarm: '1;37;41',
  },
  dark: {
    plain: '',
    title: '1',
    heading: '1;38;5;117',
    dim: '38;5;246',
    good: '38;5;114',
    warn: '38;5;221',
    bad: '1;38;5;210',
    accent: '38;5;117',
    spark: '38;5;73',
    spike: '1;38;5;215',
    selected: '1;38;5;231;48;5;24',
    banner: '1;38;5;16;48;5;221',
    alarm: '1;38;5;231;48;5;160',
  },
  light: {
    plain: '',
    title: '1',
    heading: '1;38;5;24',
    dim: '38;5;241',
    good: '38;5;22',
    warn: '38;5;94',
    bad: '1;38;5;124',
    accent: '38;5;25',
    spark: '38;5;30',
    spike: '1;38;5;166',
    selected: '1;38;5;16;48;5;153',
    banner: '1;38;5;16;48;5;222',
    alarm: '1;38;5;231;48;5;160',
  },
  safe: {
    plain: '',
    title: '1',
    heading: '1',
    dim: '38;5;244',
    good: '38;5;32',
    warn: '38;5;172',
    bad: '1;38;5;166',
    accent: '38;5;32',
    spark: '38;5;67',
    spike: '1;38;5;166',
    selected: '7',
    banner: '1;38;5;16;48;5;179',
    alarm: '1;38;5;16;48;5;208',
  },
  mono: {
    plain: '',
    title: '1',
    heading: '1',
    dim: '',
    good: '',
    warn: '1',
    bad: '1',
    accent: '',
    spark: '',
    spike: '1',
    selected: '7',
    banner: '1;7',
    alarm: '1;7',
  },
};

/** Nothing but the text. */
export const PLAIN: Theme = Object.fromEntries(Object.keys(THEMES.mono).map((tone) => [tone, ''])) as Theme;

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's choice, unless NO_COLOR speaks against it; otherwise what the terminal is known to be able to. */
export const themeOf = (env: Environment, chosen: ThemeName | null = null): Theme =>
  THEMES[themeNameOf(env, chosen)];

export const themeNameOf = (env: Environment, chosen: ThemeName | null): ThemeName => {
  if ((env.NO_COLOR ?? '') !== '') return 'mono';
  if (chosen !== null) return chosen;
  const rich = /256color|direct/.test(env.TERM ?? '') || (env.COLORTERM ?? '') !== '';
  const background = backgroundOf(env);
  return rich && background !== null ? background : 'basic';
};

/** COLORFGBG is the one hint that terminals give unasked: `15;0` is white on black. */
const backgroundOf = ({ COLORFGBG }: Environment): 'dark' | 'light' | null => {
  const background = Number(/;(\d+)$/.exec(COLORFGBG ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(background)) return null;
  return background === 7 || background >= 9 ? 'light' : 'dark';
};

/** Cheaper to look for than all that `clean` replaces; what our own glyphs are is not among it. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

export const paintLine = (line: Line, theme: Theme): string => {
  let out = '';
  for (const { text, tone } of line) {
    if (text === '') continue;
    const safe = UNSAFE.test(text) ? clean(text) : text;
    const style = theme[tone];
    out += style === '' ? safe : `\x1b[${style}m${safe}\x1b[0m`;
  }
  return out;
};

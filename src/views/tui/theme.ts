/**
 * How each tone looks. Only the 16 colours every terminal has, and only those that are readable on dark and on
 * light backgrounds; with NO_COLOR (no-color.org) weight and reversal alone carry the meaning.
 *
 * Also the last gate before the terminal: a span that still holds a control character is cleaned here.
 */
import { clean } from '../format.ts';
import type { Line, Tone } from './model/line.ts';

export type Theme = Readonly<Record<Tone, string>>;

const COLOURS: Theme = {
  plain: '',
  title: '1',
  heading: '1;36',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '1;31',
  accent: '36',
  spark: '32',
  selected: '7',
  banner: '1;7;33',
};

const MONOCHROME: Theme = {
  plain: '',
  title: '1',
  heading: '1',
  dim: '',
  good: '',
  warn: '1',
  bad: '1',
  accent: '',
  spark: '',
  selected: '7',
  banner: '1;7',
};

export const themeOf = (env: Readonly<Record<string, string | undefined>>): Theme =>
  (env.NO_COLOR ?? '') === '' ? COLOURS : MONOCHROME;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export const paintLine = (line: Line, theme: Theme): string => {
  let out = '';
  for (const { text, tone } of line) {
    if (text === '') continue;
    const safe = CONTROL.test(text) ? clean(text) : text;
    const style = theme[tone];
    out += style === '' ? safe : `\x1b[${style}m${safe}\x1b[0m`;
  }
  return out;
};

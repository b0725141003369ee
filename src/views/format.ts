/**
 * Numbers, times and foreign text as people read them; shared by the screen and the reports.
 *
 * Everything that comes from outside (process names, command lines, reasons, marks) passes through `clean` before
 * it can reach a terminal: no control character, escape sequence or invisible direction mark survives it. Widths
 * are measured in terminal cells, never in characters.
 */
import stringWidth from 'string-width';
import type { MetricKind, MetricUnit } from '../core/metric.ts';
import type { Coverage } from '../core/snapshot.ts';

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

/** What stands before a number that is not exact. */
export const trustMark = (coverage: Coverage | undefined, glyphs: Glyphs = GLYPHS.utf8): string =>
  coverage === 'estimate' ? glyphs.about : coverage === 'lower-bound' ? glyphs.atLeast : '';

const ONE_CELL_EACH =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u00ff\u2500-\u259f\u25b2-\u25bc\u25ba\u2010-\u2026\u2248\u2265]*$/;

/** Width on a terminal. Most of what we draw is one cell per character, which is forty times cheaper to see. */
export const cellsOf = (text: string): number => (ONE_CELL_EACH.test(text) ? text.length : stringWidth(text));

/** Text longer than any terminal line is cut before it is looked at: a command line can be 2 MB long. */
const LONGEST_TEXT = 4096;

const HARMLESS = /^[\x20-\x7e]*$/;
/** Controls (C0, C1), line and paragraph separators, lone surrogates, and format marks that reorder or join text. */
const UNSAFE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Zl}|\p{Zp}|\p{Variation_Selector}/gu;

/** Foreign text made safe to draw: what cannot be shown becomes a visible placeholder of one cell. */
export const clean = (text: string, charset: Charset = 'utf8'): string => {
  const short = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  if (HARMLESS.test(short)) return short;
  if (charset === 'ascii') return short.replace(/[^\x20-\x7e]/gu, '?');
  return short.replace(UNSAFE, placeholder);
};

const placeholder = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
};

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Exactly `width` cells: cut with an ellipsis or padded. The text must be clean already. */
export const fitTo = (
  text: string,
  width: number,
  align: 'left' | 'right' = 'left',
  ellipsis: string = GLYPHS.utf8.ellipsis,
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

/** As `fitTo`, but of a path that is too long the end is kept: it tells paths apart. */
export const fitEnd = (
  text: string,
  width: number,
  glyphs: Pick<Glyphs, 'ellipsis'> = GLYPHS.utf8,
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

/** 1234567 → `1,234,567`. */
export const exact = (value: number): string => {
  if (!Number.isFinite(value)) return '';
  const [whole = '', fraction] = String(value).split('.');
  if (whole.includes('e')) return String(value);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
};

const SCALES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** At most six cells: `0.25`, `9,999`, `12.3k`, `1.23M`. */
export const compact = (value: number): string => {
  if (!Number.isFinite(value)) return '';
  const size = Math.abs(value);
  if (size < 9999.5) return size < 10 ? String(Number(value.toFixed(2))) : exact(Math.round(value));
  const [scaled, unit] = scale(value, 1000, SCALES);
  return threeDigits(scaled) + unit;
};

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** `0B`, `512B`, `1.50KiB`, `24.1GiB`. */
export const bytes = (value: number): string => {
  if (!Number.isFinite(value)) return '';
  const [scaled, unit] = scale(value, 1024, BINARY);
  return (unit === 'B' ? String(Math.round(scaled)) : threeDigits(scaled)) + unit;
};

const scale = <Unit extends string>(value: number, step: number, units: readonly Unit[]): [number, Unit] => {
  let scaled = value;
  let index = 0;
  // 999.5 would be written as 1000 of this unit: it belongs to the next.
  while (Math.abs(scaled) >= step - 0.5 && index < units.length - 1) {
    scaled /= step;
    index += 1;
  }
  return [scaled, units[index] as Unit];
};

const threeDigits = (value: number): string => {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
};

/** A span of time in µs: `850µs`, `12.3ms`, `4.5s`, `2m13s`, `1h02m`, `3d04h`. */
export const duration = (us: number): string => {
  if (!Number.isFinite(us)) return '';
  if (us < 0) return `-${duration(-us)}`;
  if (us < 1000) return us < 1 && us > 0 ? `${Math.round(us * 1000)}ns` : `${Math.round(us)}us`;
  if (us < 999_500) return `${Number((us / 1000).toPrecision(3))}ms`;
  if (us < 59_950_000) return `${Number((us / 1e6).toPrecision(3))}s`;
  return longDuration(Math.round(us / 1e6));
};

/** Whole seconds and above: for clocks that tick on a screen and must not jitter. */
export const longDuration = (seconds: number): string => {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d${two(Math.floor((whole % 86_400) / 3600))}h`;
};

const two = (value: number): string => String(value).padStart(2, '0');

/** Wall clock in the reader's time zone: `14:02:30`. */
export const clockTime = (realMs: number): string => {
  const date = new Date(realMs);
  return Number.isNaN(date.getTime())
    ? '--:--:--'
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};

/** `2026-11-21 14:02:30`. */
export const dateTime = (realMs: number): string => {
  const date = new Date(realMs);
  if (Number.isNaN(date.getTime())) return 'unknown time';
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(realMs)}`;
};

export const percent = (value: number): string => {
  if (!Number.isFinite(value)) return '';
  return `${value < 99.95 ? value.toFixed(1) : exact(Math.round(value))}%`;
};

type TimeUnit = 'ns' | 'us' | 'ms';
const MICROSECONDS: Readonly<Record<TimeUnit, number>> = { ns: 1e-3, us: 1, ms: 1000 };
const SECONDS: Readonly<Record<TimeUnit, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3 };

const isTime = (unit: MetricUnit): unit is TimeUnit => unit in MICROSECONDS;

/** A total or a level in its unit, short: for a cell. */
export const amount = (value: number, unit: MetricUnit): string => {
  if (isTime(unit)) return duration(value * MICROSECONDS[unit]);
  if (unit === 'bytes') return bytes(value);
  if (unit === 'KiB') return bytes(value * 1024);
  if (unit === 'percent') return percent(value);
  if (unit === 'load') return Number.isFinite(value) ? value.toFixed(2) : '';
  return compact(value);
};

/** A total to the last digit where digits are what is counted: for a detail view or a report. */
export const exactAmount = (value: number, unit: MetricUnit): string =>
  unit === 'count' || unit === 'pages' ? exact(value) : amount(value, unit);

/**
 * How fast a counter grows, from its growth per second. Time spent per second is a share of time and reads as a
 * percentage, above 100 when several threads spend it at once.
 */
export const ratePerSecond = (perSecond: number, unit: MetricUnit): string =>
  isTime(unit) ? percent(perSecond * SECONDS[unit] * 100) : amount(perSecond, unit);

/** What stands behind the name of a metric shown as a rate. */
export const rateSuffix = (kind: MetricKind, unit: MetricUnit): string =>
  kind === 'counter' && !isTime(unit) ? '/s' : '';

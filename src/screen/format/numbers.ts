/** Numbers, sizes and times as people read them. */
import type { CountedFile } from '../../core/file-extents.ts';
import type { MetricKind, MetricUnit } from '../../core/metric.ts';

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

/** `28,495 extents, 1,204 more than 3d00h before`. */
export const extents = ({ extents, isLeast, earlier }: Omit<CountedFile, 'path'>): string => {
  const count = `${isLeast === true ? 'at least ' : ''}${exact(extents)} extents`;
  if (earlier === undefined || isLeast === true) return count;
  const grown = extents - earlier.extents;
  const than = `${longDuration(earlier.agoMs / 1000)} before`;
  return grown === 0
    ? `${count}, as many as ${than}`
    : `${count}, ${exact(Math.abs(grown))} ${grown > 0 ? 'more' : 'fewer'} than ${than}`;
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

type Rated = { readonly id: string; readonly unit: MetricUnit };

/** Who spends time at once, as a cell has room for it and in a sentence. */
const SPENDERS: readonly (readonly [ids: RegExp, short: string, long: string])[] = [
  [/^disk\./, 'req', ' requests'],
  [/^cgroup\.throttled/, 'cpu', ' CPUs'],
  [/./, 'thr', ' threads'],
];
/** Time on CPUs is a percentage of one, however many there are, as `top` has it. */
const CPU_TIME = 'ms';
/** One thread all of the time, read a little late, is not reported as more. */
const MORE_THAN_ONE = 1.5;

/** How fast a counter grows, from its growth per second, all on one scale, as an axis needs it: time is a percentage. */
export const scaledPerSecond = (perSecond: number, unit: MetricUnit): string =>
  isTime(unit) ? percent(perSecond * SECONDS[unit] * 100) : amount(perSecond, unit);

/** The same to be read by itself: of more than all of the time a percentage says little, and how many spend it at once more. */
export const ratePerSecond = (
  perSecond: number,
  { id, unit }: Rated,
  words: 'short' | 'long' = 'short',
): string => {
  const share = isTime(unit) ? perSecond * SECONDS[unit] : 0;
  if (unit === CPU_TIME || !(share > MORE_THAN_ONE)) return scaledPerSecond(perSecond, unit);
  const [, short, long] = SPENDERS.find(([ids]) => ids.test(id)) ?? ['', '', ''];
  return compact(Number(share.toFixed(1))) + (words === 'short' ? short : long);
};

/** What stands behind the name of a metric shown as a rate. */
export const rateSuffix = (kind: MetricKind, unit: MetricUnit): string =>
  kind === 'counter' && !isTime(unit) ? '/s' : '';

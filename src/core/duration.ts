/** Spans of time as people write them: a number and a unit. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const UNIT = '(ms|s|m|h|d)';
const WHOLE = new RegExp(`^${NUMBER}${UNIT}$`);
const PART = new RegExp(String.raw`${NUMBER}\s*${UNIT}`, 'g');

/** `500ms`, `10s`, `5m`, `2h`, `1d` in ms; null for anything else. */
export const parseDuration = (text: string): number | null => {
  const [, number, unit] = WHOLE.exec(text) ?? [];
  return number === undefined ? null : msOf(number, unit);
};

/** The sum of several: `1h30m`, `2m 5s`. */
export const parseDurations = (text: string): number | null => {
  const parts = [...text.matchAll(PART)];
  const rest = text.replace(PART, '').trim();
  if (parts.length === 0 || rest !== '') return null;
  return parts.reduce((sum, [, number, unit]) => sum + msOf(number, unit), 0);
};

const msOf = (number = '', unit = ''): number => Number(number) * (UNIT_MS[unit] ?? Number.NaN);

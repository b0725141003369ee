/**
 * Lines of `date`, in the forms that loops print: of the C locale and of those in English, ISO, since 1970 in s, ms, µs or ns,
 * and oswatcher's `zzz ***`.
 */
import { readStamp } from './stamp.ts';
import { type Zone, zoneOf } from './zone.ts';

export type DateLine =
  | { readonly realUs: number }
  | { readonly localUs: number; readonly zone: Zone | null }
  /** It names a zone, but not which. */
  | { readonly localUs: number; readonly abbreviation: string };

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const NAMES = `(?:${MONTHS.join('|')})`;
const CLOCK = String.raw`(\d{1,2}):(\d\d):(\d\d)(?: (AM|PM|am|pm))?`;
/** `Mon Nov 30 12:00:01 UTC 2026` */
const USUAL = new RegExp(String.raw`^\w{3} (${NAMES}) +(\d{1,2}) ${CLOCK} (\S{1,6}) (\d{4})$`);
/** `Mon 30 Nov 2026 12:00:01 PM UTC` */
const DAY_FIRST = new RegExp(String.raw`^\w{3} (\d{1,2}) (${NAMES}) (\d{4}) ${CLOCK} (\S{1,6})$`);

/** `Mon 30 Nov 12:00:01 GMT 2026` */
const YEAR_LAST = new RegExp(String.raw`^\w{3} (\d{1,2}) (${NAMES}) ${CLOCK} (\S{1,6}) (\d{4})$`);
/** A number alone must be as long as a time is now. */
const NOW = /^\d{10}(?:\.\d+)?$|^\d{13}$|^\d{16}$|^\d{19}$|^\d{4}-\d\d-\d\d[T ]\d\d:/;

/** null of a line that is no date. */
export const dateLineOf = (line: string): DateLine | null => {
  const text = line
    .replace(/^(?:zzz )?[*=#-]{0,10} ?/, '')
    .replace(/ ?[*=#-]{0,10}$/, '')
    .trim();
  if (text.length < 10 || text.length > 48) return null;
  const usual = USUAL.exec(text);
  if (usual !== null) {
    const [, month, day, hour, minute, second, half, zone, year] = usual;
    return localOf([year, month, day, hour, minute, second, half], zone ?? '');
  }
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst !== null) {
    const [, day, month, year, hour, minute, second, half, zone] = dayFirst;
    return localOf([year, month, day, hour, minute, second, half], zone ?? '');
  }
  const yearLast = YEAR_LAST.exec(text);
  if (yearLast !== null) {
    const [, day, month, hour, minute, second, half, zone, year] = yearLast;
    return localOf([year, month, day, hour, minute, second, half], zone ?? '');
  }
  const stamp = NOW.test(text) ? readStamp(text) : null;
  if (stamp === null) return null;
  return stamp.kind === 'instant' ? { realUs: stamp.realUs } : { localUs: stamp.localUs, zone: null };
};

const localOf = (
  [year, month, day, hour, minute, second, half]: readonly (string | undefined)[],
  zone: string,
): DateLine | null => {
  const hours =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  const padded = (value: number | string | undefined): string => String(value).padStart(2, '0');
  const stamp = readStamp(
    `${year}-${padded(MONTHS.indexOf(month ?? '') + 1)}-${padded(day)} ${padded(hours)}:${minute}:${second}`,
  );
  if (stamp?.kind !== 'local') return null;
  const known = zoneOf(zone);
  return known === null
    ? { localUs: stamp.localUs, abbreviation: zone }
    : { localUs: stamp.localUs, zone: known };
};

/** Times as people write them: since 1970 in s, ms, µs or ns, or as ISO 8601 with or without a zone. */

/** A wall-clock time whose zone is not given, as if it were UTC. */
export type Local = { readonly kind: 'local'; readonly localUs: number };
/** µs since 1970 UTC; `unit` is what the number counted. */
export type Instant = { readonly kind: 'instant'; readonly realUs: number; readonly unit: EpochUnit | 'ISO' };
export type EpochUnit = (typeof EPOCH_UNITS)[number]['unit'];

/** From 1e11 on a number cannot be seconds (the year 5138), and so on: 1973 in the next unit is 1e11 of it. */
const EPOCH_UNITS = [
  { unit: 'seconds', below: 1e11, perUs: 1e-6 },
  { unit: 'milliseconds', below: 1e14, perUs: 1e-3 },
  { unit: 'microseconds', below: 1e17, perUs: 1 },
  { unit: 'nanoseconds', below: 1e20, perUs: 1e3 },
] as const;

/** The year 2200: what lies beyond is no time that anybody measured at. */
const LATEST_US = 7_258_118_400_000_000;

/** UTC+14; to the west it is 12. */
const FARTHEST_ZONE_MINUTES = 14 * 60;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;

/** `20261129`, `202611291200`: a date without its marks. As a number since 1970 it would be of the seventies. */
const COMPACT =
  /^(?:19[7-9]|20\d|21\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d)?$/;

export const readStamp = (text: string): Instant | Local | null => {
  if (COMPACT.test(text)) return null;
  return /^\d+(\.\d+)?$/.test(text) ? epochOf(text) : isoOf(text);
};

const epochOf = (text: string): Instant | null => {
  const value = Number(text);
  const scale = EPOCH_UNITS.find(({ below }) => value < below);
  if (scale === undefined) return null;
  const realUs = Math.round(value / scale.perUs);
  return realUs <= LATEST_US ? { kind: 'instant', realUs, unit: scale.unit } : null;
};

const isoOf = (text: string): Instant | Local | null => {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] =
    ISO.exec(text) ?? [];
  const parts = [year, month, day, hour, minute, second].map(Number);
  const localMs = wallMs(parts);
  if (localMs === null) return null;
  const localUs = localMs * 1000 + Math.round(Number(`0.${fraction}`) * 1e6);
  if (zone === undefined) return { kind: 'local', localUs };
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offsetMinutes = Number(hours) * 60 + Number(minutes);
  if (offsetMinutes > FARTHEST_ZONE_MINUTES || Number(minutes) > 59) return null;
  const realUs = localUs - (sign === '-' ? -offsetMinutes : offsetMinutes) * 60_000_000;
  return realUs >= 0 && realUs <= LATEST_US ? { kind: 'instant', realUs, unit: 'ISO' } : null;
};

/** null when there is no such day or hour; second 60 is the one after 59, as clocks without leap seconds have it. */
const wallMs = (parts: readonly number[]): number | null => {
  const [year = Number.NaN, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (!(year >= 1970 && year <= 2200) || hour > 23 || minute > 59 || second > 60) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms : null;
};

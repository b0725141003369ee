/**
 * Wall-clock times to instants. What other tools write is often local time; in which zone, the importer's machine cannot
 * know, and its own zone is never taken: the same file gives the same instants wherever it is read.
 */

/** `instants`: µs since 1970 UTC that a local time (as if it were UTC, in µs) may mean: none, one, or two. */
export type Zone = {
  readonly name: string;
  readonly instants: (localUs: number) => readonly number[];
};

const MINUTE_US = 60_000_000;
/** More than any clock is before or behind UTC, from UTC-12 to UTC+14. */
const FAR_MS = 15 * 3_600_000;

export const fixedZone = (name: string, offsetMinutes: number): Zone => ({
  name,
  instants: (localUs) => [localUs - offsetMinutes * MINUTE_US],
});

export const UTC: Zone = fixedZone('UTC', 0);

const NUMERIC = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/;

/**
 * `Z`, `UTC`, `+02:00`, `-0330`, `Europe/Berlin`; null when the text names no one zone. Abbreviations (CET, IST, CST) do
 * not: several zones share one, and sysstat writes the one of winter all year.
 */
export const zoneOf = (text: string): Zone | null => {
  if (/^(z|utc|uct|gmt|zulu|universal)$/i.test(text)) return UTC;
  const [, sign, hours, minutes = '00'] = NUMERIC.exec(text) ?? [];
  if (hours !== undefined) {
    const offset = Number(hours) * 60 + Number(minutes);
    return Number(minutes) < 60 && offset <= 14 * 60
      ? fixedZone(text, sign === '-' ? -offset : offset)
      : null;
  }
  return text.includes('/') ? namedZone(text) : null;
};

const namedZone = (name: string): Zone | null => {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return null;
  }
  const offsetMs = (ms: number): number => {
    const parts = Object.fromEntries(
      format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
  };
  return {
    name,
    // As UTC it is off by less than this: before it and after it are the offsets of both sides of a change. A time counts when
    // going back gives it again.
    instants: (localUs) => {
      const localMs = Math.floor(localUs / 1000);
      const offsets = new Set([offsetMs(localMs - FAR_MS), offsetMs(localMs + FAR_MS)]);
      return [...offsets]
        .filter((offset) => offsetMs(localMs - offset) === offset)
        .map((offset) => localUs - offset * 1000)
        .sort((a, b) => a - b);
    },
  };
};

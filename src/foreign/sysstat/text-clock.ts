/**
 * The times of sysstat's text: a date in its first line, then hours of a day, with 12 or 24 of them, table after table. A
 * time that jumps back by half a day is of the next day; one that steps back less is of a clock that was set back.
 */
import type { Asked } from '../source.ts';
import { UTC } from '../zone.ts';

export type TextClock = {
  /** Of a first line; false when it names no day. */
  setDate(text: string): boolean;
  /** µs since 1970 of a time in a table, by the columns of that; null when the clock had shown it before. */
  place(table: string, ofDayS: number): number | null;
  /** Why none of its times can be known; null where they can. */
  readonly problem: () => string | null;
  /** Whether a zone had to be taken that nobody named. */
  readonly isLocal: () => boolean;
};

const DAY_S = 86_400;
const HALF_DAY_S = DAY_S / 2;

type Progress = { day: number; lastS: number; lastUs: number; earlierUs: number; shownS: number };

const NEVER = Number.NEGATIVE_INFINITY;
const NEW_DAY: Progress = { day: 0, lastS: 0, lastUs: NEVER, earlierUs: NEVER, shownS: 0 };

const TWELVE_HOURS =
  'its hours go from 12 to 1: they are of a clock of 12 hours that does not say AM or PM (LC_TIME=C sar)';

/** No clock is set back by eleven hours. */
const isOfTwelveHours = (beforeS: number, ofDayS: number): boolean =>
  Math.floor(beforeS / 3600) === 12 && Math.floor(ofDayS / 3600) === 1;

export const createTextClock = (asked: Asked, notes: Set<string>): TextClock => {
  let dateMs: number | null = null;
  let isLocal = false;
  let problem: string | null = null;
  const tables = new Map<string, Progress>();

  const place = (table: string, ofDayS: number): number | null => {
    if (dateMs === null) return null;
    const progress = tables.get(table) ?? { ...NEW_DAY };
    tables.set(table, progress);
    if (isOfTwelveHours(progress.shownS, ofDayS)) problem = TWELVE_HOURS;
    progress.shownS = ofDayS;
    if (ofDayS < progress.lastS - HALF_DAY_S) progress.day += 1;
    else if (ofDayS < progress.lastS && asked.zone === null) return null;
    const localUs = (dateMs + (progress.day * DAY_S + ofDayS) * 1000) * 1000;
    const instants = (asked.zone ?? UTC).instants(localUs);
    isLocal ||= asked.zone === null;
    notes.add(
      asked.zone === null
        ? 'times are local and name no zone: read as UTC (--timezone for another)'
        : `local times were read as ${asked.zone.name}`,
    );
    const possible = instants.filter((us) => us >= progress.lastUs);
    const realUs = possible.find((us) => us > progress.earlierUs) ?? possible[0];
    if (realUs === undefined) return null;
    Object.assign(progress, { lastS: ofDayS, lastUs: realUs });
    return realUs;
  };

  const setDate = (text: string): boolean => {
    const ms = dateOf(text, notes);
    const earlier = ms === dateMs ? [...tables] : [];
    tables.clear();
    // Of the same day again, what came before still orders an hour that was there twice.
    for (const [table, { lastUs, earlierUs, shownS }] of earlier)
      tables.set(table, { ...NEW_DAY, earlierUs: Math.max(lastUs, earlierUs), shownS });
    dateMs = ms;
    return ms !== null;
  };

  return { setDate, place, problem: () => problem, isLocal: () => isLocal };
};

/** `2026-11-29`, `11/29/26`, `11/29/2026`, `29.11.2026`, and `29/11/26` where the first can be no month. */
const dateOf = (text: string, notes: Set<string>): number | null => {
  const iso = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (iso !== null) return dayOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const [, first, mark, second, year = ''] = /^(\d{1,2})([/.])(\d{1,2})\2(\d{2}|\d{4})$/.exec(text) ?? [];
  if (first === undefined) return null;
  const [a, b] = [Number(first), Number(second)];
  const dayFirst = mark === '.' || a > 12;
  if (!dayFirst && b <= 12 && a !== b) notes.add(`its date ${text} was read as month/day`);
  const whole = year.length === 2 ? 2000 + Number(year) : Number(year);
  return dayFirst ? dayOf(whole, b, a) : dayOf(whole, a, b);
};

const dayOf = (year: number, month: number, day: number): number | null => {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1970 && year < 2200 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.getTime()
    : null;
};

/** `14:02:01`, or `02:02:01 PM`: seconds of the day, and how many words it took; null when it is none. */
export const timeOfDay = (
  words: readonly string[],
): { readonly ofDayS: number; readonly taken: number } | null => {
  const [, hour, minute, second] = /^(\d\d):(\d\d):(\d\d)$/.exec(words[0] ?? '') ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const half = /^(?:AM|PM)$/.exec(words[1] ?? '')?.[0];
  if (half !== undefined && (Number(hour) > 12 || Number(hour) === 0)) return null;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half === 'PM' ? 12 : 0);
  return { ofDayS: hours * 3600 + Number(minute) * 60 + Number(second), taken: half === undefined ? 1 : 2 };
};

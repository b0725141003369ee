/**
 * When each frame of `top -b` was: it prints the hours of a day and no date. The day comes from a line of `date` above it, or
 * from when the file was written, which is when its last frame was; without either nobody can know it.
 */
import type { DateLine } from '../date-line.ts';
import type { Asked } from '../source.ts';
import { UTC, type Zone } from '../zone.ts';

const DAY_S = 86_400;
const HALF_DAY_S = DAY_S / 2;

/** `day` counts from an arbitrary one, or from 1970 where a date said which it is. */
type Frame = { readonly day: number; readonly ofDayS: number; readonly zone: Zone | null };

export type FrameClock = {
  /** Null when the line was taken, otherwise why it cannot be. */
  takeDate(date: DateLine): string | null;
  /** The number of the frame that begins here. */
  begin(ofDayS: number): number;
  /** Of all frames by number: µs since 1970, null of those the clock had passed; or why none can be known. */
  settle(notes: Set<string>): readonly (number | null)[] | string;
};

export const createFrameClock = (asked: Asked): FrameClock => {
  const frames: Frame[] = [];
  let dated: Frame | null = null;
  let isDated = false;

  const takeDate = (date: DateLine): string | null => {
    if ('abbreviation' in date && asked.zone === null)
      return `its times are in "${date.abbreviation}", which names no one zone: give --timezone (for example +02:00 or Europe/Berlin)`;
    // An instant without a zone says no hour of a wall clock: as UTC, or in the zone that was asked for.
    const localUs = 'realUs' in date ? localOf(date.realUs, asked.zone ?? UTC) : date.localUs;
    const zone = 'zone' in date ? (date.zone ?? asked.zone) : asked.zone;
    const seconds = Math.floor(localUs / 1e6);
    dated = { day: Math.floor(seconds / DAY_S), ofDayS: seconds % DAY_S, zone };
    isDated ||= frames.length === 0;
    return null;
  };

  const begin = (ofDayS: number): number => {
    const before = dated ?? frames.at(-1) ?? { day: 0, ofDayS, zone: asked.zone };
    const passed = ofDayS < before.ofDayS - HALF_DAY_S ? 1 : 0;
    dated = null;
    frames.push({ day: before.day + passed, ofDayS, zone: before.zone });
    return frames.length - 1;
  };

  const settle = (notes: Set<string>): readonly (number | null)[] | string => {
    const last = frames.at(-1);
    if (last === undefined) return [];
    const shift = isDated ? 0 : dayOfEnd(last, asked);
    if (shift === null)
      return 'top prints no date, and nothing here says which day it was: put a line with the date above it, such as 2026-11-30T12:00:00Z';
    if (!isDated) {
      const day = new Date((last.day + shift) * DAY_S * 1000).toISOString().slice(0, 10);
      notes.add(
        `top prints no date: its last frame was taken to be of ${day}, when the file was last written`,
      );
    }
    if (frames.some(({ zone }) => zone === null))
      notes.add('times are local and name no zone: read as UTC (--timezone for another)');
    return placed(frames, shift, notes);
  };

  return { takeDate, begin, settle };
};

const localOf = (realUs: number, zone: Zone): number => {
  const nearby = [0, ...Array.from({ length: 57 }, (_, step) => (step - 24) * 1_800_000_000)];
  for (const offsetUs of nearby)
    if (zone.instants(realUs + offsetUs).includes(realUs)) return realUs + offsetUs;
  return realUs;
};

/** How many days lie between day 0 and the one of the last frame; null where nothing says when that was. */
const dayOfEnd = ({ day, ofDayS }: Frame, { zone, endedMs = null }: Asked): number | null => {
  if (endedMs === null) return null;
  const endedS = endedMs / 1000;
  // Whatever zone it is of, the nearest hour of that name is less than half a day away.
  if (zone === null) return Math.round((endedS - ofDayS) / DAY_S) - day;
  const days = Math.floor(endedS / DAY_S);
  for (const one of [days + 1, days, days - 1]) {
    const [realUs] = zone.instants((one * DAY_S + ofDayS) * 1e6);
    if (realUs !== undefined && realUs / 1e6 <= endedS + LATE_S) return one - day;
  }
  return null;
};

/** A file can have been closed a moment before its last second was over. */
const LATE_S = 60;

const placed = (frames: readonly Frame[], shift: number, notes: Set<string>): readonly (number | null)[] => {
  const instants: (number | null)[] = [];
  let lastUs = Number.NEGATIVE_INFINITY;
  for (let first = 0; first < frames.length; ) {
    const { day, ofDayS, zone } = frames[first] as Frame;
    let end = first + 1;
    while (frames[end]?.day === day && frames[end]?.ofDayS === ofDayS) end += 1;
    const localUs = ((day + shift) * DAY_S + ofDayS) * 1e6;
    const realUs = (zone ?? UTC).instants(localUs).find((us) => us > lastUs) ?? null;
    if (end - first > 1) notes.add('frames of one second were placed evenly in it');
    for (let index = first; index < end; index += 1)
      instants.push(realUs === null ? null : realUs + Math.floor(((index - first) * 1e6) / (end - first)));
    if (realUs !== null) lastUs = realUs;
    first = end;
  }
  return instants;
};

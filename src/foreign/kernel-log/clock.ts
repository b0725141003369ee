/**
 * The instants of a kernel log's lines. What a line lacks is taken from others: the year from when the file was written,
 * the time of a boot from the line in which the kernel set its clock; the zone is asked for, never guessed from this
 * machine. Where nothing says when the boot was, times stay times since boot, and that is reported.
 */
import type { PointTable } from '../point-table.ts';
import type { Asked } from '../source.ts';
import { UTC } from '../zone.ts';
import type { LogLine, LogTime } from './prefix.ts';

/** Where a line stands: in which boot of a ring, in which year from the first. */
export type Place = { readonly time: LogTime; readonly boot: number; readonly turn: number };

export type LogClock = {
  /** To be called for lines in their order; not every one of them, but one of each day. */
  note(line: LogLine): Place;
  /** When all lines were noted. */
  settle(): Anchored;
};

export type Anchored = {
  /** µs since 1970; null when nobody can know. */
  readonly instantOf: (place: Place) => number | null;
  readonly isUnanchored: boolean;
};

/** Lines of several CPUs are a little out of order; a ring that goes back by more is that of another boot. */
const SAME_BOOT_US = 60e6;
const HALF_YEAR = 6;
const DAY_MS = 86_400_000;
/** "… setting system clock to 2016-05-01T10:00:00 UTC (1462096800)" */
const CLOCK_SET = /setting system clock to .{1,40} \((\d{9,10})\)/;

export const createLogClock = (asked: Asked, table: PointTable): LogClock => {
  const anchors: (number | null)[] = [null];
  let [boot, turn, month] = [0, 0, 0];
  let lastBootUs = 0;
  let last = null as Place | null;

  const note = ({ time, bootUs, message }: LogLine): Place => {
    if (time.kind === 'boot') {
      if (time.bootUs < lastBootUs - SAME_BOOT_US) {
        boot += 1;
        anchors[boot] = null;
      }
      lastBootUs = time.bootUs;
      const set = message === null ? undefined : CLOCK_SET.exec(message)?.[1];
      if (set !== undefined) anchors[boot] = Number(set) * 1e6 - (bootUs ?? time.bootUs);
    } else if (time.kind === 'yearless') {
      if (month !== 0 && time.month < month - HALF_YEAR) turn += 1;
      if (month !== 0 && time.month > month + HALF_YEAR) turn -= 1;
      month = time.month;
    }
    last = { time, boot, turn };
    return last;
  };

  const settle = (): Anchored => {
    if (asked.bootUs !== null) anchors[boot] = asked.bootUs;
    const isOfRing = last?.time.kind === 'boot';
    const isUnanchored = isOfRing && !anchors.some((anchor) => anchor !== null);
    if (isUnanchored) {
      anchors[boot] = 0;
      table.notes.add(
        'its times are since boot, and nothing in it says when that was: shown as if that had been in 1970 (--boot-time for when)',
      );
    } else if (isOfRing)
      table.notes.add(
        'times since boot were placed by when the kernel set its clock; time asleep is not in them',
      );
    const firstYear = yearOf(last, asked.writtenMs) - turn;
    if (last?.time.kind === 'yearless')
      table.notes.add(`dates have no year: the last line is of ${firstYear + turn}, by when it was written`);
    let latestUs = Number.NEGATIVE_INFINITY;
    const instantOf = ({ time, boot: ofBoot, turn: ofTurn }: Place): number | null => {
      const instants = instantsOf(time, anchors[ofBoot] ?? null, firstYear + ofTurn);
      const realUs = instants.find((us) => us >= latestUs) ?? instants[0] ?? null;
      if (realUs !== null) latestUs = Math.max(latestUs, realUs);
      return realUs;
    };
    return { instantOf, isUnanchored };
  };

  const instantsOf = (time: LogTime, anchorUs: number | null, year: number): readonly number[] => {
    switch (time.kind) {
      case 'instant':
        return [time.realUs];
      case 'boot':
        return anchorUs === null ? [] : [anchorUs + time.bootUs];
      case 'local':
        return inZone(time.localUs, time.zone ?? asked.zone);
      case 'yearless': {
        const ms = Date.UTC(year, time.month - 1, time.day);
        return new Date(ms).getUTCMonth() === time.month - 1
          ? inZone(ms * 1000 + time.ofDayUs, asked.zone)
          : [];
      }
    }
  };

  const inZone = (localUs: number, zone: Asked['zone']): readonly number[] => {
    table.notes.add(
      zone === null
        ? 'times are local and name no zone: read as UTC (--timezone for another)'
        : `local times were read as ${zone.name}`,
    );
    const instants = (zone ?? UTC).instants(localUs);
    if (instants.length > 1)
      table.notes.add(
        'an hour was there twice when clocks were set back: events in it are in the order of the lines',
      );
    return instants;
  };

  return { note, settle };
};

/** Of the last line: it was written by then, give or take a day of zones. */
const yearOf = (last: Place | null, writtenMs: number | null): number => {
  const written = new Date(writtenMs ?? 0);
  const year = written.getUTCFullYear();
  if (last?.time.kind !== 'yearless') return year;
  const { month, day, ofDayUs } = last.time;
  return Date.UTC(year, month - 1, day) + ofDayUs / 1000 <= written.getTime() + DAY_MS ? year : year - 1;
};

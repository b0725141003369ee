/**
 * The instants of sadf's entries. They come in the order in which they were taken, each with the time since the one
 * before as the kernel's uptime has it; with both, local times are placed right through a change to or from daylight
 * saving time, and a clock that was set back is noticed instead of mixing two times.
 */
import { UTC, type Zone } from '../zone.ts';

/** What an entry says of its zone: one, an abbreviation that names no one zone, or nothing. */
export type SadfZone = Zone | { readonly abbreviation: string } | null;

export type Stamp = {
  readonly text: string;
  /** The wall-clock time as if it were UTC, in µs. */
  readonly localUs: number;
  /** Since the entry before, as the file says. */
  readonly intervalS: number;
  readonly zone: SadfZone;
};

export type Placed = {
  /** µs since 1970; null when the clock had shown it before. */
  readonly realUs: number | null;
  /** Whether the interval fits the times, so that rates can be multiplied with it. */
  readonly spansInterval: boolean;
};

export type SadfClock = {
  /** Where an entry lies, or why its time cannot be known. */
  place(stamp: Stamp): Placed | string;
};

const HALF_HOUR_US = 1_800_000_000;
/** No zone moves its clocks by more at once. */
const LARGEST_CHANGE_US = 4 * HALF_HOUR_US;
/** Both are whole seconds, and a sample may be late. */
const SLACK_US = 5_000_000;
/** No sampler is that slow; an uptime that wrapped gives 1.8e17 s. */
const LONGEST_INTERVAL_S = 7 * 86_400;

export const createSadfClock = (asked: Zone | null, notes: Set<string>): SadfClock => {
  let lastUs: number | null = null;
  let latestUs: number | null = null;
  /** What local times of an unknown zone are off by since it changed. */
  let shiftUs = 0;

  const place = (stamp: Stamp): Placed | string => {
    const zone = zoneFor(stamp);
    if (typeof zone === 'string') return zone;
    const expectedUs =
      lastUs === null || !isInterval(stamp.intervalS) ? null : lastUs + stamp.intervalS * 1e6;
    const instants = zone.instants(stamp.localUs);
    const nearest = nearestOf(instants, expectedUs, lastUs);
    if (nearest === null)
      return `there is no "${stamp.text}" in ${zone.name}: clocks were set forward over it`;
    if (zone === UNSTATED) shiftUs += changeAt(nearest + shiftUs, expectedUs);
    const realUs = nearest + shiftUs;
    const beforeUs = lastUs;
    lastUs = realUs;
    if (latestUs !== null && realUs <= latestUs) return { realUs: null, spansInterval: false };
    // After a clock was set back, an entry follows the last one that was kept, which is not the one before it.
    const follows = latestUs === beforeUs;
    latestUs = realUs;
    return { realUs, spansInterval: follows && spans(stamp.intervalS, beforeUs, realUs) };
  };

  const zoneFor = (stamp: Stamp): Zone | string => {
    if (stamp.zone !== null && 'instants' in stamp.zone) return stamp.zone;
    if (asked !== null) {
      notes.add(`local times were read as ${asked.name}`);
      return asked;
    }
    if (stamp.zone === null) {
      notes.add('times are local and name no zone: read as UTC (--timezone for another)');
      return UNSTATED;
    }
    return `its times are in "${stamp.zone.abbreviation}", which names no one zone: give --timezone (for example +02:00 or Europe/Berlin), or export in UTC: sadf -j FILE -- -A`;
  };

  const changeAt = (realUs: number, expectedUs: number | null): number => {
    if (expectedUs === null) return 0;
    const changeUs = Math.round((realUs - expectedUs) / HALF_HOUR_US) * HALF_HOUR_US;
    const fits = Math.abs(realUs - expectedUs - changeUs) <= SLACK_US;
    if (changeUs === 0 || Math.abs(changeUs) > LARGEST_CHANGE_US || !fits) return 0;
    notes.add('local times change to or from daylight saving time: placed by their intervals');
    return -changeUs;
  };

  return { place };
};

/** UTC in the place of a zone that nobody gave. */
const UNSTATED: Zone = { ...UTC };

const isInterval = (seconds: number): boolean => seconds > 0 && seconds <= LONGEST_INTERVAL_S;

/** Whether a sample's interval can be the time since the one before; of the first, whether it is one at all. */
const spans = (seconds: number, beforeUs: number | null, realUs: number): boolean =>
  isInterval(seconds) && (beforeUs === null || seconds * 1e6 <= 1.5 * (realUs - beforeUs) + SLACK_US);

/** Of the instants that a local time may mean, the one that fits what came before. */
const nearestOf = (
  instants: readonly number[],
  expectedUs: number | null,
  lastUs: number | null,
): number | null => {
  if (expectedUs === null)
    return instants.find((us) => lastUs === null || us > lastUs) ?? instants[0] ?? null;
  const byFit = [...instants].sort((a, b) => Math.abs(a - expectedUs) - Math.abs(b - expectedUs));
  return byFit[0] ?? null;
};

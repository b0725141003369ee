/** What the detector knows of one session: plain data, bounded, of which a clone goes on by itself. */
import { COUNTER_STRIDE, type Pools } from './counter.ts';
import type { Gauge } from './gauge.ts';
import { GAUGE, SPIKE } from './params.ts';
import type { Range } from './range.ts';
import { RANGE } from './range-params.ts';
import type { Season } from './season.ts';
import type { SeriesIdentity, Shift, Silence, Spike } from './series.ts';

export type Slot = {
  readonly number: number;
  readonly identity: SeriesIdentity;
  readonly pools: Pools | null;
  readonly gauge: Gauge | null;
  /** It came while the baseline was frozen: what is usual for it is learnt for a while all the same. */
  readonly late: boolean;
  /** A single one is news. */
  readonly critical: boolean;
  /** The latest ticks at or above 1, to find the beginning of a run: tick and time of the first of them. */
  risingTick: number;
  risingUs: number;
  lastRisen: number;
  quietTicks: number;
  spike: Spike | null;
  /** null where no range is followed: of what is mostly nothing. */
  range: Range | null;
  /** The range that it has left, while it is away. */
  shift: Shift | null;
  /** The value of the latest tick that was not unusual; NaN before the first. */
  calm: number;
  /** The deed that this series is a part of; null where it is none. */
  readonly deed: DeedSum | null;
  /** What a gauge was before. */
  before: number;
  /** What it does at each hour of the day; null while it did nothing unusual. */
  season: Season | null;
  /** How steadily a counter moves; null where its silence says nothing. */
  readonly steady: Steadiness | null;
};

/** How steadily a counter moves. */
export type Steadiness = {
  activeTicks: number;
  seenTicks: number;
  longestTicks: number;
  /** Ticks that it has been silent now, and when that began. */
  quietTicks: number;
  sinceUs: number;
  silence: Silence | null;
};

/** What all processes did of one thing in a tick, and the one who did most. */
export type DeedSum = {
  readonly metric: string;
  readonly least: number;
  /** What the machine counts of it, and how much one of its units is. */
  readonly whole: { readonly metric: string; readonly each: number } | null;
  tick: number;
  sum: number;
  most: number;
  by: SeriesIdentity | null;
};

/** Of a tick in which so much was done that it may matter: who did most of it, and how much of how much. */
export type Deed = {
  readonly tick: number;
  readonly metric: string;
  /** null where the machine did it, and nobody who is counted. */
  readonly by: SeriesIdentity | null;
  readonly amount: number;
  readonly ofAll: number;
};

/** Of a tick in which it hurt: how long somebody waited, in µs a second. */
export type Wait = { readonly tick: number; readonly metric: string; readonly waitUs: number };

/** Of a tick: who waited most in this way, and for how long, in ns a second (of all its threads). */
export type Suffering = {
  readonly tick: number;
  readonly metric: string;
  by: SeriesIdentity;
  waitNs: number;
};

export type Insight = {
  /** Ticks so far; one that was missed counts, and is not scored. */
  ticks: number;
  bootUs: number;
  /** Ticks are so far apart that gauges follow the rhythm of days. */
  readonly slow: boolean;
  readonly intervalUs: number;
  /** Ticks that ranges are judged in. */
  readonly blockTicks: number;
  frozen: boolean;
  eventScore: number;
  slab: Float64Array;
  values: Float64Array;
  readonly slots: (Slot | null)[];
  readonly free: number[];
  readonly pools: Map<string, Pools>;
  readonly deedSums: Map<string, DeedSum>;
  /** Rows of series that are a part of one. */
  readonly deedRows: Set<number>;
  /** Rows of what the machine counts itself, by metric. */
  readonly hostRows: Map<string, number>;
  /** The latest of them, in order of time. */
  readonly deeds: Deed[];
  readonly waits: Wait[];
  /** Of each tick the few who waited most, by metric. */
  readonly suffered: Suffering[];
  readonly spikes: Spike[];
  /** The latest, in the order in which they were known. */
  readonly shifts: Shift[];
  readonly silences: Silence[];
  /** Spikes dropped for want of room: of those that began up to `thinnedUs` only the loudest are kept. */
  forgotten: number;
  thinnedUs: number | null;
  seriesSeen: number;
  /** Series not followed for want of room. */
  unfollowed: number;
};

const FIRST_ROWS = 64;

/** `intervalMs` is the time between ticks: slow gauges have rhythms of hours, fast ones do not. */
export const createInsight = (intervalMs = 1000, eventScore: number = SPIKE.eventScore): Insight => ({
  slow: intervalMs >= GAUGE.slowFromMs,
  intervalUs: intervalMs * 1000,
  blockTicks: Math.max(1, Math.min(RANGE.mostBlockTicks, Math.round(RANGE.blockMs / intervalMs))),
  ticks: 0,
  bootUs: 0,
  frozen: false,
  eventScore,
  slab: new Float64Array(FIRST_ROWS * COUNTER_STRIDE),
  values: new Float64Array(FIRST_ROWS).fill(Number.NaN),
  slots: [],
  free: [],
  pools: new Map(),
  deedSums: new Map(),
  deedRows: new Set(),
  hostRows: new Map(),
  deeds: [],
  waits: [],
  suffered: [],
  spikes: [],
  shifts: [],
  silences: [],
  forgotten: 0,
  thinnedUs: null,
  seriesSeen: 0,
  unfollowed: 0,
});

/**
 * The insight into one session, as plain data: what `tick` has learnt so far, bounded by MAX_SERIES and MAX_SPIKES.
 * What it says at a moment depends on nothing that came after, and on nothing but the values it was given: so live
 * tracing, a replay and `analyze` agree. A clone of it goes on by itself.
 */
import { commonLoad } from './common.ts';
import {
  ageOf,
  beginCounter,
  COUNTER_STRIDE,
  endCounter,
  isShifted,
  type Pools,
  scoreCounter,
} from './counter.ts';
import { createGauge, type Gauge, scoreGauge } from './gauge.ts';
import { CRITICAL, GAUGE, MAX_SERIES, MAX_SPIKES, SPIKE } from './params.ts';
import type { SeriesIdentity, Spike } from './series.ts';
import { createPool } from './tail.ts';

type Slot = {
  readonly number: number;
  readonly identity: SeriesIdentity;
  readonly pools: Pools | null;
  readonly gauge: Gauge | null;
  /** The latest ticks at or above 1, to find the beginning of a run: tick and time of the first of them. */
  risingTick: number;
  risingUs: number;
  lastRisen: number;
  quietTicks: number;
  spike: Spike | null;
};

export type Insight = {
  /** Ticks so far; one that was missed counts, and is not scored. */
  ticks: number;
  bootUs: number;
  /** Ticks are so far apart that gauges follow the rhythm of days. */
  readonly slow: boolean;
  frozen: boolean;
  eventScore: number;
  slab: Float64Array;
  values: Float64Array;
  readonly slots: (Slot | null)[];
  readonly free: number[];
  readonly pools: Map<string, Pools>;
  readonly spikes: Spike[];
  /** Spikes let go for want of room. */
  forgotten: number;
  seriesSeen: number;
  /** Series not followed for want of room. */
  unfollowed: number;
};

const FIRST_ROWS = 64;

/** `intervalMs` is the time between ticks: slow gauges have rhythms of hours, fast ones do not. */
export const createInsight = (intervalMs = 1000, eventScore: number = SPIKE.eventScore): Insight => ({
  slow: intervalMs >= GAUGE.slowFromMs,
  ticks: 0,
  bootUs: 0,
  frozen: false,
  eventScore,
  slab: new Float64Array(FIRST_ROWS * COUNTER_STRIDE),
  values: new Float64Array(FIRST_ROWS).fill(Number.NaN),
  slots: [],
  free: [],
  pools: new Map(),
  spikes: [],
  forgotten: 0,
  seriesSeen: 0,
  unfollowed: 0,
});

/**
 * Follows one more series and returns its row, -1 when there is no room. `silentTicks` is for how many ticks it is
 * known to have been zero.
 */
export const openSeries = (insight: Insight, identity: SeriesIdentity, silentTicks: number): number => {
  const row = insight.free.pop() ?? insight.slots.length;
  if (row >= MAX_SERIES) {
    insight.unfollowed += 1;
    return -1;
  }
  makeRoom(insight, row);
  const counter = identity.kind === 'counter';
  // Also for a gauge: what a counter left in the row must not speak for it.
  beginCounter(insight.slab, row * COUNTER_STRIDE, silentTicks);
  insight.values[row] = Number.NaN;
  insight.slots[row] = {
    number: insight.seriesSeen,
    identity,
    pools: counter || !insight.slow ? poolsOf(insight, identity.metric) : null,
    gauge: counter ? null : createGauge(),
    risingTick: 0,
    risingUs: 0,
    lastRisen: -2,
    quietTicks: SPIKE.quietTicks,
    spike: null,
  };
  insight.seriesSeen += 1;
  return row;
};

export const closeSeries = (insight: Insight, row: number): void => {
  const slot = insight.slots[row];
  if (slot === null || slot === undefined) return;
  if (slot.pools !== null) endCounter(insight.slab, row * COUNTER_STRIDE, slot.pools);
  insight.slots[row] = null;
  insight.free.push(row);
};

/** A process got its name late, or took another: what is told from now on bears it. */
export const renameSeries = (insight: Insight, row: number, comm: string): void => {
  const slot = insight.slots[row];
  if (slot === null || slot === undefined || slot.identity.comm === comm) return;
  insight.slots[row] = { ...slot, identity: { ...slot.identity, comm } };
};

const ageOfRow = (insight: Insight, row: number, { gauge }: Slot): number =>
  gauge === null ? ageOf(insight.slab, row * COUNTER_STRIDE) : gauge.age;

/** Scores `insight.values` (per second for counters, NaN where nothing was read), which belong to this tick. */
export const tick = (insight: Insight, bootUs: number): void => {
  const { slots, values } = insight;
  insight.bootUs = bootUs;
  const load = commonLoad(insight.slab, slots, values, COUNTER_STRIDE);
  for (let row = 0; row < slots.length; row += 1) {
    const slot = slots[row];
    if (slot === null || slot === undefined) continue;
    const value = values[row] as number;
    if (Number.isNaN(value)) continue;
    const age = ageOfRow(insight, row, slot);
    const score = scoreOf(insight, slot, row, value, load);
    follow(insight, slot, row, value, score, age);
  }
  insight.ticks += 1;
};

/** Ticks that nobody saw: time goes on, nothing is learnt. */
export const skipTicks = (insight: Insight, count: number): void => {
  insight.ticks += count;
};

const scoreOf = (insight: Insight, slot: Slot, row: number, value: number, load: number): number => {
  const novelty = slot.gauge === null ? 0 : scoreGauge(slot.gauge, value, insight.frozen);
  // A level that shoots up is as unlikely as a rate that does, also where it has been before.
  const score =
    slot.pools === null || value < 0
      ? novelty
      : Math.max(
          novelty,
          scoreCounter(insight.slab, row * COUNTER_STRIDE, value, load, slot.pools, insight.frozen),
        );
  return value > 0 && CRITICAL.has(slot.identity.metric) ? Math.max(score, SPIKE.criticalScore) : score;
};

/** Cuts the scores of a series into spikes. */
const follow = (
  insight: Insight,
  slot: Slot,
  row: number,
  value: number,
  score: number,
  age: number,
): void => {
  const now = insight.ticks;
  if (score >= 1) {
    if (slot.lastRisen !== now - 1) {
      slot.risingTick = now;
      slot.risingUs = insight.bootUs;
    }
    slot.lastRisen = now;
  }
  if (score < insight.eventScore || (age < SPIKE.validTicks && !CRITICAL.has(slot.identity.metric))) {
    slot.quietTicks += 1;
    return;
  }
  if (slot.spike === null || isNew(slot, slot.spike, now, score, insight.slow))
    begin(insight, slot, value, score, age);
  else extend(insight, slot.spike, value, score);
  if (slot.pools !== null && slot.spike !== null)
    slot.spike.shift = isShifted(insight.slab, row * COUNTER_STRIDE);
  slot.quietTicks = 0;
};

/**
 * A slow gauge that has moved once is restless for a while. Of fast series a clearly louder run is a spike of its own
 * also soon after a faint one: what was noise must not lend it its beginning.
 */
const isNew = (
  { quietTicks, gauge }: Slot,
  spike: Spike,
  now: number,
  score: number,
  slow: boolean,
): boolean => {
  if (quietTicks < SPIKE.quietTicks)
    return !slow && quietTicks >= SPIKE.pauseTicks && score >= spike.score + SPIKE.clearlyLouder;
  if (gauge === null || !slow || now - spike.tick >= GAUGE.holdOffTicks) return true;
  return score > spike.score * GAUGE.louder;
};

/** How far back the beginning of a run may lie from where it became unlikely. */
const MOST_BACKDATED_TICKS = 8;

const begin = (insight: Insight, slot: Slot, value: number, score: number, age: number): void => {
  const recent = insight.ticks - slot.risingTick <= MOST_BACKDATED_TICKS;
  slot.spike = {
    series: slot.number,
    identity: slot.identity,
    tick: recent ? slot.risingTick : insight.ticks,
    startUs: recent ? slot.risingUs : insight.bootUs,
    seenTick: insight.ticks,
    endTick: insight.ticks,
    endUs: insight.bootUs,
    peak: value,
    peakUs: insight.bootUs,
    score,
    shift: false,
    learning: age < SPIKE.learningTicks,
  };
  insight.spikes.push(slot.spike);
  if (insight.spikes.length <= MAX_SPIKES) return;
  insight.forgotten += insight.spikes.length - MAX_SPIKES / 2;
  insight.spikes.splice(0, insight.spikes.length - MAX_SPIKES / 2);
};

const extend = (insight: Insight, spike: Spike, value: number, score: number): void => {
  spike.endTick = insight.ticks;
  spike.endUs = insight.bootUs;
  if (score > spike.score) spike.score = score;
  if (value <= spike.peak) return;
  spike.peak = value;
  spike.peakUs = insight.bootUs;
};

const makeRoom = (insight: Insight, row: number): void => {
  if (row < insight.values.length) return;
  const rows = insight.values.length * 2;
  const slab = new Float64Array(rows * COUNTER_STRIDE);
  slab.set(insight.slab);
  insight.slab = slab;
  const values = new Float64Array(rows).fill(Number.NaN);
  values.set(insight.values);
  insight.values = values;
};

const poolsOf = (insight: Insight, metric: string): Pools => {
  const known = insight.pools.get(metric);
  if (known !== undefined) return known;
  const fresh = { most: createPool(), sum: createPool() };
  insight.pools.set(metric, fresh);
  return fresh;
};

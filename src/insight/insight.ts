/**
 * The detector: series are opened and closed, and each tick scores their values. What it says at a moment depends on
 * nothing that came after, and on nothing but the values it was given: so live tracing, a replay and `analyze` agree.
 */
import { commonLoad } from './common.ts';
import { ageOf, beginCounter, COUNTER_STRIDE, endCounter, type Pools, scoreCounter } from './counter.ts';
import { deedOf, noteWaits, sumDeeds } from './deeds.ts';
import type { Insight, Slot } from './detector-state.ts';
import { createGauge, scoreGauge } from './gauge.ts';
import { CRITICAL, MAX_SERIES, SPIKE } from './params.ts';
import { createRange } from './range.ts';
import { createSeason, hourOf, isOfTheHour, noteHour } from './season.ts';
import type { SeriesIdentity } from './series.ts';
import { followRange } from './shifts.ts';
import { createSteadiness, followSilence } from './silence.ts';
import { follow } from './spikes.ts';
import { createPool } from './tail.ts';

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
  const deed = identity.pid === null ? null : deedOf(insight, identity.metric);
  if (deed !== null) insight.deedRows.add(row);
  insight.slots[row] = {
    number: insight.seriesSeen,
    identity,
    late: insight.frozen,
    critical: CRITICAL.has(identity.metric),
    pools: counter || !insight.slow ? poolsOf(insight, identity.metric) : null,
    gauge: counter ? null : createGauge(),
    risingTick: 0,
    risingUs: 0,
    lastRisen: -2,
    quietTicks: SPIKE.quietTicks,
    spike: null,
    range: counter ? null : createRange(insight.seriesSeen),
    shift: null,
    calm: Number.NaN,
    deed,
    before: Number.NaN,
    season: null,
    steady: createSteadiness(identity),
  };
  if (identity.pid === null) insight.hostRows.set(identity.metric, row);
  insight.seriesSeen += 1;
  return row;
};

export const closeSeries = (insight: Insight, row: number): void => {
  const slot = insight.slots[row];
  if (slot === null || slot === undefined) return;
  if (slot.pools !== null) endCounter(insight.slab, row * COUNTER_STRIDE, slot.pools);
  insight.slots[row] = null;
  insight.deedRows.delete(row);
  insight.free.push(row);
};

/** What was held to be unusual about a series is no news, and what its process did is no deed. */
export const forgetSeries = (insight: Insight, row: number): void => {
  const slot = insight.slots[row];
  if (slot === null || slot === undefined) return;
  const { number, identity } = slot;
  keep(insight.spikes, ({ series }) => series !== number);
  keep(insight.shifts, ({ series }) => series !== number);
  keep(insight.silences, ({ series }) => series !== number);
  keep(insight.deeds, ({ by }) => by?.pid !== identity.pid || by?.startMs !== identity.startMs);
};

const keep = <Item>(items: Item[], wanted: (item: Item) => boolean): void => {
  const kept = items.filter(wanted);
  if (kept.length < items.length) items.splice(0, items.length, ...kept);
};

/** A process got its name late, or took another: what is reported from now on bears it. */
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
  sumDeeds(insight);
  noteWaits(insight);
  const hour = hourOf(bootUs);
  for (let row = 0; row < slots.length; row += 1) {
    const slot = slots[row];
    if (slot === null || slot === undefined) continue;
    const value = values[row] as number;
    if (Number.isNaN(value)) continue;
    const age = ageOfRow(insight, row, slot);
    const frozen = insight.frozen && !(slot.late && age < SPIKE.learningTicks);
    const score = scoreOf(insight, slot, row, value, load, frozen);
    if (slot.season !== null && !frozen) noteHour(slot.season, value, hour);
    const isNews = score < insight.eventScore || slot.critical || !isExplained(slot, value, hour);
    follow(insight, slot, row, value, isNews ? score : 0, age);
    followRange(insight, slot, row, value);
    if (slot.season === null && (slot.spike !== null || slot.shift !== null)) {
      slot.season = createSeason(bootUs);
      noteHour(slot.season, value, hour);
    }
    followSilence(insight, slot, value);
  }
  insight.ticks += 1;
};

const isExplained = ({ season }: Slot, value: number, hour: number): boolean =>
  season !== null && isOfTheHour(season, value, hour);

/** Ticks that nobody saw: time goes on, nothing is learnt. */
export const skipTicks = (insight: Insight, count: number): void => {
  insight.ticks += count;
};

const scoreOf = (
  insight: Insight,
  slot: Slot,
  row: number,
  value: number,
  load: number,
  frozen: boolean,
): number => {
  const novelty = slot.gauge === null ? 0 : scoreGauge(slot.gauge, value, frozen);
  // A level that shoots up is as unlikely as a rate that does, also where it has been before.
  const score =
    slot.pools === null || value < 0
      ? novelty
      : Math.max(novelty, scoreCounter(insight.slab, row * COUNTER_STRIDE, value, load, slot.pools, frozen));
  return value > 0 && slot.critical ? Math.max(score, SPIKE.criticalScore) : score;
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

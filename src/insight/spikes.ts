/** Cuts the scores of a series into spikes: where one begins, when it goes on, and when another one begins. */
import { COUNTER_STRIDE, isShifted } from './counter.ts';
import type { Insight, Slot } from './detector-state.ts';
import { GAUGE, MAX_SPIKES, SPIKE } from './params.ts';
import type { Spike } from './series.ts';
import { thinSpikes } from './thin-spikes.ts';

/** One more tick of the series. `age` is how many it had before. */
export const follow = (
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
  if (score < insight.eventScore || (age < SPIKE.validTicks && !slot.critical)) {
    slot.quietTicks += 1;
    if (score < 1) slot.calm = value;
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
    fell: slot.gauge !== null && value < slot.calm,
    score,
    shift: false,
    learning: age < SPIKE.learningTicks,
  };
  insight.spikes.push(slot.spike);
  if (insight.spikes.length > MAX_SPIKES) thinSpikes(insight);
};

const extend = (insight: Insight, spike: Spike, value: number, score: number): void => {
  spike.endTick = insight.ticks;
  spike.endUs = insight.bootUs;
  if (score > spike.score) spike.score = score;
  if (spike.fell ? value >= spike.peak : value <= spike.peak) return;
  spike.peak = value;
  spike.peakUs = insight.bootUs;
};

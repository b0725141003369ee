/** Series that leave their usual range for good: when, and how far they went. */
import { COUNTER_STRIDE, isDense } from './counter.ts';
import type { Insight, Slot } from './detector-state.ts';
import { MAX_SHIFTS } from './params.ts';
import { beyondTicks, createRange, hasJumped, noteShift, type Range, surpriseAt } from './range.ts';
import { hourOf, isOfTheHour } from './season.ts';
import type { Shift } from './series.ts';

/** One more tick of the series. Of a counter that is mostly silent no range is known. */
export const followRange = (insight: Insight, slot: Slot, row: number, value: number): void => {
  if (slot.range === null && isDense(insight.slab, row * COUNTER_STRIDE))
    slot.range = createRange(slot.number);
  const { range } = slot;
  if (range === null) return;
  const surprise = surpriseAt(range, value, insight);
  if (slot.shift !== null && !range.away) slot.shift = null;
  if (surprise === 0) return;
  const begins = slot.shift === null || hasJumped(range);
  if (begins && slot.season !== null && isOfTheHour(slot.season, latestOf(range), hourOf(insight.bootUs)))
    return;
  if (slot.shift === null || begins) begin(insight, slot, range, surprise);
  else extend(insight, slot.shift, range, surprise);
};

const begin = (insight: Insight, slot: Slot, range: Range, surprise: number): void => {
  const { identity, number } = slot;
  const { ticks, bootUs, intervalUs, shifts } = insight;
  noteShift(range);
  const since = beyondTicks(range, insight) - 1;
  slot.shift = {
    series: number,
    identity,
    tick: ticks - since,
    startUs: bootUs - since * intervalUs,
    seenTick: ticks,
    endTick: ticks,
    endUs: bootUs,
    surprise,
    usual: range.median,
    spread: range.spread,
    lowest: range.lowest,
    highest: range.highest,
    seenBlocks: range.seenBlocks,
    peak: latestOf(range),
    fell: range.side < 0,
  };
  shifts.push(slot.shift);
  if (shifts.length > MAX_SHIFTS) shifts.splice(0, MAX_SHIFTS / 2);
};

const extend = ({ ticks, bootUs }: Insight, shift: Shift, range: Range, surprise: number): void => {
  shift.endTick = ticks;
  shift.endUs = bootUs;
  if (surprise <= shift.surprise) return;
  shift.surprise = surprise;
  shift.peak = latestOf(range);
};

const latestOf = ({ latest }: Range): number => latest.at(-1) ?? 0;

/**
 * How likely is it that anything spikes around a moment? In a storm everything coincides with everything, and a
 * coincidence in it is worth little. The weight of a tick is the number of spikes that begin within a few ticks of it,
 * of all series, relative to the mean; `between` is its integral.
 */
import { LINK } from './params.ts';

export type Storms = {
  /** Weight of the ticks `from` up to, not including, `to`. */
  between(from: number, to: number): number;
  readonly total: number;
};

/** `ticksOfSpikes` in any order; the session has ticks 0 to `ticks` - 1. */
export const weighStorms = (ticksOfSpikes: readonly number[], ticks: number): Storms => {
  const begun = new Float64Array(ticks + 1);
  for (const at of ticksOfSpikes) begun[Math.min(ticks, at + 1)] = (begun[Math.min(ticks, at + 1)] ?? 0) + 1;
  for (let at = 1; at <= ticks; at += 1) begun[at] = (begun[at] ?? 0) + (begun[at - 1] ?? 0);
  const near = (at: number): number =>
    (begun[Math.min(ticks, at + LINK.stormTicks + 1)] ?? 0) - (begun[Math.max(0, at - LINK.stormTicks)] ?? 0);
  let mean = 0;
  for (let at = 0; at < ticks; at += 1) mean += near(at) / ticks;
  const weight = new Float64Array(ticks + 1);
  for (let at = 0; at < ticks; at += 1) {
    weight[at + 1] = (weight[at] ?? 0) + (mean === 0 ? 1 : Math.max(near(at), LINK.stormLeast * mean) / mean);
  }
  const upTo = (at: number): number => weight[Math.max(0, Math.min(ticks, at))] ?? 0;
  return { between: (from, to) => upTo(to) - upTo(from), total: weight[ticks] ?? 0 };
};

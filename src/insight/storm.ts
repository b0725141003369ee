/**
 * How likely is it that anything spikes around a moment? In a storm everything coincides with everything, and a
 * coincidence in it is worth little. The weight of a tick is the number of spikes that begin within a few ticks of it,
 * of all series, relative to the mean.
 */
import { LINK } from './params.ts';

export type Storms = {
  /** Weight of the window (LINK.windowTicks) around a tick. */
  around(tick: number): number;
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
  const weight = Float64Array.from({ length: ticks }, (_, at) =>
    mean === 0 ? 1 : Math.max(near(at), LINK.stormLeast * mean) / mean,
  );
  const { windowTicks } = LINK;
  const windows = new Float64Array(ticks + 2 * windowTicks);
  let total = 0;
  weight.forEach((one, at) => {
    total += one;
    for (let window = at; window <= at + 2 * windowTicks; window += 1)
      windows[window] = (windows[window] ?? 0) + one;
  });
  return { around: (tick) => windows[tick + windowTicks] ?? 0, total };
};

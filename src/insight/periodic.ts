/** Does a series spike by the clock? Two that do share a clock, and neither leads the other. */
import { PERIODIC } from './params.ts';
import type { Spike } from './series.ts';
import { median } from './statistics.ts';

/** A clock of a minute is also one of thirty seconds: of periods that fit as well the longest is meant. */
const AS_WELL = 0.95;

/** The period in ticks, or null: the phases of its spikes are no accident (Rayleigh test). */
export const periodOf = (spikes: readonly Spike[]): number | null => {
  if (spikes.length < PERIODIC.leastSpikes) return null;
  const gaps = spikes.slice(1).map(({ tick }, index) => tick - (spikes[index]?.tick ?? 0));
  const periods = [...PERIODIC.periodsTicks, median(gaps)];
  let best: { period: number; concentration: number } | null = null;
  for (const period of periods) {
    if (period < 2) continue;
    let x = 0;
    let y = 0;
    for (const { tick } of spikes) {
      x += Math.cos((2 * Math.PI * tick) / period);
      y += Math.sin((2 * Math.PI * tick) / period);
    }
    const concentration = (x * x + y * y) / spikes.length;
    if (concentration > PERIODIC.concentration && concentration >= AS_WELL * (best?.concentration ?? 0))
      best = { period, concentration };
  }
  return best?.period ?? null;
};

/**
 * The period in ticks if spikes that two series share lie on a common grid: all gaps are multiples of the least. So
 * it is seen also when a series has other spikes beside those of its clock.
 */
export const sharedClock = (ticks: readonly number[]): number | null => {
  if (ticks.length < PERIODIC.leastShared) return null;
  const sorted = [...ticks].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((tick, index) => tick - (sorted[index] ?? 0));
  const base = Math.min(...gaps);
  if (base < PERIODIC.leastGapTicks) return null;
  const onGrid = (gap: number): boolean => {
    const multiple = Math.round(gap / base);
    // What the least gap is off by is multiplied with it.
    const tolerance = Math.min(PERIODIC.jitterTicks * (multiple + 1), PERIODIC.jitterShare * base);
    return Math.abs(gap - base * multiple) <= Math.max(PERIODIC.jitterTicks, tolerance);
  };
  return gaps.every(onGrid) ? base : null;
};

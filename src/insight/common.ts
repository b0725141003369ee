/** What the dense series of a tick do together: load, a deploy, a machine that was suspended. Not a spike of each. */
import { levelRatio } from './counter.ts';
import { COMMON } from './params.ts';

/**
 * Median of ln(x / level) over the dense series; 0 when too few are dense to say. Rows without a slot are skipped, and
 * so are values that were not read (NaN); gauges have no load.
 */
export const commonLoad = (
  slab: Float64Array,
  slots: readonly ({ readonly gauge: unknown } | null)[],
  values: Float64Array,
  stride: number,
): number => {
  const ratios: number[] = [];
  for (let row = 0; row < slots.length; row += 1) {
    const value = values[row] as number;
    if (slots[row]?.gauge !== null || !(value >= 0)) continue;
    const ratio = levelRatio(slab, row * stride, value);
    if (!Number.isNaN(ratio)) ratios.push(ratio);
  }
  if (ratios.length < COMMON.leastSeries) return 0;
  const sorted = Float64Array.from(ratios).sort();
  return sorted[sorted.length >> 1] ?? 0;
};

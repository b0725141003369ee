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
  if (ratios.length < slots.length) ratios = new Float64Array(2 * slots.length);
  let held = 0;
  for (let row = 0; row < slots.length; row += 1) {
    const value = values[row] as number;
    if (!(value >= 0)) continue;
    const ratio = levelRatio(slab, row * stride, value);
    if (Number.isNaN(ratio) || slots[row]?.gauge !== null) continue;
    ratios[held] = ratio;
    held += 1;
  }
  return held < COMMON.leastSeries ? 0 : Math.log(smallest(ratios, held, held >> 1));
};

/** Room to work in, for no longer than a tick. */
let ratios = new Float64Array(0);

/** The value of which `rank` are smaller, of the first `held`; puts them in another order (quickselect). */
const smallest = (values: Float64Array, held: number, rank: number): number => {
  let low = 0;
  let high = held - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] as number) < pivot) left += 1;
      while ((values[right] as number) > pivot) right -= 1;
      if (left > right) break;
      const swapped = values[left] as number;
      values[left] = values[right] as number;
      values[right] = swapped;
      left += 1;
      right -= 1;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank] as number;
};

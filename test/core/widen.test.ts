/** Numbers of many samples, held against the samples between, of a real recording. */
import { describe, expect, it } from 'vitest';
import { rateOf } from '../../src/core/rate.ts';
import { widened } from '../../src/core/widen.ts';
import { momentOf } from '../helpers/moment.ts';

const [FROM, TO] = [30, 40];
const earlier = momentOf('01-seek-hole-storm', FROM);
const later = momentOf('01-seek-hole-storm', TO);
const wide = widened(earlier, later);

describe('a wider interval', () => {
  it('has all that grew in the samples between, and the time they took', () => {
    const samples = later.samples - earlier.samples;
    expect(samples).toBe(TO - FROM);
    const storm = wide.rows.find(({ comm }) => comm === 'qemu-mirror');
    if (storm === undefined) throw new Error('the storm is not in this recording');
    for (const metric of ['iomap.seek_hole', 'iomap.iter', 'iomap.seek_ns']) {
      const between = later.history.row(storm.id, metric, samples).reduce((sum, delta) => sum + delta, 0);
      expect(storm.metrics[metric]?.delta, metric).toBe(between);
      expect(between).toBeGreaterThan(0);
    }
    const countedUs = later.history.countedUs(samples).reduce((sum, us) => sum + us, 0);
    expect(wide.counted.intervalUs).toBe(countedUs);
    expect(rateOf(storm.metrics['iomap.seek_ns']?.delta ?? 0, wide.counted.intervalUs)).toBeLessThan(1.1e9);
    const faults = later.history.host('vm.pgmajfault', samples).reduce((sum, delta) => sum + delta, 0);
    expect(wide.host['vm.pgmajfault']?.delta).toBe(faults);
    expect(Math.abs(wide.hostIntervalUs - samples * 1e6)).toBeLessThan(2e5);
  });

  it('leaves totals, levels, names and histories as they are', () => {
    expect(wide.rows.map(({ id }) => id)).toEqual(later.rows.map(({ id }) => id));
    for (const [index, row] of wide.rows.entries())
      for (const [metric, { total }] of Object.entries(row.metrics))
        expect(total).toBe(later.rows[index]?.metrics[metric]?.total);
    expect(wide.host['load.1']).toEqual(later.host['load.1']);
    expect(wide.history).toBe(later.history);
  });

  it('adds up: two halves are the whole', () => {
    const middle = momentOf('01-seek-hole-storm', (FROM + TO) / 2);
    const halves = [widened(earlier, middle), widened(middle, later)];
    for (const [metric, { delta }] of Object.entries(wide.totals)) {
      if (later.metrics.find(({ id }) => id === metric)?.kind !== 'counter') continue;
      const sum = halves.reduce((all, half) => all + (half.totals[metric]?.delta ?? 0), 0);
      expect(sum, metric).toBeCloseTo(delta, 3);
    }
  });
});

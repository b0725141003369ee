/** Kernel objects that cannot be dropped and grow as steadily as a clock goes are named, and nothing else is. */
import { describe, expect, it } from 'vitest';
import { allFindings } from '../../src/insight/findings/all.ts';
import { hostMetric, recordsOf, type Tick, watched, watchedAfter } from './sessions.ts';

const METRICS = [hostMetric('mem.slab', 'gauge'), hostMetric('mem.slab_reclaimable', 'gauge')].map(
  (metric) => ({
    ...metric,
    unit: 'KiB' as const,
  }),
);
const MIB = 1024;

/** Levels in MiB: what cannot be dropped, and what can. */
const findingsOf = (ticks: number, held: (tick: number) => number, droppable: (tick: number) => number) => {
  const samples = Array.from({ length: ticks }, (_, tick): Tick => {
    const [fixed, free] = [held(tick) * MIB, droppable(tick) * MIB];
    return { host: { 'mem.slab': fixed + free, 'mem.slab_reclaimable': free } };
  });
  return allFindings(watched(watchedAfter(recordsOf(samples, METRICS), METRICS)));
};

describe('memory of kernel objects', () => {
  it('is named where what cannot be dropped grows without rest, with how much, and nobody', () => {
    const [finding, ...others] = findingsOf(
      200,
      (tick) => 60 + 2 * tick + (tick % 3),
      () => 400,
    );
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'slab-leak', suspect: null, confidence: 0.5 });
    expect(finding?.evidence[0]).toMatchObject({ metric: 'mem.slab', unit: 'bytes' });
    expect(finding?.evidence[0]?.value).toBeGreaterThan(250 * 2 ** 20);
    expect(finding?.evidence[1]?.value).toBe(0);
    expect(finding?.advice.some(({ command }) => command?.startsWith('slabtop'))).toBe(true);
  });

  it.each<[string, number, (tick: number) => number, (tick: number) => number]>([
    ['what can be dropped grows: inodes and dentries', 200, () => 60, (tick) => 100 + 4 * tick],
    ['it grows to a bound', 300, (tick) => 60 + Math.min(160, 2 * tick), () => 400],
    ['it comes and goes', 300, (tick) => 60 + ((tick * 3) % 90), () => 400],
    ['it grows little', 300, (tick) => 500 + 0.1 * tick, () => 400],
    ['a minute was seen', 60, (tick) => 60 + 4 * tick, () => 400],
  ])('is not named where %s', (_, ticks, held, droppable) => {
    expect(findingsOf(ticks, held, droppable)).toEqual([]);
  });
});

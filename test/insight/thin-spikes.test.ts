/** What stays of a session with more spikes than there is room for. */
import { describe, expect, it } from 'vitest';
import { createInsight } from '../../src/insight/detector-state.ts';
import { incidentsOf } from '../../src/insight/incidents.ts';
import { MAX_SPIKES } from '../../src/insight/params.ts';
import type { Spike } from '../../src/insight/series.ts';
import { thinSpikes } from '../../src/insight/thin-spikes.ts';

const spike = (tick: number, series: number, score: number): Spike => ({
  series,
  identity: {
    ...{ metric: 'iomap.iter', kind: 'counter', unit: 'count' },
    ...{ pid: series + 1, startMs: 1, comm: `worker-${series}` },
  },
  ...{ tick, startUs: tick * 1e6, seenTick: tick, endTick: tick, endUs: tick * 1e6 },
  ...{ peak: 10, peakUs: tick * 1e6, fell: false, score, shift: false, learning: false },
});

/** Some faint spikes with every tick, and in the tick 300 eight series that are loud. */
const busy = (ticks: number): Spike[] =>
  Array.from({ length: ticks }, (_, tick) => [
    ...Array.from({ length: 12 }, (_, index) =>
      spike(tick, (tick * 7 + index) % 400, 2.5 + ((tick + index) % 3) / 10),
    ),
    ...(tick === 300 ? Array.from({ length: 8 }, (_, index) => spike(tick, 500 + index, 9)) : []),
  ]).flat();

describe('spikes beyond the room for them', () => {
  it('go where they are faint, so that an incident of long ago is still one', () => {
    const insight = createInsight();
    let most = 0;
    for (const one of busy(6_000)) {
      insight.spikes.push(one);
      if (insight.spikes.length > MAX_SPIKES) thinSpikes(insight);
      most = Math.max(most, insight.spikes.length);
    }
    expect(most).toBe(MAX_SPIKES);
    expect(insight.spikes.length + insight.forgotten).toBe(6_000 * 12 + 8);
    expect(insight.thinnedUs).toBeGreaterThan(300e6);
    const [incident] = incidentsOf(insight.spikes);
    expect(incident?.startTick).toBe(300);
    expect(incident?.spikes).toHaveLength(8);
    const ticks = insight.spikes.map(({ tick }) => tick);
    expect(ticks.every((tick, index) => index === 0 || tick >= (ticks[index - 1] ?? 0))).toBe(true);
    // Of the later half all are there.
    expect(insight.spikes.filter(({ tick }) => tick >= 5_000)).toHaveLength(12_000);
  });

  it('are bounded where all are as loud as each other', () => {
    const insight = createInsight();
    for (let tick = 0; tick < MAX_SPIKES * 1.5; tick += 1) {
      insight.spikes.push(spike(tick, tick % 100, 3));
      if (insight.spikes.length > MAX_SPIKES) thinSpikes(insight);
    }
    expect(insight.spikes.length).toBeLessThanOrEqual(MAX_SPIKES);
  });
});

/** Spikes for tests of what rests on them. */
import type { Spike } from '../../src/insight/series.ts';

export const spikeOf = (series: number, tick: number, facts: Partial<Spike> = {}): Spike => ({
  series,
  identity: {
    metric: `m${series}`,
    kind: 'counter',
    unit: 'count',
    pid: series,
    startMs: 0,
    comm: `p${series}`,
  },
  tick,
  startUs: tick * 1e6,
  seenTick: tick,
  endTick: tick + 2,
  endUs: (tick + 2) * 1e6,
  peak: 1,
  peakUs: tick * 1e6,
  fell: false,
  score: 6,
  shift: false,
  learning: false,
  ...facts,
});

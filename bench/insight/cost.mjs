// What a tick costs in processor time, whatever else the machine does: every series scored, with spikes cut out; and what asking for
// links and incidents costs.
import { correlate } from '../../dist/insight/correlate.js';
import { incidentsOf } from '../../dist/insight/incidents.js';
import { SPIKE } from '../../dist/insight/params.js';
import { generate } from './generator.mjs';
import { watch } from './watch.mjs';

const WARM_UP_TICKS = 100;

export const measureCost = (series) => {
  const session = generate(7, { series, ticks: 600, chains: 4, distractors: 2 });
  const { insight, costs } = watch(session);
  const sorted = costs.slice(WARM_UP_TICKS).sort((a, b) => a - b);
  const before = process.cpuUsage();
  correlate(insight.spikes, insight.ticks, SPIKE.eventScore);
  incidentsOf(insight.spikes);
  const { user, system } = process.cpuUsage(before);
  return {
    median: sorted[sorted.length >> 1],
    high: sorted[Math.floor(sorted.length * 0.99)],
    onDemandMs: (user + system) / 1000,
  };
};

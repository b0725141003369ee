// Runs a synthetic session through the detector as a live session would: tick by tick, nothing from the future. A
// series is opened when its process begins and closed when it ends; NaN is a value that was not read.
import { createInsight } from '../../dist/insight/detector-state.js';
import { closeSeries, openSeries, skipTicks, tick } from '../../dist/insight/insight.js';

/** Spikes bear the numbers of the session's series, whenever those began. */
export const watch = (session, eventScore) => {
  const insight = createInsight(1000, eventScore);
  const rows = new Map();
  const numbers = new Map();
  const costs = [];
  for (let at = 0; at < session.ticks; at += 1) {
    for (const one of session.series) settle(insight, rows, numbers, one, at, session.ticks);
    if (session.missed.has(at)) {
      skipTicks(insight, 1);
      continue;
    }
    insight.values.fill(Number.NaN);
    for (const [index, row] of rows) insight.values[row] = session.values[index][at];
    const before = process.cpuUsage();
    tick(insight, at * 1e6);
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1000);
  }
  return {
    insight,
    costs,
    spikes: insight.spikes.map((spike) => ({ ...spike, series: numbers.get(spike.series) })),
  };
};

const settle = (insight, rows, numbers, { index, metric, pid, kind, from = 0, to }, at, ticks) => {
  if (at === from) {
    const gauge = kind === 'gauge';
    numbers.set(insight.seriesSeen, index);
    const identity = {
      metric,
      pid,
      kind: gauge ? 'gauge' : 'counter',
      unit: 'count',
      startMs: null,
      comm: `p${pid}`,
    };
    rows.set(index, openSeries(insight, identity, 0));
  }
  if (at === (to ?? ticks)) {
    closeSeries(insight, rows.get(index));
    rows.delete(index);
  }
};

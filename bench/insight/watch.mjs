// Runs a synthetic session through the detector as a live session would: tick by tick, nothing from the future.
import { createInsight, openSeries, skipTicks, tick } from '../../dist/core/insight/insight.js';

export const watch = (session, eventScore) => {
  const insight = createInsight(1000, eventScore);
  const rows = session.series.map(({ metric, pid, kind }) =>
    openSeries(
      insight,
      {
        metric,
        pid,
        kind: kind === 'gauge' ? 'gauge' : 'counter',
        unit: 'count',
        startMs: null,
        comm: `p${pid}`,
      },
      0,
    ),
  );
  const costs = [];
  for (let at = 0; at < session.ticks; at += 1) {
    if (session.missed.has(at)) {
      skipTicks(insight, 1);
      continue;
    }
    rows.forEach((row, index) => {
      insight.values[row] = session.values[index][at];
    });
    const startedMs = performance.now();
    tick(insight, at * 1e6);
    costs.push(performance.now() - startedMs);
  }
  return { insight, costs };
};

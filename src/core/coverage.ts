/** How far each metric can be trusted, and why not further. */
import type { MetricDescriptor } from './metric.ts';
import type { Coverage, MetricCoverage } from './snapshot.ts';
import type { SessionState } from './state.ts';

const RULES: readonly {
  readonly coverage: Exclude<Coverage, 'exact'>;
  readonly reason: (state: SessionState, metric: MetricDescriptor) => string | null;
}[] = [
  {
    coverage: 'not-covered',
    reason: (state, metric) => {
      const probe = state.probes.get(metric.probe);
      if (probe === undefined || probe.state === 'attached') return null;
      // What it counted until the budget let go of it stays.
      if (probe.uncounted?.includes(metric.id)) return null;
      return `probe ${probe.id} is ${probe.state}${probe.reason ? `: ${probe.reason}` : ''}`;
    },
  },
  {
    coverage: 'estimate',
    reason: (state, metric) => {
      const steps = state.shared.get(metric.id) ?? 0;
      return steps === 0 ? null : `${steps} shared out by time among processes that did the same at once`;
    },
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) => {
      const time = state.uncounted.get(metric.id);
      if (time === undefined) return null;
      const us = time.us + (time.sinceUs === null ? 0 : Math.max(0, state.bootUs - time.sinceUs));
      return `not counted for ${(us / 1e6).toFixed(1)} s: its events cost more than the budget`;
    },
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) =>
      state.mapFull.has(metric.id) ? `kernel map full (${state.header.mapKeys} keys)` : null,
  },
  {
    coverage: 'lower-bound',
    reason: (state) => {
      if (state.gaps.length === 0) return null;
      const missingUs = state.gaps.reduce((sum, gap) => sum + gap.toBootUs - gap.fromBootUs, 0);
      const gaps = state.gaps.length === 1 ? '1 gap' : `${state.gaps.length} gaps`;
      return `${gaps} in counting (${(missingUs / 1e6).toFixed(1)} s)`;
    },
  },
  {
    coverage: 'lower-bound',
    reason: (state) => {
      const unread = state.losses.get('unread-exit') ?? 0;
      return unread === 0 ? null : `the last counts of ${unread} exited processes were deleted unread`;
    },
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) => (state.imprecise.has(metric.id) ? 'beyond 2^53, last digits lost' : null),
  },
];

/** Host metrics are read from the kernel's own counters and are exact; those of a probe follow the rules. */
export const coverageOf = (state: SessionState): Record<string, MetricCoverage> => {
  const coverage: Record<string, MetricCoverage> = {};
  for (const metric of state.metrics.values()) {
    if (metric.scope === 'pid') coverage[metric.id] = judge(state, metric);
  }
  return coverage;
};

const judge = (state: SessionState, metric: MetricDescriptor): MetricCoverage => {
  // Read from the kernel's own figures of a process: what the tracer missed is not missing there.
  if (metric.probe === 'host') return { coverage: 'exact', reasons: [] };
  const applying = RULES.flatMap((rule) => {
    const reason = rule.reason(state, metric);
    return reason === null ? [] : [{ coverage: rule.coverage, reason }];
  });
  const worst = applying.find((rule) => rule.coverage === 'not-covered') ?? applying[0];
  return { coverage: worst?.coverage ?? 'exact', reasons: applying.map((rule) => rule.reason) };
};

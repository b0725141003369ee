/**
 * How far each metric can be trusted, and why not further: what was counted since tracing began, and apart from that what
 * grew in the last interval. What is missing belongs to the interval it fell in: totals stay lower bounds for good, the
 * rates after it are exact again.
 */
import type { MetricDescriptor } from './metric.ts';
import type { Coverage, MetricCoverage } from './snapshot.ts';
import { ALL_METRICS, type Trust } from './trust.ts';

const RULES: readonly {
  /** Whose counters: those of probes, unless it says the host's, which /proc says of each process. */
  readonly of?: 'host';
  readonly coverage: Exclude<Coverage, 'exact'>;
  readonly reason: (state: Trust, metric: MetricDescriptor) => string | null;
  /** Whether it is so in the last interval; null where it is not. Without it, it is as for all the time. */
  readonly now?: (state: Trust, metric: MetricDescriptor) => Exclude<Coverage, 'exact'> | null;
}[] = [
  {
    coverage: 'not-covered',
    reason: (state, metric) => {
      const probe = state.probes.get(metric.probe);
      if (probe === undefined || probe.state === 'attached') return null;
      // What it counted until the budget dropped it stays.
      if (probe.uncounted?.includes(metric.id)) return null;
      return `probe ${probe.id} is ${probe.state}${probe.reason ? `: ${probe.reason}` : ''}`;
    },
  },
  {
    coverage: 'sampled',
    reason: ({ header: { imported, intervalMs } }) =>
      imported === undefined
        ? null
        : `imported (${imported.from}): as reported, ${imported.coarse ?? `every ${intervalMs / 1000} s`}; nothing shorter can be seen`,
  },
  {
    coverage: 'estimate',
    reason: (state, metric) => {
      const steps = state.shared.get(metric.id) ?? 0;
      return steps === 0 ? null : `${steps} shared out by time among processes that did the same at once`;
    },
    now: (state, metric) => (isSince(state, metric.id) ? 'estimate' : null),
  },
  {
    coverage: 'estimate',
    reason: (state, metric) => state.estimated.get(metric.id) ?? null,
    now: (state, metric) =>
      state.probes.get(metric.probe)?.estimated?.[metric.id] === undefined ? null : 'estimate',
  },
  {
    coverage: 'estimate',
    reason: (state, metric) => {
      const most = state.over.get(metric.id) ?? 0;
      return most === 0
        ? null
        : `too high by ${most} at most: data waiting for copy-on-write is looked up twice`;
    },
    now: (state, metric) => (isSince(state, metric.id) ? 'estimate' : null),
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) => {
      const calls = state.least.get(metric.id) ?? 0;
      return calls === 0
        ? null
        : `${calls} ${calls === 1 ? 'call' : 'calls'} may have done more than could be seen`;
    },
    now: (state, metric) => (isSince(state, metric.id) ? 'lower-bound' : null),
  },
  {
    coverage: 'estimate',
    // A count is too low, but what is the difference between a beginning and an end can be too high as well.
    reason: (state, metric) => {
      const runs = state.missed.get(metric.id) ?? 0;
      if (runs === 0) return null;
      const skipped = `the kernel skipped ${runs} ${runs === 1 ? 'run' : 'runs'} of its programs`;
      return `${skipped}: another BPF program ran on that CPU; too low or too high, by how much is not known`;
    },
    now: (state, metric) => (isSince(state, metric.id) ? 'estimate' : null),
  },
  {
    coverage: 'estimate',
    reason: (state, metric) => eitherWay(metric, unseenIn(state, metric)),
  },
  {
    coverage: 'lower-bound',
    // Each is reported once, however often it runs: what grew in the last interval is no more certain.
    reason: (state, metric) => onlyLess(metric, unseenIn(state, metric)),
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) => {
      const time = state.uncounted.get(metric.id);
      if (time === undefined) return null;
      const us = letGoUs(state, metric.id);
      if (us <= 0 && time.sinceUs === null) return null;
      return `not counted for ${(us / 1e6).toFixed(1)} s: its events cost more than the budget`;
    },
    now: (state, metric) => (isLetGo(state, metric.id) ? 'not-covered' : null),
  },
  {
    coverage: 'estimate',
    reason: (state, metric) => eitherWay(metric, fullIn(state, metric)),
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) => onlyLess(metric, fullIn(state, metric)),
  },
  {
    coverage: 'lower-bound',
    reason: (state) => {
      const lost = state.gaps.filter(({ unrecorded }) => unrecorded !== 'past');
      if (lost.length === 0) return null;
      const missingUs = lost.reduce((sum, gap) => sum + gap.toBootUs - gap.fromBootUs, 0);
      const gaps = lost.length === 1 ? '1 gap' : `${lost.length} gaps`;
      return `${gaps} in counting (${(missingUs / 1e6).toFixed(1)} s)`;
    },
    // What the first reading after a gap brings is of no known time; the next interval is whole.
    now: ({ counted, resumedBootUs }) =>
      resumedBootUs > 0 && (counted.intervalUs === 0 || startOf(counted) <= resumedBootUs)
        ? 'lower-bound'
        : null,
  },
  {
    coverage: 'lower-bound',
    reason: (state) => {
      const unread = state.losses.get('unread-exit') ?? 0;
      return unread === 0 ? null : `the last counts of ${unread} exited processes were deleted unread`;
    },
    now: (state) => (isSince(state, ALL_METRICS) ? 'lower-bound' : null),
  },
  {
    coverage: 'lower-bound',
    reason: (state) => {
      const left = state.losses.get('over-limit') ?? 0;
      return left === 0 ? null : `${left} readings or facts were left out: more than a session may hold`;
    },
    now: (state) => (isSince(state, ALL_METRICS) ? 'lower-bound' : null),
  },
  {
    coverage: 'lower-bound',
    reason: (state, metric) => (state.imprecise.has(metric.id) ? 'beyond 2^53, last digits lost' : null),
  },
  {
    of: 'host',
    coverage: 'not-covered',
    reason: ({ header }) => header.unnamed ?? null,
  },
  {
    of: 'host',
    coverage: 'lower-bound',
    reason: (state, metric) =>
      state.cut.has(metric.id)
        ? 'what a process did between its last reading and its end is not known'
        : null,
    now: () => null,
  },
];

const unseenIn = ({ unseen }: Trust, { id }: MetricDescriptor): string | null => {
  const programs = unseen.get(id) ?? 0;
  if (programs === 0) return null;
  const are = programs === 1 ? 'program begun since it attached is' : 'programs begun since it attached are';
  return `${programs} ${are} not counted, or ended before that could be known`;
};

const fullIn = ({ mapFull, header }: Trust, { id }: MetricDescriptor): string | null =>
  mapFull.has(id) ? `kernel map full (${header.mapKeys} keys)` : null;

/** Where what is missing decides what a count is taken for, a count is no bound. */
const eitherWay = (metric: MetricDescriptor, missing: string | null): string | null =>
  metric.eitherWay !== true || missing === null
    ? null
    : `${missing}: too low or too high, by how much is not known`;

const onlyLess = (metric: MetricDescriptor, missing: string | null): string | null =>
  metric.eitherWay === true ? null : missing;

const startOf = ({ bootUs, intervalUs }: Trust['counted']): number => bootUs - intervalUs;

const isSince = ({ doubtUs, counted }: Trust, metric: string): boolean =>
  (doubtUs.get(metric) ?? Number.NEGATIVE_INFINITY) > startOf(counted);

/** Its probe was dropped to stay within the budget, and does not count it now. */
const isLetGo = ({ uncounted }: Pick<Trust, 'uncounted'>, metric: string): boolean =>
  typeof uncounted.get(metric)?.sinceUs === 'number';

const isCounted = ({ scope }: MetricDescriptor): boolean => scope === 'pid' || scope === 'device';

/** Host metrics are read from the kernel's own counters; those of a probe follow the rules. */
export const coverageOf = (state: Trust): Record<string, MetricCoverage> => {
  const coverage: Record<string, MetricCoverage> = {};
  for (const metric of state.metrics.values()) {
    if (isCounted(metric)) coverage[metric.id] = judge(state, metric);
  }
  return coverage;
};

/** The same of the last interval alone. */
export const coverageNowOf = (state: Trust): Record<string, Coverage> =>
  Object.fromEntries(
    [...state.metrics.values()].filter(isCounted).map((metric) => {
      const applying = applyingTo(state, metric).flatMap(({ rule }) =>
        rule.now === undefined ? rule.coverage : (rule.now(state, metric) ?? []),
      );
      return [metric.id, worstOf(applying)];
    }),
  );

const judge = (state: Trust, metric: MetricDescriptor): MetricCoverage => {
  const applying = applyingTo(state, metric);
  return {
    coverage: worstOf(applying.map(({ rule }) => rule.coverage)),
    reasons: applying.map(({ reason }) => reason),
  };
};

const applyingTo = (state: Trust, metric: MetricDescriptor) =>
  RULES.flatMap((rule) => {
    // What the tracer missed is not missing in the kernel's own figures of a process.
    if ((rule.of === 'host') !== (metric.probe === 'host')) return [];
    const reason = rule.reason(state, metric);
    return reason === null ? [] : [{ rule, reason }];
  });

/** What is not counted at all is neither too much nor too little; what may be too much is no bound. */
const WORST_FIRST: readonly Coverage[] = ['not-covered', 'sampled', 'estimate', 'lower-bound'];

const worstOf = (all: readonly Coverage[]): Coverage =>
  WORST_FIRST.find((coverage) => all.includes(coverage)) ?? 'exact';

/** A copy that stays as it is while the session goes on. */
export const trustOf = (state: Trust): Trust => ({
  header: headerOf(state.header),
  metrics: state.metrics,
  probes: new Map(state.probes),
  bootUs: state.bootUs,
  counted: state.counted,
  resumedBootUs: state.resumedBootUs,
  uncounted: new Map([...state.uncounted].map(([metric, time]) => [metric, { ...time }])),
  estimated: new Map(state.estimated),
  shared: new Map(state.shared),
  over: new Map(state.over),
  least: new Map(state.least),
  unseen: new Map(state.unseen),
  missed: new Map(state.missed),
  doubtUs: new Map(state.doubtUs),
  losses: new Map(state.losses),
  mapFull: new Set(state.mapFull),
  imprecise: new Set(state.imprecise),
  cut: new Set(state.cut),
  gaps: [...state.gaps],
});

/** A recording in segments has a header in each, which differ in what says nothing here. */
const headerOf = ({ mapKeys, imported, intervalMs, unnamed }: Trust['header']): Trust['header'] => ({
  mapKeys,
  imported,
  intervalMs,
  unnamed,
});

/** Of what came after the earlier moment: a gap before it says nothing of the time since. */
export const trustBetween = (earlier: Trust, later: Trust): Trust => ({
  ...later,
  uncounted: new Map(
    [...later.uncounted].map(([metric, time]) => {
      const us = letGoUs(later, metric) - letGoUs(earlier, metric);
      return [metric, { us, sinceUs: time.sinceUs === null ? null : later.bootUs }];
    }),
  ),
  shared: lessOf(earlier.shared, later.shared),
  over: lessOf(earlier.over, later.over),
  least: lessOf(earlier.least, later.least),
  missed: lessOf(earlier.missed, later.missed),
  losses: lessOf(earlier.losses, later.losses),
  gaps: later.gaps
    .filter(({ toBootUs }) => toBootUs > earlier.bootUs)
    .map((gap) => ({ ...gap, fromBootUs: Math.max(gap.fromBootUs, earlier.bootUs) })),
});

const letGoUs = ({ uncounted, bootUs }: Trust, metric: string): number => {
  const time = uncounted.get(metric);
  return time === undefined ? 0 : time.us + (time.sinceUs === null ? 0 : Math.max(0, bootUs - time.sinceUs));
};

const lessOf = <Key>(earlier: ReadonlyMap<Key, number>, later: ReadonlyMap<Key, number>): Map<Key, number> =>
  new Map(
    [...later]
      .map(([key, count]) => [key, count - (earlier.get(key) ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );

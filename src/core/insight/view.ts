/** What a snapshot tells of insight: copies, because spikes go on to grow. */
import type { InsightView } from '../snapshot.ts';
import type { SessionState } from '../state.ts';
import { explain } from './explain.ts';
import { findingsOf } from './findings/match.ts';
import { leakFindings } from './leaks.ts';
import { SPIKE } from './params.ts';

const SHOWN_SPIKES = 200;

export const insightView = (state: SessionState): InsightView => {
  const { insight, cases, leaks } = state.watch;
  return {
    findings: [...findingsOf(cases, state), ...leakFindings(leaks, state)],
    spikes: insight.spikes.slice(-SHOWN_SPIKES).map(({ identity, startUs, endUs, score }) => ({
      metric: identity.metric,
      pid: identity.pid,
      comm: identity.comm,
      startUs,
      endUs,
      score,
    })),
    learning: insight.ticks < SPIKE.learningTicks,
    ...explain(state),
  };
};

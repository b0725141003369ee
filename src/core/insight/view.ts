/** What a snapshot tells of insight: copies, because spikes go on to grow. */
import type { InsightSaid, InsightView } from '../snapshot.ts';
import type { SessionState } from '../state.ts';
import { explain } from './explain.ts';
import type { Finding } from './findings/finding.ts';
import { findingsOf } from './findings/match.ts';
import { leakFindings } from './leaks.ts';
import { SPIKE } from './params.ts';

const SHOWN_SPIKES = 200;

export const insightView = (state: SessionState): InsightView => ({
  ...insightSaid(state),
  ...explain(state),
});

export const insightSaid = (state: SessionState): InsightSaid => {
  const { insight, cases, leaks } = state.watch;
  const findings = [...findingsOf(cases, state), ...leakFindings(leaks, state)];
  const spikes = insight.spikes.slice(-SHOWN_SPIKES).map(({ identity, startUs, endUs, score }) => ({
    metric: identity.metric,
    pid: identity.pid,
    comm: identity.comm,
    startUs,
    endUs,
    score,
  }));
  return {
    findings: [...(state.told?.findings ?? []).filter((one) => !findings.some(isSame(one))), ...findings],
    spikes: [...(state.told?.spikes ?? []), ...spikes].slice(-SHOWN_SPIKES),
    learning: insight.ticks < SPIKE.learningTicks,
  };
};

/** A state that began at a checkpoint was told of what it may have found again. */
const isSame =
  (told: Finding) =>
  ({ id, suspect }: Finding): boolean =>
    id === told.id && suspect?.pid === told.suspect?.pid && suspect?.startMs === told.suspect?.startMs;

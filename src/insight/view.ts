/** What a snapshot says of insight: copies, because spikes go on to grow. */
import type { SessionState } from '../core/state.ts';
import { explain } from './explain.ts';
import { allFindings } from './findings/all.ts';
import { type Finding, subjectOf, suspectsIn } from './findings/finding.ts';
import { SPIKE } from './params.ts';
import type { InsightView, Recognised } from './recognised.ts';
import type { Watch, Watched } from './watch.ts';

const SHOWN_SPIKES = 200;

/** `before` is what had been recognised where the session began, if it began at a checkpoint. */
export const insightView = (
  state: SessionState,
  watch: Watch | null,
  before: Recognised | null,
): InsightView => ({
  ...recognised(state, watch, before),
  frozenUs: watch?.frozenUs ?? null,
  ...(watch === null ? NOTHING_TO_EXPLAIN : explain({ watch, state })),
});

const NOTHING_TO_EXPLAIN: Pick<InsightView, 'incidents' | 'links'> = { incidents: () => [], links: () => [] };

export const recognised = (
  state: SessionState,
  watch: Watch | null,
  before: Recognised | null,
): Recognised => {
  const { findings: earlier, spikes: earlierSpikes } = before ?? NOTHING;
  const { findings, spikes, learning } = watch === null ? NOTHING : recognisedBy({ watch, state });
  return {
    findings: [...earlier.filter((one) => !findings.some(isSame(one))), ...findings],
    spikes: [...earlierSpikes, ...spikes].slice(-SHOWN_SPIKES),
    learning,
  };
};

const NOTHING: Recognised = { findings: [], spikes: [], learning: true };

const recognisedBy = (session: Watched): Recognised => {
  const { spikes, ticks } = session.watch.insight;
  const shown = spikes.slice(-SHOWN_SPIKES).filter(({ fell, peak }) => fell || peak !== 0);
  return {
    findings: allFindings(session),
    spikes: shown.map(({ identity, startUs, endUs, score }) => ({
      metric: identity.metric,
      pid: identity.pid,
      comm: identity.comm,
      startUs,
      endUs,
      score,
    })),
    learning: ticks < SPIKE.learningTicks,
  };
};

/** A session that began at a checkpoint knows of what it may have found again. */
const isSame =
  (reported: Finding) =>
  (found: Finding): boolean => {
    const subject = subjectOf(found);
    if (found.id !== reported.id || subject !== subjectOf(reported)) return false;
    if (subject !== undefined) return true;
    const [before, now] = [idsOf(reported), idsOf(found)];
    return before.length === 0 && now.length === 0 ? true : now.some((one) => before.includes(one));
  };

const idsOf = (finding: Finding): string[] =>
  suspectsIn(finding).map(({ pid, startMs }) => `${pid}@${startMs}`);

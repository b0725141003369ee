/**
 * Anchored on one symptom: which series come before it, and how surely? Only series that coincide with the symptom are
 * tested, so that less evidence is enough than among all pairs; among equals the one that leads the others is first.
 */
import { type Correlation, lagFrom, type Pair } from './correlate.ts';
import { SPIKE, SUSPECT } from './params.ts';
import type { Spike } from './series.ts';

export type Suspect = {
  /** Number of the series. */
  readonly series: number;
  readonly score: number;
  /** How far it comes before the symptom; negative when it comes after. */
  readonly lagTicks: number;
  /** Spikes of the symptom that it came with, of how many. */
  readonly matched: number;
  readonly of: number;
};

/** Best first. */
export const suspectsOf = (symptom: number, { pairs, spikesOf }: Correlation): Suspect[] => {
  const events = spikesOf.get(symptom) ?? [];
  const suspects = pairs
    .filter(({ a, b }) => a === symptom || b === symptom)
    .map((pair) => judge(pair, symptom, events))
    .sort((x, y) => y.score - x.score);
  return preferLeaders(suspects, pairs).sort((x, y) => y.score - x.score || y.lagTicks - x.lagTicks);
};

const judge = (pair: Pair, symptom: number, events: readonly Spike[]): Suspect => {
  const series = pair.a === symptom ? pair.b : pair.a;
  const lagTicks = lagFrom(pair, series);
  const order = lagTicks >= 1 ? SUSPECT.leads : lagTicks === 0 ? SUSPECT.together : SUSPECT.trails;
  // What came with the loud ones of the symptom's spikes counts more than what came with the faint.
  let loudness = 0;
  for (const [a, b] of pair.matches) {
    const [own, of] = pair.a === symptom ? [b, a] : [a, b];
    loudness += weightOf(of) * Math.min(SUSPECT.loudMost, own.score);
  }
  const all = events.reduce((sum, event) => sum + weightOf(event), 0);
  const evidence = Math.max(0.01, pair.score + SUSPECT.scoreOffset);
  return {
    series,
    score: evidence * order + (SUSPECT.perLoudness * order * loudness) / all,
    lagTicks,
    matched: pair.matches.length,
    of: events.length,
  };
};

const weightOf = ({ score }: Spike): number =>
  Math.max(0.1, Math.min(SUSPECT.loudMost, score) - SPIKE.eventScore);

const preferLeaders = (suspects: readonly Suspect[], pairs: readonly Pair[]): Suspect[] => {
  const least = (suspects[0]?.score ?? 0) * SUSPECT.leadersShare;
  const strong = suspects.filter(({ score }) => score >= least).slice(0, SUSPECT.leadersMost);
  const numbers = new Set(strong.map(({ series }) => series));
  const leads = new Map<number, number>();
  for (const pair of pairs) {
    if (!numbers.has(pair.a) || !numbers.has(pair.b)) continue;
    if (pair.matches.length < 2 || pair.score < SUSPECT.leaderLinkScore || pair.lagTicks === 0) continue;
    const [leader, follower] = pair.lagTicks > 0 ? [pair.a, pair.b] : [pair.b, pair.a];
    leads.set(leader, (leads.get(leader) ?? 0) + 1);
    leads.set(follower, (leads.get(follower) ?? 0) - 1);
  }
  return suspects.map((suspect) => ({
    ...suspect,
    score: suspect.score * Math.max(0, 1 + SUSPECT.leadership * (leads.get(suspect.series) ?? 0)),
  }));
};

/**
 * Two series, their spikes, and one question: do they coincide, at some lag, more often than chance would have it?
 * Each spike is used once; a window of three ticks is one lag; both sides are also looked at from higher scores on,
 * because few loud spikes say more than many quiet ones. What looking so often costs is in the probability.
 */
import { LINK } from './params.ts';
import type { Spike } from './series.ts';
import { log10PoissonTail, median } from './statistics.ts';
import type { Storms } from './storm.ts';

/** One spike of each side. */
export type Match = readonly [first: Spike, second: Spike];

export type Coincidence = {
  readonly matches: readonly Match[];
  /** Median of second - first, in ticks, with its range. */
  readonly lagTicks: number;
  readonly leastLagTicks: number;
  readonly mostLagTicks: number;
  /** Spikes of each side that could have matched. */
  readonly ofFirst: number;
  readonly ofSecond: number;
  /** What chance gives on average at one lag. */
  readonly expected: number;
  /** log10 of the probability of so many or more by chance, at any lag. */
  readonly log10P: number;
  /** -log10P, and a little for loudness. */
  readonly strength: number;
};

/** `candidates` are all pairs of spikes within reach of each other. */
export const coincide = (
  candidates: readonly Match[],
  first: readonly Spike[],
  second: readonly Spike[],
  storms: Storms,
  eventScore: number,
): Coincidence | null => {
  let best: Coincidence | null = null;
  const tried = new Set<number>();
  for (const stepA of LINK.scoreSteps) {
    const a = stepA === 0 ? first : first.filter(({ score }) => score >= eventScore + stepA);
    for (const stepB of LINK.scoreSteps) {
      const b = stepB === 0 ? second : second.filter(({ score }) => score >= eventScore + stepB);
      const key = a.length * 100_003 + b.length;
      if (a.length === 0 || b.length === 0 || tried.has(key)) continue;
      tried.add(key);
      const loud =
        stepA + stepB === 0
          ? candidates
          : candidates.filter(([x, y]) => x.score >= eventScore + stepA && y.score >= eventScore + stepB);
      best = bestLag(loud, a, b, storms, eventScore, best);
    }
  }
  return best;
};

const bestLag = (
  candidates: readonly Match[],
  first: readonly Spike[],
  second: readonly Spike[],
  storms: Storms,
  eventScore: number,
  bestSoFar: Coincidence | null,
): Coincidence | null => {
  let best = bestSoFar;
  const { reachTicks, windowTicks } = LINK;
  const lags = new Set<number>();
  for (const [a, b] of candidates) {
    // Around a lone coincidence all lags are alike.
    const around = candidates.length === 1 ? 0 : windowTicks;
    for (let lag = b.tick - a.tick - around; lag <= b.tick - a.tick + around; lag += 1) lags.add(lag);
  }
  for (const lag of lags) {
    if (Math.abs(lag) > reachTicks) continue;
    const matches = matchAt(candidates, lag);
    let exposed = 0;
    for (const { tick } of first)
      exposed += storms.between(tick + lag - windowTicks, tick + lag + windowTicks + 1);
    const expected = (exposed * second.length) / storms.total;
    const log10P = log10PoissonTail(matches.length, expected) + LINK.lagPenalty + LINK.stepPenalty;
    let loudness = 0;
    for (const [a, b] of matches) loudness += Math.min(LINK.loudMost, a.score, b.score) - eventScore;
    const strength = -log10P + LINK.loudness * loudness;
    if (best !== null && strength <= best.strength) continue;
    const seen = matches.map(([a, b]) => b.tick - a.tick);
    best = {
      matches,
      lagTicks: median(seen),
      leastLagTicks: Math.min(...seen),
      mostLagTicks: Math.max(...seen),
      ofFirst: first.length,
      ofSecond: second.length,
      expected,
      log10P,
      strength,
    };
  }
  return best;
};

/** As many as fit, the nearest to the lag first, each spike once. */
const matchAt = (candidates: readonly Match[], lag: number): Match[] => {
  const off = ([a, b]: Match): number => Math.abs(b.tick - a.tick - lag);
  const near = candidates.filter((match) => off(match) <= LINK.windowTicks);
  if (near.length > 1) near.sort((x, y) => off(x) - off(y) || x[0].tick - y[0].tick);
  const used = new Set<Spike>();
  return near.filter(([a, b]) => {
    if (used.has(a) || used.has(b)) return false;
    used.add(a);
    used.add(b);
    return true;
  });
};

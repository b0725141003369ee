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

/** The spikes of a series in order of time: all, and from each of LINK.scoreSteps on. */
export type Steps = readonly (readonly Spike[])[];

export const stepsOf = (spikes: readonly Spike[], eventScore: number): Steps =>
  LINK.scoreSteps.map((step) =>
    step === 0 ? spikes : spikes.filter(({ score }) => score >= eventScore + step),
  );

/** What coincidences are held against: when many series spike at once, and the score from which a spike counts. */
export type Chance = { readonly storms: Storms; readonly eventScore: number };

/** `candidates` are all pairs of spikes within reach of each other. */
export const coincide = (
  candidates: readonly Match[],
  first: Steps,
  second: Steps,
  chance: Chance,
): Coincidence | null => {
  if (candidates.length === 1) return alone(candidates[0] as Match, first, second, chance);
  const steps = LINK.scoreSteps.length;
  const counts: number[] = [];
  const countAt = (stepA: number, stepB: number): number =>
    stepA < steps && stepB < steps ? (counts[stepA * steps + stepB] ?? 0) : -1;
  let best: Coincidence | null = null;
  for (let stepA = steps - 1; stepA >= 0; stepA -= 1) {
    for (let stepB = steps - 1; stepB >= 0; stepB -= 1) {
      const loud = louderThan(candidates, stepA, stepB, chance.eventScore);
      counts[stepA * steps + stepB] = loud.length;
      // The same coincidences among more spikes of either side say less.
      if (loud.length === 0 || loud.length === countAt(stepA + 1, stepB)) continue;
      if (loud.length === countAt(stepA, stepB + 1)) continue;
      best = bestLag(loud, [first[stepA] ?? [], second[stepB] ?? []], chance, best);
    }
  }
  return best;
};

/** Most pairs met once: the highest steps that both reach are the least by chance. */
const alone = (match: Match, first: Steps, second: Steps, chance: Chance): Coincidence | null => {
  const [a, b] = match;
  const own = first[highestStep(a.score - chance.eventScore)] ?? [];
  const of = second[highestStep(b.score - chance.eventScore)] ?? [];
  return bestLag([match], [own, of], chance, null);
};

const highestStep = (above: number): number => LINK.scoreSteps.findLastIndex((step) => step <= above);

const louderThan = (
  candidates: readonly Match[],
  stepA: number,
  stepB: number,
  eventScore: number,
): readonly Match[] => {
  if (stepA + stepB === 0) return candidates;
  const [leastA, leastB] = [
    eventScore + (LINK.scoreSteps[stepA] ?? 0),
    eventScore + (LINK.scoreSteps[stepB] ?? 0),
  ];
  return candidates.filter(([a, b]) => a.score >= leastA && b.score >= leastB);
};

const bestLag = (
  candidates: readonly Match[],
  [first, second]: readonly [readonly Spike[], readonly Spike[]],
  { storms, eventScore }: Chance,
  bestSoFar: Coincidence | null,
): Coincidence | null => {
  let best = bestSoFar;
  for (const { lag, near } of lagsOf(candidates)) {
    let exposed = 0;
    for (const { tick } of first) exposed += storms.around(tick + lag);
    const expected = (exposed * second.length) / storms.total;
    const penalty = LINK.lagPenalty + LINK.stepPenalty;
    // No lag can be better than if all near it matched, and were as loud as can be.
    const atBest = LINK.loudness * (LINK.loudMost - eventScore) * near - penalty;
    if (best !== null && atBest - log10PoissonTail(near, expected) <= best.strength) continue;
    const matches = candidates.length === 1 ? candidates : matchAt(candidates, lag);
    const log10P = log10PoissonTail(matches.length, expected) + penalty;
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

type NearLag = { readonly lag: number; readonly near: number };

/** Each lag that was seen, and those beside it, with how many are near; around a lone coincidence all lags are alike. */
const lagsOf = (candidates: readonly Match[]): NearLag[] => {
  const { reachTicks, windowTicks } = LINK;
  const [one] = candidates;
  if (one !== undefined && candidates.length === 1) return [{ lag: one[1].tick - one[0].tick, near: 1 }];
  const near = new Uint16Array(2 * reachTicks + 1);
  for (const [a, b] of candidates) {
    const lag = b.tick - a.tick;
    const to = Math.min(reachTicks, lag + windowTicks);
    for (let at = Math.max(-reachTicks, lag - windowTicks); at <= to; at += 1)
      near[at + reachTicks] = (near[at + reachTicks] ?? 0) + 1;
  }
  const lags: NearLag[] = [];
  near.forEach((count, index) => {
    if (count > 0) lags.push({ lag: index - reachTicks, near: count });
  });
  // The most promising first, so that the others need no look.
  return lags.sort((x, y) => y.near - x.near || x.lag - y.lag);
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

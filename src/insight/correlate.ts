/**
 * Which series spike together, and which first: event coincidence over lags, with the storms priced in, many pairs
 * corrected for, and pairs supported by third series that share their occurrences. Association, never cause.
 *
 * A link is significant when the false discovery rate of all such links is held (Benjamini-Hochberg within strata of
 * how many spikes a pair has, which does not look at whether they coincide). Weaker ones are candidates; they are reported
 * only beside several significant ones, because where nothing is certain the best of chance is still chance.
 */
import { type Chance, type Coincidence, coincide, type Match, type Steps, stepsOf } from './coincide.ts';
import { type Crowd, crowdedIn, crowdsOf } from './crowds.ts';
import { type Direction, directionOf } from './direction.ts';
import { mostNear, nearIn } from './near.ts';
import { LINK } from './params.ts';
import { periodOf, sharedClock } from './periodic.ts';
import type { Spike } from './series.ts';
import { markSignificant, maySignify, strataOf } from './significance.ts';
import { weighStorms } from './storm.ts';

export type Pair = Coincidence & {
  /** Numbers of the two series, the smaller first. */
  readonly a: number;
  readonly b: number;
  readonly spikesOfA: number;
  readonly spikesOfB: number;
  /** Third series that share its occurrences and agree on the lags. */
  supporters: number;
  /** Comparable across pairs and sessions: strength, and what third series add. */
  score: number;
  significant: boolean;
};

export type Link = Pair & {
  readonly direction: Direction;
  /** P(this pair belongs together). */
  readonly confidence: number;
  /** What chance alone would give of such pairs, over all pairs looked at. */
  readonly byChance: number;
};

export type Correlation = {
  /** Strongest first: the significant ones, then candidates if there is a significant one. */
  readonly links: readonly Link[];
  /** Those that met once are in it where they may be a link. */
  readonly pairs: readonly Pair[];
  /** Pairs of series on the same clock, with their period in ticks. */
  readonly clocks: readonly { readonly a: number; readonly b: number; readonly periodTicks: number }[];
  /** What many began at once, in order of time: no evidence for pairs within it. */
  readonly crowds: readonly Crowd[];
  readonly spikesOf: ReadonlyMap<number, readonly Spike[]>;
  readonly tested: number;
  /** Spikes below this were left out, so that pairs stay bounded. */
  readonly fromScore: number;
};

/**
 * All pairs of the spikes given, in order of their ticks; the session has had `ticks` ticks. Of those that met once only what may
 * become a link is kept, unless `all` are asked for.
 */
export const correlate = (
  all: readonly Spike[],
  ticks: number,
  eventScore: number,
  wanted: 'all' | 'what matters' = 'what matters',
): Correlation => {
  const spikes = [...loudest(all, ticks)].sort((x, y) => x.tick - y.tick);
  const fromScore = spikes.length === all.length ? eventScore : leastScore(spikes);
  const storms = weighStorms(
    spikes.map(({ tick }) => tick),
    ticks,
  );
  const spikesOf = groupBySeries(spikes);
  const steps = new Map([...spikesOf].map(([series, own]) => [series, stepsOf(own, fromScore)]));
  const periods = new Map([...spikesOf].map(([series, own]) => [series, periodOf(own)]));
  const crowds = crowdsOf(spikes, ticks);
  const strata = strataOf(spikesOf);
  const most = mostNear(spikes);
  const kept = createKept((pair) => wanted === 'all' || maySignify(strata, pair, most));
  const clocks: { a: number; b: number; periodTicks: number }[] = [];
  for (const [a, b, candidates] of nearIn(spikes, crowdedIn(crowds))) {
    const period = periods.get(a);
    if (period !== null && period !== undefined && period === periods.get(b)) {
      clocks.push({ a, b, periodTicks: period });
      continue;
    }
    const pair = pairOf([a, b], candidates, steps, { storms, eventScore: fromScore });
    if (pair === null) continue;
    const clock = sharedClock(pair.matches.map(([first]) => first.tick));
    if (clock === null) kept.add(pair);
    else clocks.push({ a, b, periodTicks: clock });
  }
  const pairs = kept.pairs();
  support(pairs);
  const tested = (spikesOf.size * (spikesOf.size - 1)) / 2;
  markSignificant(strata, pairs, kept.seen());
  return { links: linksOf(pairs, tested), pairs, clocks, crowds, spikesOf, tested, fromScore };
};

/** Most pairs met once, and of hundreds of thousands of these no more than the strongest candidates are ever reported. */
const createKept = (matters: (pair: Pair) => boolean) => {
  const pairs: Pair[] = [];
  let candidates: Pair[] = [];
  let seen = 0;
  const thin = (): void => {
    candidates = candidates.sort(strongestFirst).slice(0, LINK.mostCandidates);
  };
  return {
    add: (pair: Pair): void => {
      seen += 1;
      if (pair.matches.length >= LINK.supportOccurrences || matters(pair)) pairs.push(pair);
      else if (pair.score >= LINK.candidateScore) candidates.push(pair);
      if (candidates.length > 4 * LINK.mostCandidates) thin();
    },
    pairs: (): readonly Pair[] => {
      thin();
      return [...pairs, ...candidates];
    },
    /** How many there were. */
    seen: () => seen,
  };
};

/** Pairs grow with the square of how dense spikes are: where they are too many only the loudest are compared. */
const loudest = (spikes: readonly Spike[], ticks: number): readonly Spike[] => {
  const most = Math.floor(Math.sqrt((LINK.mostPairs * Math.max(1, ticks)) / LINK.reachTicks));
  if (spikes.length <= most) return spikes;
  return [...spikes]
    .sort((x, y) => y.score - x.score || x.tick - y.tick || x.series - y.series)
    .slice(0, most);
};

const leastScore = (spikes: readonly Spike[]): number =>
  spikes.reduce((least, { score }) => Math.min(least, score), Number.POSITIVE_INFINITY);

export const groupBySeries = (spikes: readonly Spike[]): Map<number, Spike[]> => {
  const groups = new Map<number, Spike[]>();
  for (const spike of spikes) {
    const own = groups.get(spike.series);
    if (own === undefined) groups.set(spike.series, [spike]);
    else own.push(spike);
  }
  return groups;
};

const pairOf = (
  [a, b]: readonly [number, number],
  candidates: readonly Match[],
  steps: ReadonlyMap<number, Steps>,
  chance: Chance,
): Pair | null => {
  const [first, second] = [steps.get(a) ?? [], steps.get(b) ?? []];
  const found = coincide(candidates, first, second, chance);
  if (found === null || (found.strength <= 0 && found.matches.length < LINK.supportOccurrences)) return null;
  return {
    a,
    b,
    matches: found.matches,
    lagTicks: found.lagTicks,
    leastLagTicks: found.leastLagTicks,
    mostLagTicks: found.mostLagTicks,
    ofFirst: found.ofFirst,
    ofSecond: found.ofSecond,
    expected: found.expected,
    log10P: found.log10P,
    strength: found.strength,
    spikesOfA: first[0]?.length ?? 0,
    spikesOfB: second[0]?.length ?? 0,
    supporters: 0,
    score: found.strength,
    significant: false,
  };
};

/**
 * A third series that coincides with both, in the same occurrences, with lags that add up, speaks for the pair. One
 * occurrence says nothing here: whatever happened once, happened together with all else that did.
 */
const support = (pairs: readonly Pair[]): void => {
  const around = new Map<number, Map<number, Pair>>();
  const repeated = pairs.filter(({ matches }) => matches.length >= LINK.supportOccurrences);
  for (const pair of repeated) {
    if (pair.strength <= 0) continue;
    neighboursOf(around, pair.a).set(pair.b, pair);
    neighboursOf(around, pair.b).set(pair.a, pair);
  }
  for (const pair of repeated) {
    const strengths = supportOf(pair, around);
    strengths.sort((x, y) => y - x);
    const [best = 0, second = 0, third = 0] = strengths;
    pair.supporters = strengths.length;
    pair.score = pair.strength + LINK.supportBest * best + LINK.supportNext * (second + third);
  }
};

type Neighbours = Map<number, Map<number, Pair>>;

const neighboursOf = (around: Neighbours, series: number): Map<number, Pair> => {
  const known = around.get(series) ?? new Map<number, Pair>();
  around.set(series, known);
  return known;
};

/** How strong each third series that agrees with the pair is: as strong as its weaker side. */
const supportOf = (pair: Pair, around: Neighbours): number[] => {
  const [ofA, ofB] = [around.get(pair.a), around.get(pair.b)];
  if (ofA === undefined || ofB === undefined) return [];
  const strengths: number[] = [];
  const mine = new Set(pair.matches.map(([a]) => a));
  for (const [third, withA] of ofA) {
    const withB = ofB.get(third);
    if (withB === undefined) continue;
    const detour = lagFrom(withA, pair.a) + lagFrom(withB, third);
    if (Math.abs(detour - pair.lagTicks) > LINK.supportLagTicks) continue;
    if (sharedOccurrences(mine, pair, withA) < LINK.supportOccurrences) continue;
    strengths.push(Math.min(withA.strength, withB.strength));
  }
  return strengths;
};

/** Lag from one side of a pair to the other. */
export const lagFrom = (pair: Pair, series: number): number =>
  pair.a === series ? pair.lagTicks : -pair.lagTicks;

const sharedOccurrences = (mine: ReadonlySet<Spike>, pair: Pair, withA: Pair): number => {
  let shared = 0;
  for (const [x, y] of withA.matches) if (mine.has(withA.a === pair.a ? x : y)) shared += 1;
  return shared;
};

const linksOf = (pairs: readonly Pair[], tested: number): Link[] => {
  const significant = pairs.filter((pair) => pair.significant);
  const candidates =
    significant.length < LINK.candidatesBeside
      ? []
      : pairs.filter((pair) => !pair.significant && pair.score >= LINK.candidateScore).sort(strongestFirst);
  return [...significant, ...candidates.slice(0, LINK.mostCandidates)]
    .sort(strongestFirst)
    .map((pair) => linkOf(pair, tested));
};

const strongestFirst = (x: Pair, y: Pair): number => y.score - x.score || x.a - y.a || x.b - y.b;

const linkOf = (pair: Pair, tested: number): Link => ({
  ...pair,
  direction: directionOf(pair),
  confidence: confidenceOf(pair.score, tested),
  byChance: tested * 10 ** Math.min(0, pair.log10P),
});

/** P(a pair of this score belongs together), among so many that were compared. */
export const confidenceOf = (score: number, tested: number): number => {
  const crowd = Math.log(Math.max(1, tested) / LINK.confidencePairs);
  return 1 / (1 + Math.exp(-(LINK.confidenceOffset + LINK.confidenceSlope * score - crowd)));
};

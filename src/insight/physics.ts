/**
 * What a statistic cannot say of what happened once: whether the one can drive the other at all, so soon, and how much of the
 * other's time it covers. In powers of ten, as the evidence is: it decides where something was seen once or twice, and
 * hardly counts where it was seen ten times.
 *
 * A way that is open to every series says nothing, one that few have and that leaves little time says much: what counts is how
 * many of the session's series, at any lag within reach, could drive the symptom as directly.
 */
import type { Coincidence, Match } from './coincide.ts';
import { LINK, PHYSICS } from './params.ts';
import { type Bearing, bearingOf, type Machine, soonest } from './routes.ts';
import type { SeriesIdentity, Spike } from './series.ts';

export type Physics = Bearing & {
  /** Share of the symptom's time during which the suspect was at it, or what it did may not have passed yet; null where it drives nothing. */
  readonly covers: number | null;
  /** What it adds to the evidence. */
  readonly points: number;
};

/** What spiked in a session, and what is known of the machine; null where that is not to count. */
type Known = { readonly spikesOf: ReadonlyMap<number, readonly Spike[]>; readonly machine: Machine | null };

export const physicsFor = (
  symptom: number,
  { spikesOf, machine }: Known,
): ((found: Pick<Coincidence, 'matches' | 'lagTicks'>) => Physics | null) => {
  const to = spikesOf.get(symptom)?.[0]?.identity;
  if (machine === null || to === undefined) return () => null;
  const others = [...spikesOf.values()].flatMap(([first]) => first?.identity ?? []);
  const byChance = chanceOfRoute(others, to, machine);
  return ({ matches, lagTicks }) => {
    const from = matches[0]?.[0].identity;
    if (from === undefined) return null;
    const bearing = bearingOf({ from, to, lagTicks }, machine);
    const covers = bearing.kind === 'drives' ? coveredBy(matches, bearing.mostTicks) : null;
    return { ...bearing, covers, points: pointsOf(bearing, covers, byChance) };
  };
};

/** Share of all series and lags that could drive the symptom within so many ticks. */
const chanceOfRoute = (
  others: readonly SeriesIdentity[],
  to: SeriesIdentity,
  machine: Machine,
): ((mostTicks: number) => number) => {
  const least = others.map((from) => soonest(from, to, machine)).sort((a, b) => a - b);
  const lags = 2 * LINK.reachTicks + 1;
  return (mostTicks) => {
    const able = least.filter((ticks) => ticks <= mostTicks).length;
    return (able * Math.min(LINK.reachTicks, mostTicks + 1)) / (Math.max(1, least.length) * lags);
  };
};

/** A wait lasts as long as what it waits for, and as that takes to pass. */
const coveredBy = (matches: readonly Match[], mostTicks: number): number => {
  let [waited, covered] = [0, 0];
  for (const [own, symptom] of matches) {
    const until = Math.min(symptom.endTick, own.endTick + mostTicks);
    waited += symptom.endTick - symptom.tick + 1;
    covered += Math.max(0, until - Math.max(own.tick, symptom.tick) + 1);
  }
  return covered / waited;
};

/** Odds that it is so because of a mechanism, against any other reason, and chance. */
const pointsOf = (
  { kind, mostTicks, kin }: Bearing,
  covers: number | null,
  byChance: (mostTicks: number) => number,
): number => {
  const near = kin ? PHYSICS.kin : 0;
  if (covers === null) return PHYSICS[kind === 'drives' ? 'none' : kind] + near;
  const mechanism = covers / Math.max(byChance(mostTicks), PHYSICS.leastChance);
  return near + Math.log10(1 - PHYSICS.known + PHYSICS.known * mechanism);
};

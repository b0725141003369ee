/**
 * Anchored on one symptom: which series come before it, and how surely? Only series that coincide with the symptom are
 * tested, so that less evidence is enough than among all pairs, and also what happened once is ranked: by how seldom a
 * series spikes so loud at all, by what share of the symptom's loud spikes it came with, and by order. Among equals the
 * one that leads the others is first. All spikes take part, also those that are left out of links for want of room.
 */
import { type Coincidence, coincide, type Match, stepsOf } from './coincide.ts';
import { type Correlation, groupBySeries, type Pair } from './correlate.ts';
import { LINK, PHYSICS, SPIKE, SUSPECT } from './params.ts';
import { type Physics, physicsFor } from './physics.ts';
import { bearingOf, type Machine } from './routes.ts';
import type { SeriesIdentity, Spike } from './series.ts';
import { type Storms, weighStorms } from './storm.ts';

export type Suspect = {
  /** Number of the series. */
  readonly series: number;
  readonly score: number;
  /** How far it comes before the symptom; negative when it comes after. */
  readonly lagTicks: number;
  /** Spikes of the symptom that it came with, of how many. */
  readonly matched: number;
  readonly of: number;
  /** What chance alone would give of such suspects, over all series that were asked about. */
  readonly byChance: number;
  /** What is known of how it could drive the symptom; null where nobody asked. */
  readonly physics: Physics | null;
};

/** What can be asked for suspects: all spikes of a session of so many ticks, and its links. */
export type Scene = {
  readonly spikesOf: ReadonlyMap<number, readonly Spike[]>;
  readonly storms: Storms;
  readonly pairOf: ReadonlyMap<number, Pair>;
  /** Whose the series are; null where what can drive what is not to count. */
  readonly machine: Machine | null;
};

export const sceneOf = (
  spikes: readonly Spike[],
  ticks: number,
  { pairs }: Correlation,
  machine: Machine | null = null,
): Scene => ({
  machine,
  spikesOf: groupBySeries([...spikes].sort((x, y) => x.tick - y.tick)),
  storms: weighStorms(
    spikes.map(({ tick }) => tick),
    ticks,
  ),
  pairOf: new Map(pairs.map((pair) => [keyOf(pair.a, pair.b), pair])),
});

/** With whose it is, and the symptom's spikes that it came with. */
type Found = {
  readonly suspect: Suspect;
  readonly from: SeriesIdentity;
  readonly events: readonly Spike[];
};

/** Best first. */
export const suspectsOf = (symptom: number, scene: Scene): Suspect[] => {
  const events = scene.spikesOf.get(symptom) ?? [];
  const ofSymptom = stepsOf(events, SPIKE.eventScore);
  const suspects: Found[] = [];
  const physicsOf = physicsFor(symptom, scene);
  for (const [series, own] of scene.spikesOf) {
    const near = series === symptom ? [] : withinReach(own, events);
    if (near.length === 0) continue;
    const found = coincide(near, stepsOf(own, SPIKE.eventScore), ofSymptom, {
      storms: scene.storms,
      eventScore: SPIKE.eventScore,
    });
    if (found === null) continue;
    const byChance = (scene.spikesOf.size - 1) * 10 ** Math.min(0, found.log10P);
    const physics = physicsOf(found);
    const judged = judge(series, { found, physics }, events, scene.pairOf.get(keyOf(series, symptom)));
    suspects.push({
      suspect: { ...judged, byChance, physics },
      from: (own[0] as Spike).identity,
      events: found.matches.map(([, event]) => event),
    });
  }
  const ranked = preferSources(suspects, scene).sort((x, y) => y.score - x.score);
  return preferLeaders(ranked, scene).sort(
    (x, y) => y.score - x.score || y.lagTicks - x.lagTicks || x.series - y.series,
  );
};

const keyOf = (x: number, y: number): number => Math.min(x, y) * 2 ** 26 + Math.max(x, y);

/** Pairs of spikes near each other, in order of time. */
const withinReach = (own: readonly Spike[], events: readonly Spike[]): Match[] => {
  const near: Match[] = [];
  let from = 0;
  for (const event of events) {
    while ((own[from]?.tick ?? Number.POSITIVE_INFINITY) < event.tick - LINK.reachTicks) from += 1;
    for (let at = from; (own[at]?.tick ?? Number.POSITIVE_INFINITY) <= event.tick + LINK.reachTicks; at += 1)
      near.push([own[at] as Spike, event]);
  }
  return near;
};

const judge = (
  series: number,
  { found, physics }: { readonly found: Coincidence; readonly physics: Physics | null },
  events: readonly Spike[],
  pair: Pair | undefined,
): Omit<Suspect, 'byChance' | 'physics'> => {
  const { matches, lagTicks, strength } = found;
  const order = lagTicks >= 1 ? SUSPECT.leads : lagTicks === 0 ? SUSPECT.together : SUSPECT.trails;
  // What came with the loud ones of the symptom's spikes counts more than what came with the faint.
  let loudness = 0;
  for (const [own, event] of matches) loudness += weightOf(event) * Math.min(SUSPECT.loudMost, own.score);
  const all = events.reduce((sum, event) => sum + weightOf(event), 0);
  const support = pair === undefined ? 0 : Math.min(SUSPECT.supportMost, pair.score - pair.strength);
  const evidence = Math.max(0.01, strength + SUSPECT.scoreOffset) + support;
  return {
    series,
    score: order * Math.max(0.01, evidence + (SUSPECT.perLoudness * loudness) / all + (physics?.points ?? 0)),
    lagTicks,
    matched: matches.length,
    of: events.length,
  };
};

const weightOf = ({ score }: Spike): number =>
  Math.max(0.1, Math.min(SUSPECT.loudMost, score) - SPIKE.eventScore);

/** What one process did at the same time led to more of what it did: the beginning of it stands for all. */
const preferSources = (found: readonly Found[], { machine }: Scene): Suspect[] => {
  const suspects = found.map(({ suspect }) => suspect);
  if (machine === null) return suspects;
  const driving = found.filter(
    ({ suspect, from }) => suspect.physics?.kind === 'drives' && from.pid !== null,
  );
  return found.map(({ suspect, from, events }) => {
    const led = driving.filter((other) => {
      if (other.suspect === suspect || other.from.pid !== from.pid || other.from.startMs !== from.startMs)
        return false;
      const lagTicks = suspect.lagTicks - other.suspect.lagTicks;
      if (lagTicks < 0 || !other.events.some((event) => events.includes(event))) return false;
      const { kind, route } = bearingOf({ from, to: other.from, lagTicks }, machine);
      return kind === 'drives' && route.length === DIRECTLY;
    });
    const most = Math.max(0, ...led.map((other) => other.suspect.score));
    return { ...suspect, score: Math.max(suspect.score, most * PHYSICS.source) };
  });
};

const DIRECTLY = 2;

const preferLeaders = (suspects: readonly Suspect[], { pairOf }: Scene): Suspect[] => {
  const least = (suspects[0]?.score ?? 0) * SUSPECT.leadersShare;
  const strong = suspects.slice(0, SUSPECT.leadersMost).filter(({ score }) => score >= least);
  return suspects.map((suspect, rank) => {
    if (rank >= strong.length) return suspect;
    let leads = 0;
    for (const other of strong) {
      const pair = pairOf.get(keyOf(suspect.series, other.series));
      if (pair === undefined || pair.matches.length < 2 || pair.score < SUSPECT.leaderLinkScore) continue;
      leads += Math.sign(pair.a === suspect.series ? pair.lagTicks : -pair.lagTicks);
    }
    return { ...suspect, score: suspect.score * Math.max(0, 1 + SUSPECT.leadership * leads) };
  });
};

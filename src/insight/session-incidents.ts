/**
 * The incidents of a session: what spikes make one, and series that left their usual range for good. Where both report the same,
 * it is one incident, which begins with the first that left. Where stalls are measured, leaving alone is none: something must hurt.
 */
import { type BlameScene, harmIn } from './culprit.ts';
import {
  candidatesIn,
  type Departure,
  type DepartureGroup,
  departureGroups,
  type Followed,
  kindOf,
  leastStrength,
} from './departures.ts';
import type { Insight } from './detector-state.ts';
import { type Incident, incidentsOf } from './incidents.ts';
import { INCIDENT } from './params.ts';
import { DEPARTURE } from './range-params.ts';
import type { Shift, Spike } from './series.ts';
import { silentSpikes } from './silence.ts';

/** `spikes` are those loud enough to count; in order of time. */
export const incidentsIn = (insight: Insight, spikes: readonly Spike[], scene: BlameScene): Incident[] => {
  const known = insight.shifts.filter(
    ({ seenTick, identity }) => seenTick < insight.ticks && identity.kernel !== true,
  );
  const followed = followedIn(insight);
  const left = departureGroups(known, followed)
    .map((group) => incidentOf(group, leastStrength(followed)))
    .filter((incident) => !scene.hasPressure || harmIn(incident, scene) !== null);
  // Where nothing says that somebody waits, what is still being learnt says nothing either.
  const sure = [
    ...(scene.hasPressure ? spikes : spikes.filter(({ learning }) => !learning)),
    ...silentSpikes(insight),
  ];
  const spiked = incidentsOf(sure).filter(
    (incident) => scene.hasPressure || !(isYoung(incident) || isLoad(incident, followed)),
  );
  const reported = left.map((incident) => withSpikes(incident, spiked));
  const rest = spiked.filter((one) => !left.some((incident) => isOf(one, incident)));
  return [...reported, ...rest]
    .sort((a, b) => a.startTick - b.startTick)
    .map((incident, number) => ({ ...incident, number }))
    .slice(-INCIDENT.most);
};

const followedIn = ({ slots }: Insight): Followed => {
  const followed = new Map<string, { series: number; usual: number }>();
  for (const slot of slots) {
    if (slot?.range === null || slot?.range === undefined) continue;
    const kind = kindOf(slot.identity);
    const { series, usual } = followed.get(kind) ?? { series: 0, usual: 0 };
    followed.set(kind, { series: series + 1, usual: usual + Math.abs(slot.range.median) });
  }
  return followed;
};

const isYoung = ({ spikes }: Incident): boolean => spikes.every(({ learning }) => learning);

/**
 * What most series of a metric do more of about the same time counts as one series: load rose, which is no incident as long as
 * nothing says that somebody waits. Who falls silent with others is no load.
 */
const isLoad = ({ spikes }: Incident, followed: Followed): boolean => {
  const series = new Map<string, number>();
  let counted = 0;
  for (const { identity, silent } of spikes)
    if (silent === true) counted += 1;
    else series.set(kindOf(identity), (series.get(kindOf(identity)) ?? 0) + 1);
  for (const [kind, together] of series) {
    const all = followed.get(kind)?.series ?? 0;
    const areMost = together >= INCIDENT.leastTogether && together >= INCIDENT.shareTogether * all;
    counted += areMost ? 1 : together;
  }
  return counted < INCIDENT.leastSeries;
};

const incidentOf = (group: DepartureGroup, least: number): Incident => {
  const shifts = group.departures.map(({ shift }) => shift);
  return {
    number: 0,
    startTick: Math.min(...shifts.map(({ tick }) => tick)),
    startUs: Math.min(...shifts.map(({ startUs }) => startUs)),
    endTick: Math.max(...shifts.map(({ endTick }) => endTick)),
    endUs: Math.max(...shifts.map(({ endUs }) => endUs)),
    spikes: loudestOf(group.departures),
    weight: (INCIDENT.leastWeight * group.strength) / least,
    candidates: candidatesIn(group),
  };
};

/** Of each series the one that says most. */
const loudestOf = (departures: readonly Departure[]): Spike[] => {
  const most = new Map<number, Departure>();
  for (const one of departures)
    if ((most.get(one.shift.series)?.beyond ?? 0) < one.beyond) most.set(one.shift.series, one);
  return [...most.values()]
    .map(({ shift, beyond }) => spikeOf(shift, beyond))
    .sort((a, b) => a.tick - b.tick || b.score - a.score);
};

/** As a spike, whose score is how seldom a series goes so far for good. */
const spikeOf = (shift: Shift, beyond: number): Spike => {
  const { series, identity, tick, startUs, seenTick, endTick, endUs, peak, fell } = shift;
  const tenfolds = Math.log10(beyond / DEPARTURE.chanceSurprise);
  const score = DEPARTURE.scoreAtChance + DEPARTURE.scorePerTenfold * tenfolds;
  return {
    ...{ series, identity, tick, startUs, seenTick, endTick, endUs, peak, fell, score },
    peakUs: endUs,
    shift: true,
    learning: false,
  };
};

const isOf = ({ startTick }: Incident, left: Incident): boolean =>
  startTick >= left.startTick - INCIDENT.windowTicks && startTick <= left.endTick;

/** The spikes that were there at its beginning are of it, too; a series is named once. */
const withSpikes = (left: Incident, spiked: readonly Incident[]): Incident => {
  const own = spiked.filter((one) => isOf(one, left));
  if (own.length === 0) return left;
  const named = new Set(left.spikes.map(({ series }) => series));
  const others = own.flatMap(({ spikes }) => spikes).filter(({ series }) => !named.has(series));
  return {
    ...left,
    endTick: Math.max(left.endTick, ...own.map(({ endTick }) => endTick)),
    endUs: Math.max(left.endUs, ...own.map(({ endUs }) => endUs)),
    spikes: [...left.spikes, ...others].sort((a, b) => a.tick - b.tick || b.score - a.score),
    weight: Math.max(left.weight, ...own.map(({ weight }) => weight)),
  };
};

/**
 * What it means that series left their usual range for good (range.ts): an incident begins with the first of them, and is known
 * by how far they went, however few they are. What most series of a metric do at the same time and by the same factor is load, or
 * a deploy: each is judged by what it moved beyond that. Who is meant is decided by surprise, over all series of an owner, and by
 * who was first: a fault shows most, and first, where it is.
 */
import { DEPARTURE } from './range-params.ts';
import type { SeriesIdentity, Shift } from './series.ts';
import { quantile } from './statistics.ts';

/** How many series are followed of each kind, and what is usual of all of them together. */
export type Followed = ReadonlyMap<string, { readonly series: number; readonly usual: number }>;

/** A shift, and how much it says beyond what most did together. */
export type Departure = {
  readonly shift: Shift;
  /** In usual spreads. */
  readonly beyond: number;
  /** ln of how many times farther than what is chance. */
  readonly strength: number;
};

export type DepartureGroup = {
  /** The first to leave first. */
  readonly departures: readonly Departure[];
  readonly strength: number;
};

/** Who may be meant: a process, or a series of the host, by the departure that says most of it. */
export type Candidate = {
  readonly identity: SeriesIdentity;
  readonly most: Departure;
  readonly firstTick: number;
  readonly score: number;
};

/** In order of time; a group begins with the first that left. */
export const departureGroups = (shifts: readonly Shift[], followed: Followed): DepartureGroup[] => {
  const departures = shifts
    .map((shift) => departureOf(shift, shifts, followed))
    .filter(({ strength }) => strength > 0)
    .sort((a, b) => a.shift.tick - b.shift.tick);
  const least = leastStrength(followed);
  const groups: { departures: Departure[]; strength: number }[] = [];
  let from = 0;
  departures.forEach((departure, index) => {
    const group = groups.at(-1);
    if (group !== undefined && belongs(departure, group.departures, least)) {
      group.departures.push(departure);
      group.strength = strengthOf(group.departures);
      from = index + 1;
      return;
    }
    const { tick } = departure.shift;
    while (tick - (departures[from]?.shift.tick ?? 0) > DEPARTURE.windowTicks) from += 1;
    // What is news by itself is not of what was there before.
    if (departure.strength >= least && tick - (departures[from]?.shift.tick ?? 0) > DEPARTURE.atOnceTicks)
      from = index;
    const window = departures.slice(from, index + 1);
    const strength = strengthOf(window);
    if (strength < least) return;
    groups.push({ departures: window, strength });
    from = index + 1;
  });
  return groups;
};

/** Soon after it began, and not by itself louder than all of it. */
const belongs = ({ shift, strength }: Departure, group: readonly Departure[], least: number): boolean => {
  const later = shift.tick - (group[0]?.shift.tick ?? 0);
  if (later <= DEPARTURE.atOnceTicks) return true;
  if (strength >= least && strength >= DEPARTURE.louder * Math.max(...group.map((one) => one.strength)))
    return false;
  return later <= DEPARTURE.groupTicks;
};

/** More series, more of what is chance. */
export const leastStrength = (followed: Followed): number => {
  let series = 0;
  for (const one of followed.values()) series += one.series;
  return (
    DEPARTURE.leastStrength + DEPARTURE.perTenfold * Math.max(0, Math.log10(series / DEPARTURE.fewSeries))
  );
};

const departureOf = (shift: Shift, shifts: readonly Shift[], followed: Followed): Departure => {
  const factor = commonFactor(shift, shifts, followed);
  const beyond = factor === 1 ? shift.surprise : beyondCommon(shift, factor);
  const all = Math.abs(followed.get(kindOf(shift.identity))?.usual ?? 0);
  const isSmall = Math.abs(shift.peak - shift.usual) < DEPARTURE.smallPart * all;
  const news = newsOf(shift);
  const weight =
    (shift.fell ? DEPARTURE.fallWeight : 1) *
    (isSmall ? DEPARTURE.smallWeight : 1) *
    (news < 0 ? DEPARTURE.knownWeight : 1);
  const far = Math.log(beyond / DEPARTURE.chanceSurprise);
  const farther = DEPARTURE.newsWeight * Math.log(1 + Math.max(0, news));
  return { shift, beyond, strength: beyond <= 0 ? 0 : weight * (far + (factor === 1 ? farther : 0)) };
};

/**
 * How far it went beyond all that it had ever been, in whole reaches of that (and usual spreads at least); less while little was
 * seen. Negative: it has been there before, so that what comes by now and then is no news each time.
 */
const newsOf = ({ fell, peak, lowest, highest, spread, seenBlocks }: Shift): number => {
  const beyond = fell ? lowest - peak : peak - highest;
  const known = seenBlocks / (seenBlocks + DEPARTURE.youngBlocks);
  return (known * beyond) / Math.max(highest - lowest, spread);
};

/** Some follow load more than others: who goes a few times as far as most still does nothing of its own. */
const beyondCommon = ({ usual, peak, spread, surprise }: Shift, factor: number): number => {
  const ratio = Math.log(Math.max(peak / usual, 1e-9)) / Math.log(factor);
  return ratio < DEPARTURE.timesCommon ? 0 : Math.min(surprise, Math.abs(peak - usual * factor) / spread);
};

/** What most series of the metric were multiplied by about the same time; 1 where they did nothing together. */
const commonFactor = (
  { identity, tick, fell }: Shift,
  shifts: readonly Shift[],
  followed: Followed,
): number => {
  const all = followed.get(kindOf(identity))?.series ?? 0;
  const together = new Map<number, number>();
  for (const other of shifts)
    if (
      kindOf(other.identity) === kindOf(identity) &&
      other.fell === fell &&
      other.usual !== 0 &&
      Math.abs(other.tick - tick) <= DEPARTURE.togetherTicks
    )
      together.set(other.series, other.peak / other.usual);
  if (together.size < Math.max(DEPARTURE.leastTogether, DEPARTURE.shareTogether * all)) return 1;
  return quantile(Float64Array.from(together.values()).sort(), 0.5);
};

/** Of each series what says most. */
const strengthOf = (departures: readonly Departure[]): number => {
  const most = new Map<number, number>();
  for (const { shift, strength } of departures)
    most.set(shift.series, Math.max(most.get(shift.series) ?? 0, strength));
  return [...most.values()].reduce((sum, strength) => sum + strength, 0);
};

/** The likeliest first. */
export const candidatesIn = ({ departures }: DepartureGroup): Candidate[] => {
  const begun = departures[0]?.shift.tick ?? 0;
  const owners = new Map<string, Departure[]>();
  for (const departure of departures) {
    const owner = ownerOf(departure.shift.identity);
    owners.set(owner, [...(owners.get(owner) ?? []), departure]);
  }
  return [...owners.values()]
    .flatMap((own): Candidate[] => {
      const [most] = [...own].sort((a, b) => b.strength - a.strength);
      if (most === undefined) return [];
      const firstTick = Math.min(...own.map(({ shift }) => shift.tick));
      const score = strengthOf(own) - DEPARTURE.perTick * (firstTick - begun);
      return [{ identity: most.shift.identity, most, firstTick, score }];
    })
    .sort((a, b) => b.score - a.score);
};

/** A process; of the host what its name says before the last word: `carts_cpu` and `carts_mem` are of carts. */
const ownerOf = ({ pid, startMs, metric }: SeriesIdentity): string =>
  pid === null ? metric.slice(0, Math.max(0, lastBreak(metric))) : `${pid} ${startMs}`;

/** What several have one of: a metric of processes, or the last word of a metric of the host. */
export const kindOf = ({ pid, metric }: SeriesIdentity): string =>
  pid === null ? `host ${metric.slice(lastBreak(metric) + 1)}` : metric;

const lastBreak = (metric: string): number =>
  Math.max(metric.lastIndexOf('_'), metric.lastIndexOf('.'), metric.lastIndexOf('-'));

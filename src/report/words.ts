/** What insight has found, in words: for the page of `analyze`, and for that of a report. */

import type { HeaderRecord, Remote } from '../core/record.ts';
import type { IncidentAccount } from '../insight/analysis.ts';
import type { Link } from '../insight/correlate.ts';
import type { Crowd } from '../insight/crowds.ts';
import type { StandsOut } from '../insight/culprit.ts';
import { RARITY } from '../insight/params.ts';
import type { SeriesIdentity, Silence, Spike } from '../insight/series.ts';
import { amount, bytes, duration, ratePerSecond, rateSuffix } from '../screen/format/numbers.ts';
import { clean } from '../screen/format/text.ts';

/** Names of it that are worth a line. */
const MOST_NAMED = 3;

/** Of a series. */
export const nameOf = (identity: SeriesIdentity | undefined): string => {
  if (identity === undefined) return 'a series no longer known';
  if (identity.pid === null) return identity.metric;
  return `${identity.metric} of ${clean(identity.comm ?? '?')} (${identity.pid})`;
};

/** What it is, who did it and who suffered it, without its time. */
export const aboutIncident = (incident: IncidentAccount): string => {
  const named = incident.named.length === 0 ? 'not a known failure' : incident.named.join(', ');
  // Where a failure was recognised, its finding above names the suspect, and has better reasons.
  const suspect = aboutSuspect(incident);
  const [worst] = incident.sufferers;
  const suffers = worst === undefined ? '' : `; most of it was suffered by ${nameOf(worst.identity)}`;
  return `${incident.spikes.length} series, ${named}${suspect}${suffers}${whoFellSilent(incident)}`;
};

const whoFellSilent = ({ spikes }: IncidentAccount): string => {
  const silent = spikes.filter((spike) => spike.silent === true).map(({ identity }) => nameOf(identity));
  if (silent.length === 0) return '';
  const rest = silent.length - MOST_NAMED;
  return `; fell silent: ${silent.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

/** A counter that always moved, and stopped. */
export const aboutSilence = (
  { identity, tick, endTick, longestTicks }: Silence,
  intervalMs: number,
): string => {
  const lasting = (ticks: number): string => duration(ticks * intervalMs * 1000);
  const before = longestTicks === 0 ? 'never before' : `at most ${lasting(longestTicks)} before`;
  return `${nameOf(identity)}: nothing for ${lasting(endTick - tick + 1)}, ${before}`;
};

const aboutSuspect = ({ suspect, share, standsOut, nobody }: IncidentAccount): string => {
  if (suspect !== null && share !== null)
    return `; ${Math.floor(share * 100)} % of it was ${nameOf(suspect)}`;
  if (suspect !== null && standsOut !== null)
    return `; look at ${nameOf(suspect)}: ${standsOutText(standsOut)}`;
  return nobody === null ? '' : `; no suspect: ${nobody}`;
};

/** Why somebody stands out: how far it left its usual range, and how far the next did. */
export const standsOutText = ({ spreads, afterTicks, next }: StandsOut): string => {
  const first = afterTicks === 0 ? ', with the first' : '';
  const others =
    next === null
      ? ', and nobody else did'
      : `; next is ${nameOf(next.identity)}, by ${spreadsText(next.spreads)}`;
  return `it left its usual range for good by ${spreadsText(spreads)} its usual spread${first}${others}`;
};

const spreadsText = (spreads: number): string =>
  `${Number(spreads.toPrecision(2)).toLocaleString('en')} times`;

export const supportOf = ({
  matches,
  ofFirst,
  ofSecond,
}: Link): { readonly seen: number; readonly of: number } => ({
  seen: matches.length,
  of: Math.min(ofFirst, ofSecond),
});

/** The series of a link, the one that leads first. */
export const inOrder = ({ a, b, lagTicks }: Link): readonly [number, number] =>
  lagTicks >= 0 ? [a, b] : [b, a];

/** How long the first comes before the second. */
export const linkOrder = (link: Link, { intervalMs }: HeaderRecord): string => {
  const ticks = (count: number): string => duration(Math.abs(count) * intervalMs * 1000);
  const [least, most] = [link.leastLagTicks, link.mostLagTicks].map(Math.abs).sort((a, b) => a - b);
  return link.direction.order === 'unknown'
    ? 'together, order unknown'
    : `the first ${ticks(link.lagTicks)} (${ticks(least ?? 0)} to ${ticks(most ?? 0)}) before the second, P(it leads) ${Math.round(link.direction.probability * 100)} %`;
};

export const byChanceText = ({ byChance }: Link): string => String(Number(byChance.toPrecision(2)));

export const peakText = ({ identity, peak, shift, fell }: Spike): string => {
  const { kind, unit } = identity;
  const value =
    kind === 'counter'
      ? ratePerSecond(peak, { id: identity.metric, unit }, 'long') + rateSuffix(kind, unit)
      : amount(peak, unit);
  return `${fell ? 'down to' : 'up to'} ${value}${shift ? ' (a new level)' : ''}`;
};

/** What is known of the host, name aside: of an import hardly anything may be. */
export const hostFacts = ({ kernel, arch, cpus, memoryBytes }: HeaderRecord['host']): string => {
  const known = [kernel, arch].filter((word) => word !== 'unknown');
  return [
    known.length === 0 ? 'kernel unknown' : `Linux ${known.map((word) => clean(word)).join(' ')}`,
    ...(cpus > 0 ? [`${cpus} CPUs`] : []),
    ...(memoryBytes > 0 ? [bytes(memoryBytes)] : []),
  ].join(', ');
};

/** What many began at once, the loudest first. */
export const aboutCrowd = ({ spikes, owners }: Crowd): string => {
  const loudest = [...spikes].sort((a, b) => b.score - a.score).slice(0, MOST_NAMED);
  const rest = spikes.length - loudest.length;
  return `${spikes.length} series of ${owners} processes rose: ${loudest.map(({ identity }) => nameOf(identity)).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

/** How often chance alone gives what is expected so many times a session. */
export const soSeldom = (byChance: number): string => {
  if (byChance >= 0.5) return `by chance ${Number(byChance.toPrecision(2))} such series in a session`;
  return `by chance once in ${Number((1 / byChance).toPrecision(1)).toLocaleString('en')} sessions`;
};

/**
 * How rare a spike of this score is, from what was measured of series that nothing happened to. Between two scores the
 * rate is taken to fall evenly on a logarithmic scale; beyond the last nothing was measured, so that is a bound.
 */
export const rarityText = (score: number, intervalMs: number): string => {
  const [first, ...others] = RARITY;
  const last = others.at(-1) ?? first;
  const hoursAt = (perTickHour: number): number => intervalMs / 1000 / perTickHour;
  if (score >= last.score) return `less than once in ${hoursText(hoursAt(last.perHour))}`;
  const low = RARITY.findLast((one) => one.score <= score);
  if (low === undefined) return `more than once in ${hoursText(hoursAt(first.perHour))}`;
  const high = RARITY.find((one) => one.score > score) ?? last;
  const share = (score - low.score) / (high.score - low.score);
  const perHour = low.perHour * (high.perHour / low.perHour) ** share;
  return `once in about ${hoursText(hoursAt(perHour))}`;
};

const hoursText = (hours: number): string => {
  if (hours < 1) return `${Math.round(hours * 60)} minutes`;
  const [amount, unit] = hours < 48 ? [hours, 'hour'] : [hours / 24, 'day'];
  const count = Number(amount.toPrecision(1));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};
/** How another host was reached, and how far its clock, by which the recording goes, was from that of who traced it. */
export const remoteFacts = ({ hostname, aheadMs, unsureMs }: Remote): string =>
  `ssh to ${hostname}; its clock was ${Math.abs(aheadMs).toFixed(1)} ms ${aheadMs < 0 ? 'behind' : 'ahead'}, give or take ${unsureMs.toFixed(1)} ms`;

/** What insight has found, in words: for the page of `analyze`, and for that of a report. */

import type { HeaderRecord, Remote } from '../core/record.ts';
import type { IncidentAccount } from '../insight/analysis.ts';
import type { Link } from '../insight/correlate.ts';
import type { SeriesIdentity, Spike } from '../insight/series.ts';
import { amount, bytes, duration, ratePerSecond, rateSuffix } from '../screen/format/numbers.ts';
import { clean } from '../screen/format/text.ts';

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
  const suspect =
    incident.suspect === null || incident.share === null
      ? incident.nobody === null
        ? ''
        : `; no suspect: ${incident.nobody}`
      : `; ${Math.floor(incident.share * 100)} % of it was ${nameOf(incident.suspect)}`;
  const [worst] = incident.sufferers;
  const suffers = worst === undefined ? '' : `; most of it was suffered by ${nameOf(worst.identity)}`;
  return `${incident.spikes.length} series, ${named}${suspect}${suffers}`;
};

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

export const peakText = ({ identity: { kind, unit }, peak, shift, fell }: Spike): string => {
  const value = kind === 'counter' ? ratePerSecond(peak, unit) + rateSuffix(kind, unit) : amount(peak, unit);
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

/** How another host was reached, and how far its clock, by which the recording goes, was from that of who traced it. */
export const remoteFacts = ({ hostname, aheadMs, unsureMs }: Remote): string =>
  `ssh to ${hostname}; its clock was ${Math.abs(aheadMs).toFixed(1)} ms ${aheadMs < 0 ? 'behind' : 'ahead'}, give or take ${unsureMs.toFixed(1)} ms`;

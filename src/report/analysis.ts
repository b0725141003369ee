/** What insight says of a recording, as a page that a person reads at night. */

import { realMsAt } from '../core/clock.ts';
import type { CountedFile } from '../core/file-extents.ts';
import type { HeaderRecord } from '../core/record.ts';
import type { Analysis, IncidentAccount } from '../insight/analysis.ts';
import type { Link } from '../insight/correlate.ts';
import { type Evidence, type Finding, signsOf, suspectsIn } from '../insight/findings/finding.ts';
import type { Spike } from '../insight/series.ts';
import type { Suspect } from '../insight/suspects.ts';
import { amount, bytes, clockTime, duration, exact, extents } from '../screen/format/numbers.ts';
import { clean } from '../screen/format/text.ts';
import {
  aboutCrowd,
  aboutIncident,
  aboutSilence,
  byChanceText,
  inOrder,
  linkOrder,
  nameOf,
  peakText,
  rarityText,
  soSeldom,
  supportOf,
} from './words.ts';

/** Shown of each list; the rest is counted. */
const MOST_LINES = 12;

/** The page. Lines without colour. */
export const analysisLines = (analysis: Analysis, header: HeaderRecord, minScore: number): string[] => {
  const at = (bootUs: number): string => clockTime(realMsAt(header.clock, bootUs));
  return [
    ...findingLines(analysis, at),
    ...suspectLines(analysis, header),
    ...incidentLines(analysis, at),
    ...crowdLines(analysis, at),
    ...silenceLines(analysis, header, at),
    ...linkLines(analysis, header),
    ...spikeLines(analysis, header, minScore),
    ...(analysis.learning
      ? ['', 'The recording is short: the baseline was still being learnt, so treat its spikes with caution.']
      : []),
    ...(analysis.thinned === null
      ? []
      : [
          '',
          `Of the spikes up to ${at(analysis.thinned.untilUs)} the ${exact(analysis.thinned.spikes)} faintest are not kept: links and incidents of that time rest on the louder ones.`,
        ]),
    ...(analysis.frozenUs === null
      ? []
      : ['', `What is usual was learnt until ${at(analysis.frozenUs)}; what came later is judged by that.`]),
  ];
};

const findingLines = ({ findings }: Analysis, at: (bootUs: number) => string): string[] => {
  if (findings.length === 0) return ['No known failure was recognised.'];
  return findings.flatMap((finding) => [...aboutFinding(finding, at), '']).slice(0, -1);
};

const aboutFinding = (finding: Finding, at: (bootUs: number) => string): string[] => {
  const { victims, missing, uncountedSinceUs } = finding;
  const suspects = suspectsIn(finding);
  const { seen, of } = signsOf(finding);
  return [
    `${finding.severity.toUpperCase()}  ${finding.title}`,
    `  ${finding.id}, ${at(finding.startUs)} to ${at(finding.endUs)}, ${seen} of ${of} signs seen`,
    ...(uncountedSinceUs === undefined
      ? []
      : [`  not counted since ${at(uncountedSinceUs)}: whether it goes on is not known`]),
    ...(finding.cgroup === undefined ? [] : [`  cgroup   ${clean(finding.cgroup)}`]),
    ...(finding.device === undefined ? [] : [`  device   ${clean(finding.device)}`]),
    ...(finding.channel === undefined ? [] : [`  waits in ${clean(finding.channel)}`]),
    suspects.length === 0
      ? `  suspect  none: ${finding.nobody ?? 'no process that did it was counted here'}`
      : `  ${suspects.length === 1 ? 'suspect ' : `${suspects.length} suspects, the numbers are their sum: `} ${suspects.map(({ pid, comm }) => `${clean(comm)} (${pid})`).join(', ')}`,
    ...(victims.length === 0
      ? []
      : [`  victims  ${victims.map(({ pid, comm }) => `${clean(comm)} (${pid})`).join(', ')}`]),
    ...finding.evidence.map((one) => `  ${at(one.atUs)}  ${evidenceText(one)}`),
    ...(finding.files ?? []).map((file) => `  open     ${fileText(file)}`),
    ...(missing.length === 0 ? [] : [`  not measured here: ${missing.join(', ')}`]),
    `  more: stallscope explain ${finding.id}`,
    '  Fix:',
    ...finding.advice.flatMap(({ text, command, risk }) => [
      `  - ${text}`,
      ...(command === undefined ? [] : [`      ${command}`]),
      ...(risk === undefined ? [] : [`      risk: ${risk}`]),
    ]),
  ];
};

const fileText = (file: CountedFile): string =>
  `${clean(file.path)}: ${extents(file)}${file.sizeBytes === undefined ? '' : `, ${bytes(file.sizeBytes)}`}`;

const evidenceText = ({ metric, value, unit, what }: Evidence): string =>
  `${amount(value, unit)} ${what} (${metric})`;

const suspectLines = (analysis: Analysis, header: HeaderRecord): string[] => {
  if (analysis.suspects === null) return [];
  if (analysis.symptom === null)
    return ['', 'Suspects: the symptom never spiked, so nothing can be said to lead it.'];
  return [
    '',
    `Suspects of ${nameOf(analysis.symptom)}, best first:`,
    ...analysis.suspects.slice(0, MOST_LINES).map((suspect) => `  ${suspectText(suspect, analysis, header)}`),
    ...restOf(analysis.suspects.length),
  ];
};

const suspectText = (suspect: Suspect, { identityOf }: Analysis, { intervalMs }: HeaderRecord): string => {
  const lag = duration(Math.abs(suspect.lagTicks) * intervalMs * 1000);
  const order =
    suspect.lagTicks === 0 ? 'in the same tick' : suspect.lagTicks > 0 ? `${lag} before` : `${lag} after`;
  const chance = suspect.matched === 1 ? 'seen once, could be chance' : soSeldom(suspect.byChance);
  return `${nameOf(identityOf(suspect.series))}: ${order}, ${suspect.matched} of ${suspect.of} times; ${chance}${mechanismText(suspect)}`;
};

/** How it could have done it, where something is known; what is not known is no reason against it. */
const mechanismText = ({ physics }: Suspect): string => {
  if (physics?.kind === 'drives') return `; can drive it: ${physics.route.join(' → ')}`;
  if (physics?.kind === 'driven') return '; is rather driven by it';
  return physics?.kind === 'same' ? '; is the same, counted elsewhere' : '';
};

const incidentLines = (analysis: Analysis, at: (bootUs: number) => string): string[] => {
  if (analysis.incidents.length === 0) return [];
  const ranked = worstFirst(analysis.incidents);
  return [
    '',
    'Incidents, the worst first:',
    ...ranked.slice(0, MOST_LINES).map((incident) => `  ${incidentText(incident, at)}`),
    ...restOf(ranked.length),
  ];
};

export const worstFirst = (incidents: readonly IncidentAccount[]): readonly IncidentAccount[] =>
  [...incidents].sort((a, b) => b.weight - a.weight);

const incidentText = (incident: IncidentAccount, at: (bootUs: number) => string): string => {
  return `${at(incident.startUs)} to ${at(incident.endUs)}: ${aboutIncident(incident)}`;
};

const crowdLines = ({ crowds }: Analysis, at: (bootUs: number) => string): string[] => {
  if (crowds.length === 0) return [];
  const ranked = [...crowds].sort((a, b) => b.owners - a.owners);
  return [
    '',
    'Began at once (load, a restart, a pause of the machine): one event, and no sign that two of them belong together:',
    ...ranked
      .slice(0, MOST_LINES)
      .map((crowd) => `  ${at(crowd.spikes[0]?.startUs ?? 0)}  ${aboutCrowd(crowd)}`),
    ...restOf(crowds.length),
  ];
};

const silenceLines = (
  { silences }: Analysis,
  { intervalMs }: HeaderRecord,
  at: (bootUs: number) => string,
): string[] => {
  if (silences.length === 0) return [];
  return [
    '',
    'Fell silent, having moved in nearly every sample:',
    ...silences.slice(0, MOST_LINES).map((one) => `  ${at(one.startUs)}  ${aboutSilence(one, intervalMs)}`),
    ...restOf(silences.length),
  ];
};

const linkLines = (analysis: Analysis, header: HeaderRecord): string[] => {
  const links = reportedLinks(analysis);
  if (links.length === 0) return [];
  return [
    '',
    `Correlated (of ${exact(analysis.tested)} pairs compared):`,
    ...links.slice(0, MOST_LINES).map((link) => `  ${linkText(link, analysis, header)}`),
    ...restOf(links.length),
  ];
};

/** What is worth a line; `--json` has candidates too. */
export const reportedLinks = ({ links }: Analysis): readonly Link[] =>
  links.filter(({ significant }) => significant);

const linkText = (link: Link, { identityOf }: Analysis, header: HeaderRecord): string => {
  const [leader, follower] = inOrder(link);
  const { seen, of } = supportOf(link);
  const names = `${nameOf(identityOf(leader))}, ${nameOf(identityOf(follower))}`;
  return `${names}: ${linkOrder(link, header)}; ${seen} of ${of} times; by chance ${byChanceText(link)} such pairs`;
};

const spikeLines = ({ spikes }: Analysis, header: HeaderRecord, minScore: number): string[] => {
  if (spikes.length === 0) return ['', `No spike reached a score of ${minScore}.`];
  const loudest = loudestFirst(spikes);
  return [
    '',
    'Spikes, the least likely first: score, and how often one series of a quiet machine has so large a one:',
    ...loudest.slice(0, MOST_LINES).map((spike) => `  ${spikeText(spike, header)}`),
    ...restOf(spikes.length),
  ];
};

export const loudestFirst = (spikes: readonly Spike[]): readonly Spike[] =>
  [...spikes].sort((a, b) => b.score - a.score || a.startUs - b.startUs);

const spikeText = (spike: Spike, { clock, intervalMs }: HeaderRecord): string => {
  const at = clockTime(realMsAt(clock, spike.startUs));
  const rarity = rarityText(spike.score, intervalMs);
  return `${at}  ${spike.score.toFixed(1).padStart(5)}  ${nameOf(spike.identity)}: ${peakText(spike)}, ${rarity}`;
};

const restOf = (count: number): string[] =>
  count <= MOST_LINES ? [] : [`  … and ${exact(count - MOST_LINES)} more: --json has them all`];

/** What insight says of a recording: as one JSON object, or as a page that a person reads at night. */

import { realMsAt } from '../core/clock.ts';
import type { CountedFile } from '../core/file-extents.ts';
import type { HeaderRecord } from '../core/record.ts';
import type { Analysis, IncidentAccount } from '../insight/analysis.ts';
import type { Link } from '../insight/correlate.ts';
import { type Evidence, type Finding, signsOf, suspectsIn } from '../insight/findings/finding.ts';
import type { SeriesIdentity, Spike } from '../insight/series.ts';
import type { Suspect } from '../insight/suspects.ts';
import { amount, bytes, clockTime, duration, exact, extents } from '../screen/format/numbers.ts';
import { clean } from '../screen/format/text.ts';
import { aboutIncident, byChanceText, inOrder, linkOrder, nameOf, peakText, supportOf } from './words.ts';

/** The contract of `analyze --json`: additions are allowed, changes are not. */
export const analysisObject = (analysis: Analysis, header: HeaderRecord): object => {
  const at = (bootUs: number): string => new Date(Math.round(realMsAt(header.clock, bootUs))).toISOString();
  const series = (number: number): object => seriesObject(analysis.identityOf(number));
  return {
    format: 'stallscope-analysis',
    version: 1,
    learning: analysis.learning,
    spikes: analysis.spikes.map((spike) => ({
      series: seriesObject(spike.identity),
      start: at(spike.startUs),
      end: at(spike.endUs),
      peak: spike.peak,
      peakAt: at(spike.peakUs),
      score: round(spike.score),
      ...(spike.fell ? { fell: true } : {}),
      shift: spike.shift,
      learning: spike.learning,
    })),
    links: analysis.links.map((link) => linkObject(link, series, header.intervalMs)),
    clocks: analysis.clocks.map(({ a, b, periodTicks }) => ({
      series: [series(a), series(b)],
      periodMs: Math.round(periodTicks * header.intervalMs),
    })),
    ...(analysis.suspects === null
      ? {}
      : {
          symptom: analysis.symptom === null ? null : seriesObject(analysis.symptom),
          suspects: analysis.suspects.map((suspect) => ({
            ...series(suspect.series),
            score: round(suspect.score),
            lagMs: suspect.lagTicks * header.intervalMs,
            support: { seen: suspect.matched, of: suspect.of },
          })),
        }),
    incidents: analysis.incidents.map((incident) => ({
      start: at(incident.startUs),
      end: at(incident.endUs),
      score: round(incident.weight),
      suspect: incident.suspect === null ? null : seriesObject(incident.suspect),
      ...(incident.share === null ? {} : { share: round(incident.share) }),
      ...(incident.nobody === null ? {} : { nobody: incident.nobody }),
      ...(incident.sufferers.length === 0
        ? {}
        : {
            sufferers: incident.sufferers.map(({ identity, threads }) => ({
              ...seriesObject(identity),
              threads: round(threads),
            })),
          }),
      findings: incident.named,
      series: incident.spikes.map(({ identity, startUs, score }) => ({
        ...seriesObject(identity),
        start: at(startUs),
        score: round(score),
      })),
    })),
    findings: analysis.findings.map((finding) => ({
      id: finding.id,
      title: finding.title,
      severity: finding.severity,
      confidence: round(finding.confidence),
      signs: signsOf(finding),
      start: at(finding.startUs),
      end: at(finding.endUs),
      ...(finding.uncountedSinceUs === undefined ? {} : { uncountedSince: at(finding.uncountedSinceUs) }),
      ...(finding.cgroup === undefined ? {} : { cgroup: finding.cgroup }),
      ...(finding.device === undefined ? {} : { device: finding.device }),
      ...(finding.channel === undefined ? {} : { channel: finding.channel }),
      suspect: finding.suspect === null ? null : partyObject(finding.suspect),
      ...(finding.nobody === undefined ? {} : { nobody: finding.nobody }),
      suspects: suspectsIn(finding).map(partyObject),
      victims: finding.victims.map(partyObject),
      evidence: finding.evidence.map(({ metric, value, unit, what, atUs }) => ({
        metric,
        value: round(value),
        unit,
        what,
        at: at(atUs),
      })),
      ...(finding.files === undefined ? {} : { files: finding.files }),
      missing: finding.missing,
      advice: finding.advice,
    })),
    compared: { pairs: analysis.tested, fromScore: round(analysis.linkedFromScore) },
  };
};

const seriesObject = (identity: SeriesIdentity | undefined): object =>
  identity === undefined
    ? {}
    : {
        metric: identity.metric,
        ...(identity.pid === null ? {} : { pid: identity.pid }),
        ...(identity.comm === null ? {} : { comm: identity.comm }),
      };

const partyObject = ({ pid, comm }: { readonly pid: number; readonly comm: string }): object => ({
  pid,
  comm,
});

const linkObject = (link: Link, series: (number: number) => object, intervalMs: number): object => {
  const forward = link.lagTicks >= 0;
  const lags = [link.leastLagTicks, link.mostLagTicks].map(
    (ticks) => (forward ? ticks : -ticks) * intervalMs,
  );
  return {
    leader: series(forward ? link.a : link.b),
    follower: series(forward ? link.b : link.a),
    direction: link.direction.order === 'unknown' ? 'unknown' : 'leader-first',
    directionProbability: round(link.direction.probability),
    lagMs: Math.abs(link.lagTicks) * intervalMs,
    lagRangeMs: lags.sort((a, b) => a - b),
    score: round(link.score),
    confidence: round(link.confidence),
    significant: link.significant,
    support: supportOf(link),
    byChance: Number(link.byChance.toPrecision(3)),
  };
};

const round = (value: number): number => Number(value.toFixed(3));

/** Shown of each list; the rest is counted. */
const MOST_LINES = 12;

/** The page. Lines without colour. */
export const analysisLines = (analysis: Analysis, header: HeaderRecord, minScore: number): string[] => {
  const at = (bootUs: number): string => clockTime(realMsAt(header.clock, bootUs));
  return [
    ...findingLines(analysis, at),
    ...suspectLines(analysis, header),
    ...incidentLines(analysis, at),
    ...linkLines(analysis, header),
    ...spikeLines(analysis, at, minScore),
    ...(analysis.learning
      ? ['', 'The recording is short: the baseline was still being learnt, so treat its spikes with caution.']
      : []),
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
  const once = suspect.matched === 1 ? '; seen once, could be chance' : '';
  return `${nameOf(identityOf(suspect.series))}: ${order}, ${suspect.matched} of ${suspect.of} times${once}`;
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

const spikeLines = ({ spikes }: Analysis, at: (bootUs: number) => string, minScore: number): string[] => {
  if (spikes.length === 0) return ['', `No spike reached a score of ${minScore}.`];
  const loudest = loudestFirst(spikes);
  return [
    '',
    `Spikes, the least likely first (score: 10^-score is how often a tick would be so large):`,
    ...loudest.slice(0, MOST_LINES).map((spike) => `  ${spikeText(spike, at)}`),
    ...restOf(spikes.length),
  ];
};

export const loudestFirst = (spikes: readonly Spike[]): readonly Spike[] =>
  [...spikes].sort((a, b) => b.score - a.score || a.startUs - b.startUs);

const spikeText = (spike: Spike, at: (bootUs: number) => string): string =>
  `${at(spike.startUs)}  ${spike.score.toFixed(1).padStart(5)}  ${nameOf(spike.identity)}: ${peakText(spike)}`;

const restOf = (count: number): string[] =>
  count <= MOST_LINES ? [] : [`  … and ${exact(count - MOST_LINES)} more: --json has them all`];

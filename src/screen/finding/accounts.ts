/**
 * What there is to say at the top of the screen: what is wrong, who, how surely, since when, which numbers prove it,
 * what to do. Failures that have a name come from the findings; what rose together without a name is reported too.
 *
 * Reported from the latest that is known of the session, beside the moment that is shown: going on, over, or, in a replay
 * and after stepping back, still ahead.
 */

import { cgroupName } from '../../core/cgroup-name.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import { type Finding, signsOf, subjectOf, suspectsIn, worstFileOf } from '../../insight/findings/finding.ts';
import { INCIDENT, SPIKE } from '../../insight/params.ts';
import type { IncidentMark, WatchedSnapshot } from '../../insight/recognised.ts';
import { amount, extents, percent, ratePerSecond, rateSuffix } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import type { View } from '../view.ts';
import { groupedNames, partyName } from './parties.ts';

export type Account = {
  /** The same while it lasts. */
  readonly key: string;
  /** null for what has no name. */
  readonly id: string | null;
  readonly severity: Finding['severity'] | 'unknown';
  readonly title: string;
  readonly pid: number | null;
  readonly comm: string | null;
  /** The control group, device or wait channel that it is about, its short name and the whole; null where it is about none. */
  readonly about: { readonly label: string; readonly name: string; readonly whole: string } | null;
  /** Row of the suspect. */
  readonly rowId: string | null;
  /** Further suspects of the same. */
  readonly others: readonly string[];
  /** All suspects, those of one name as one. */
  readonly doers: readonly string[];
  /** How it is known, in a few words: signs seen, or what share of it the suspect did. */
  readonly known: string;
  /** Why nobody is named; empty where somebody is. */
  readonly nobody: string;
  /** What it rests on is not counted any more since then; null while it is. */
  readonly uncountedSinceUs: number | null;
  readonly startUs: number;
  readonly endUs: number;
  /** When its first number was largest: where it is seen best. */
  readonly momentUs: number;
  readonly when: 'now' | 'over' | 'ahead';
  /** Each with its number, the most informative first. */
  readonly proof: readonly string[];
  /** The open file of the suspect whose extents are many, short; null where none is known. */
  readonly file: string | null;
  /** All that it had open and that were counted. */
  readonly files: readonly string[];
  readonly victims: readonly string[];
  /** The same, those of one name as one. */
  readonly sufferers: readonly string[];
  readonly advice: Finding['advice'];
  readonly missing: readonly string[];
  /** Metrics it rests on. */
  readonly metrics: readonly string[];
};

type Moment = Pick<View, 'overview' | 'ui' | 'glyphs'>;

/** What is going on first, then what is over, then what is still ahead; within each the most severe first. */
export const accountsOf = (snapshot: WatchedSnapshot, view: Moment): readonly Account[] => {
  const { overview, glyphs } = view;
  const source = overview !== null && overview.bootUs >= snapshot.bootUs ? overview : snapshot;
  const known = memo.get(source);
  const reported = known ?? report(source, glyphs.charset);
  memo.set(source, reported);
  return reported
    .map((account) => ({ ...account, when: whenOf(account, snapshot.bootUs) }))
    .filter((account) => account.id !== null || isRecent(account, snapshot.bootUs))
    .sort((a, b) => ORDER.indexOf(a.when) - ORDER.indexOf(b.when) || rankOf(a) - rankOf(b));
};

/** The one at the top; null when nothing stands out. */
export const accountShown = (snapshot: WatchedSnapshot, view: Moment): Account | null => {
  const accounts = accountsOf(snapshot, view);
  return accounts.find(({ key }) => key === view.ui.account) ?? accounts[0] ?? null;
};

const memo = new WeakMap<WatchedSnapshot, readonly Account[]>();

const ORDER: readonly Account['when'][] = ['now', 'over', 'ahead'];
const SEVERITIES: readonly Account['severity'][] = ['critical', 'high', 'medium', 'unknown'];
const rankOf = ({ severity }: Account): number => SEVERITIES.indexOf(severity);

/** A finding goes on until it has been quiet for so long. */
const QUIET_US = 10e6;
/** What has no name is forgotten sooner than a finding. */
const RECENT_US = 300e6;

const whenOf = ({ startUs, endUs, uncountedSinceUs }: Account, nowUs: number): Account['when'] => {
  if (startUs > nowUs) return 'ahead';
  // Nobody can say that it is over.
  const unknown = uncountedSinceUs !== null && uncountedSinceUs <= nowUs;
  return unknown || endUs + QUIET_US >= nowUs ? 'now' : 'over';
};

const isRecent = ({ startUs, endUs }: Account, nowUs: number): boolean =>
  startUs <= nowUs && nowUs - endUs <= RECENT_US;

const report = (source: WatchedSnapshot, charset: 'utf8' | 'ascii'): readonly Account[] => {
  const { findings, spikes } = source.insight;
  const named = findings.map((finding) => ofFinding(source, finding, charset));
  // Only something loud and recent makes it worth looking for what has no name.
  const loud = spikes.some(
    ({ score, startUs }) => score >= INCIDENT.leastScore && source.bootUs - startUs <= RECENT_US,
  );
  if (!loud) return named;
  const unnamed = source.insight
    .incidents()
    .filter((incident) => !findings.some((finding) => overlap(finding, incident)))
    .map((incident) => ofIncident(source, incident, charset));
  return [...named, ...unnamed];
};

const overlap = (finding: Finding, { startUs, endUs }: IncidentMark): boolean =>
  finding.startUs <= endUs + QUIET_US && finding.endUs + QUIET_US >= startUs;

const ofFinding = (source: WatchedSnapshot, finding: Finding, charset: 'utf8' | 'ascii'): Account => {
  const { suspect } = finding;
  const { seen, of } = signsOf(finding);
  return {
    key: `${finding.id} ${subjectOf(finding) ?? suspect?.pid ?? ''} ${finding.startUs}`,
    id: finding.id,
    severity: finding.severity,
    title: finding.title,
    pid: suspect?.pid ?? null,
    comm: suspect === null ? null : clean(suspect.comm, charset),
    about: aboutOf(finding, charset),
    rowId:
      suspect === null
        ? null
        : (source.rows.find(({ pid, startMs }) => pid === suspect.pid && startMs === suspect.startMs)?.id ??
          null),
    others: suspectsIn(finding)
      .slice(1)
      .map((party) => partyName(party, charset)),
    doers: groupedNames(suspectsIn(finding), charset),
    known: `${seen} of ${of} signs`,
    nobody: suspect === null ? (finding.nobody ?? 'no process that did it was counted') : '',
    uncountedSinceUs: finding.uncountedSinceUs ?? null,
    startUs: finding.startUs,
    endUs: finding.endUs,
    momentUs: finding.evidence[0]?.atUs ?? finding.startUs,
    when: 'now',
    proof: finding.evidence.map(({ value, unit, what }) => `${amount(value, unit)} ${what}`),
    file: shortFile(finding, charset),
    files: (finding.files ?? []).map((file) => `${clean(file.path, charset)}: ${extents(file)}`),
    victims: finding.victims.map((party) => partyName(party, charset)),
    sufferers: groupedNames(finding.victims, charset),
    advice: finding.advice,
    missing: finding.missing,
    metrics: [...new Set(finding.evidence.flatMap(({ metric }) => matching(source.metrics, metric)))],
  };
};

/** `disk.qcow2, 28,495 extents`. */
const shortFile = ({ files }: Finding, charset: 'utf8' | 'ascii'): string | null => {
  const worst = worstFileOf(files);
  if (worst === null) return null;
  // Its growth is on the page of the finding: a banner has no room for it.
  const { earlier: _, ...now } = worst;
  return `${clean(worst.path.slice(worst.path.lastIndexOf('/') + 1), charset)}, ${extents(now)}`;
};

const aboutOf = ({ cgroup, device, channel }: Finding, charset: 'utf8' | 'ascii'): Account['about'] => {
  const text = (value: string): string => clean(value, charset);
  if (cgroup !== undefined) return { label: 'cgroup', name: text(cgroupName(cgroup)), whole: text(cgroup) };
  if (device !== undefined) return { label: 'device', name: text(device), whole: text(device) };
  return channel === undefined ? null : { label: 'waits in', name: text(channel), whole: text(channel) };
};

/** `vm.pgscan_*` stands for every metric that begins so. */
const matching = (metrics: readonly MetricDescriptor[], name: string): string[] =>
  name.endsWith('*')
    ? metrics.filter(({ id }) => id.startsWith(name.slice(0, -1))).map(({ id }) => id)
    : [name];

/** The suspect is who did most of what hurts, and often nobody did. */
const ofIncident = (source: WatchedSnapshot, incident: IncidentMark, charset: 'utf8' | 'ascii'): Account => {
  const suspect = incident.suspect ?? null;
  // Nobody needs to know that zero of something is unusual.
  const loudest = incident.spikes
    .filter(({ peak, fell }) => peak > 0 || fell === true)
    .sort((a, b) => b.score - a.score);
  const sufferers = (incident.sufferers ?? []).map(
    ({ comm, pid, threads }) =>
      `${clean(comm ?? '?', charset)} (${pid}) ${threads > 1 ? `in ${threads.toFixed(1)} threads` : `${percent(threads * 100)} of the time`}`,
  );
  const labelOf = (metric: string): string => source.metrics.find(({ id }) => id === metric)?.label ?? metric;
  return {
    key: `incident ${incident.startUs}`,
    id: null,
    severity: 'unknown',
    title: titleOf(incident),
    pid: suspect?.pid ?? null,
    comm: suspect === null ? null : clean(suspect.comm ?? '?', charset),
    about: null,
    rowId: suspect === null ? null : (source.rows.find(({ pid }) => pid === suspect.pid)?.id ?? null),
    others: [],
    doers: suspect === null ? [] : [`${clean(suspect.comm ?? '?', charset)} (${suspect.pid})`],
    known: suspect === null ? '' : knownOf(suspect, labelOf(suspect.metric)),
    nobody: suspect === null ? (incident.nobody ?? 'no counted process did most of it') : '',
    uncountedSinceUs: null,
    startUs: incident.startUs,
    endUs: incident.endUs,
    momentUs: incident.startUs,
    when: 'now',
    proof: loudest.map(({ metric, pid, comm, peak, fell }) => {
      const one = source.metrics.find(({ id }) => id === metric);
      const whose = pid === null ? '' : ` of ${clean(comm ?? '?', charset)}`;
      const down = fell === true ? 'down to ' : '';
      return one === undefined ? `${metric}${whose}` : `${down}${peakText(peak, one)} ${one.label}${whose}`;
    }),
    file: null,
    files: [],
    victims: sufferers,
    sufferers,
    advice: [{ text: 'See who did what at that moment, and what came first' }],
    missing: [],
    metrics: [...new Set(loudest.map(({ metric }) => metric))],
  };
};

const knownOf = ({ share, spreads }: NonNullable<IncidentMark['suspect']>, label: string): string =>
  share === undefined
    ? `left its usual ${label} farthest, by ${Math.round(spreads ?? 0)} times its usual spread`
    : `did ${percent(Math.floor(share * 100))} of ${label}`;

const STALLS = {
  cpu: 'Stall for CPUs: threads wait for their turn more than before',
  io: 'Stall for I/O: tasks wait for a disk more than before',
  memory: 'Stall for memory: tasks wait for memory more than before',
} as const;

/** What is waited for, where somebody waits; otherwise only that much moved at once. */
const titleOf = ({ harm, spikes }: IncidentMark): string => {
  if (harm !== undefined) return `${STALLS[harm]}; not a known failure`;
  const moved = spikes.some(({ fell }) => fell === true) ? 'moved' : 'rose';
  return `${spikes.length} signals ${moved} together: unusual for this machine, and not a known failure`;
};

const peakText = (peak: number, metric: MetricDescriptor): string =>
  metric.kind === 'counter'
    ? ratePerSecond(peak, metric, 'long') + rateSuffix(metric.kind, metric.unit)
    : amount(peak, metric.unit);

/** How many more samples it takes to know what is usual; 0 when it is known. */
export const learningSamples = ({ insight, samples }: WatchedSnapshot): number =>
  insight.learning ? Math.max(1, SPIKE.learningTicks - samples) : 0;

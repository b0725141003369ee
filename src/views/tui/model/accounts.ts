/**
 * What there is to say at the top of the screen: what is wrong, who, how surely, since when, which numbers prove it,
 * what to do. Failures that have a name come from the findings; what rose together without a name is told too.
 *
 * Told from the latest that is known of the session, beside the moment that is shown: going on, over, or, in a replay
 * and after stepping back, still ahead.
 */
import type { Finding } from '../../../core/insight/findings/finding.ts';
import { INCIDENT, SPIKE } from '../../../core/insight/params.ts';
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { IncidentMark, Snapshot } from '../../../core/snapshot.ts';
import { amount, clean, ratePerSecond, rateSuffix } from '../../format.ts';
import type { View } from './view.ts';

export type Account = {
  /** The same while it lasts. */
  readonly key: string;
  /** null for what has no name. */
  readonly id: string | null;
  readonly severity: Finding['severity'] | 'unknown';
  readonly title: string;
  readonly pid: number | null;
  readonly comm: string | null;
  /** Row of the suspect. */
  readonly rowId: string | null;
  /** 0 to 1; null where nothing is known of it. */
  readonly confidence: number | null;
  readonly startUs: number;
  readonly endUs: number;
  /** When its first number was largest: where it is seen best. */
  readonly momentUs: number;
  readonly when: 'now' | 'over' | 'ahead';
  /** Each with its number, the most telling first. */
  readonly proof: readonly string[];
  readonly victims: readonly string[];
  readonly advice: Finding['advice'];
  readonly missing: readonly string[];
  /** Metrics it rests on. */
  readonly metrics: readonly string[];
};

type Moment = Pick<View, 'overview' | 'ui' | 'glyphs'>;

/** What is going on first, then what is over, then what is still ahead; within each the most severe first. */
export const accountsOf = (snapshot: Snapshot, view: Moment): readonly Account[] => {
  const { overview, glyphs } = view;
  const source = overview !== null && overview.bootUs >= snapshot.bootUs ? overview : snapshot;
  const known = memo.get(source);
  const told = known ?? tell(source, glyphs.charset);
  memo.set(source, told);
  return told
    .map((account) => ({ ...account, when: whenOf(account, snapshot.bootUs) }))
    .filter((account) => account.id !== null || isRecent(account, snapshot.bootUs))
    .sort((a, b) => ORDER.indexOf(a.when) - ORDER.indexOf(b.when) || rankOf(a) - rankOf(b));
};

/** The one at the top; null when nothing stands out. */
export const accountShown = (snapshot: Snapshot, view: Moment): Account | null => {
  const accounts = accountsOf(snapshot, view);
  return accounts.find(({ key }) => key === view.ui.account) ?? accounts[0] ?? null;
};

const memo = new WeakMap<Snapshot, readonly Account[]>();

const ORDER: readonly Account['when'][] = ['now', 'over', 'ahead'];
const SEVERITIES: readonly Account['severity'][] = ['critical', 'high', 'medium', 'unknown'];
const rankOf = ({ severity }: Account): number => SEVERITIES.indexOf(severity);

/** A finding goes on until it has been quiet for so long. */
const QUIET_US = 10e6;
/** What has no name is forgotten sooner than a finding. */
const RECENT_US = 300e6;

const whenOf = ({ startUs, endUs }: Account, nowUs: number): Account['when'] =>
  startUs > nowUs ? 'ahead' : endUs + QUIET_US >= nowUs ? 'now' : 'over';

const isRecent = ({ startUs, endUs }: Account, nowUs: number): boolean =>
  startUs <= nowUs && nowUs - endUs <= RECENT_US;

const tell = (source: Snapshot, charset: 'utf8' | 'ascii'): readonly Account[] => {
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

const ofFinding = (source: Snapshot, finding: Finding, charset: 'utf8' | 'ascii'): Account => {
  const { suspect } = finding;
  return {
    key: `${finding.id} ${suspect?.pid ?? ''} ${finding.startUs}`,
    id: finding.id,
    severity: finding.severity,
    title: finding.title,
    pid: suspect?.pid ?? null,
    comm: suspect === null ? null : clean(suspect.comm, charset),
    rowId:
      suspect === null
        ? null
        : (source.rows.find(({ pid, startMs }) => pid === suspect.pid && startMs === suspect.startMs)?.id ??
          null),
    confidence: finding.confidence,
    startUs: finding.startUs,
    endUs: finding.endUs,
    momentUs: finding.evidence[0]?.atUs ?? finding.startUs,
    when: 'now',
    proof: finding.evidence.map(({ value, unit, what }) => `${amount(value, unit)} ${what}`),
    victims: finding.victims.map(({ pid, comm }) => `${clean(comm, charset)} (${pid})`),
    advice: finding.advice,
    missing: finding.missing,
    metrics: [...new Set(finding.evidence.flatMap(({ metric }) => matching(source.metrics, metric)))],
  };
};

/** `vm.pgscan_*` stands for every metric that begins so. */
const matching = (metrics: readonly MetricDescriptor[], name: string): string[] =>
  name.endsWith('*')
    ? metrics.filter(({ id }) => id.startsWith(name.slice(0, -1))).map(({ id }) => id)
    : [name];

/** The suspect is the process whose loud spike began first: what leads, not what is loudest. */
const ofIncident = (source: Snapshot, incident: IncidentMark, charset: 'utf8' | 'ascii'): Account => {
  const own = incident.spikes.filter(({ pid }) => pid !== null);
  const first = own[0] ?? null;
  const loudest = [...incident.spikes].sort((a, b) => b.score - a.score);
  return {
    key: `incident ${incident.startUs}`,
    id: null,
    severity: 'unknown',
    title: `${incident.spikes.length} signals rose together: unusual for this machine, and no failure with a name`,
    pid: first?.pid ?? null,
    comm: first === null ? null : clean(first.comm ?? '?', charset),
    rowId: first === null ? null : (source.rows.find(({ pid }) => pid === first.pid)?.id ?? null),
    confidence: null,
    startUs: incident.startUs,
    endUs: incident.endUs,
    momentUs: incident.startUs,
    when: 'now',
    proof: loudest.map(({ metric, pid, comm, peak }) => {
      const one = source.metrics.find(({ id }) => id === metric);
      const whose = pid === null ? '' : ` of ${clean(comm ?? '?', charset)}`;
      return one === undefined ? `${metric}${whose}` : `${peakText(peak, one)} ${one.label}${whose}`;
    }),
    victims: [],
    advice: [{ text: 'See who did what at that moment, and what came first' }],
    missing: [],
    metrics: [...new Set(loudest.map(({ metric }) => metric))],
  };
};

const peakText = (peak: number, { kind, unit }: MetricDescriptor): string =>
  kind === 'counter' ? ratePerSecond(peak, unit) + rateSuffix(kind, unit) : amount(peak, unit);

/** How many more samples it takes to know what is usual; 0 when it is known. */
export const learningSamples = ({ insight, samples }: Snapshot): number =>
  insight.learning ? Math.max(1, SPIKE.learningTicks - samples) : 0;

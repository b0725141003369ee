/** What insight says of a recording, as one JSON object. */
import { realMsAt } from '../core/clock.ts';
import type { HeaderRecord } from '../core/record.ts';
import type { Analysis } from '../insight/analysis.ts';
import type { Link } from '../insight/correlate.ts';
import { signsOf, suspectsIn } from '../insight/findings/finding.ts';
import type { SeriesIdentity } from '../insight/series.ts';
import { standsOutText, supportOf } from './words.ts';

/** The contract of `analyze --json`: additions are allowed, changes are not. */
export const analysisObject = (analysis: Analysis, header: HeaderRecord): object => {
  const at = (bootUs: number): string => new Date(Math.round(realMsAt(header.clock, bootUs))).toISOString();
  const series = (number: number): object => seriesObject(analysis.identityOf(number));
  return {
    format: 'stallscope-analysis',
    version: 1,
    learning: analysis.learning,
    ...(analysis.thinned === null
      ? {}
      : { thinned: { until: at(analysis.thinned.untilUs), spikes: analysis.thinned.spikes } }),
    ...(analysis.frozenUs === null ? {} : { baselineFrozen: at(analysis.frozenUs) }),
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
    together: analysis.crowds.map(({ spikes, owners }) => ({
      start: at(spikes[0]?.startUs ?? 0),
      owners,
      series: spikes.map(({ identity }) => seriesObject(identity)),
    })),
    silent: analysis.silences.map(({ identity, startUs, endUs, longestTicks }) => ({
      ...seriesObject(identity),
      start: at(startUs),
      end: at(endUs),
      longestBeforeMs: longestTicks * header.intervalMs,
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
            byChance: Number(suspect.byChance.toPrecision(3)),
            ...(suspect.physics === null || suspect.physics.kind === 'unknown'
              ? {}
              : { mechanism: suspect.physics.kind, route: suspect.physics.route }),
          })),
        }),
    incidents: analysis.incidents.map((incident) => ({
      start: at(incident.startUs),
      end: at(incident.endUs),
      score: round(incident.weight),
      suspect: incident.suspect === null ? null : seriesObject(incident.suspect),
      ...(incident.share === null ? {} : { share: round(incident.share) }),
      ...(incident.standsOut === null ? {} : { why: standsOutText(incident.standsOut) }),
      ...(incident.candidates.length === 0
        ? {}
        : {
            left: incident.candidates.map(({ identity, most, firstTick }) => ({
              ...seriesObject(identity),
              spreads: round(most.beyond),
              afterMs: (firstTick - incident.startTick) * header.intervalMs,
            })),
          }),
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
      series: incident.spikes.map(({ identity, startUs, score, silent }) => ({
        ...seriesObject(identity),
        start: at(startUs),
        score: round(score),
        ...(silent === true ? { silent } : {}),
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

/** Everything insight has to say of a session at one moment, for whoever prints it. */
import type { SessionState } from '../state.ts';
import { type Correlation, correlate, type Link } from './correlate.ts';
import type { Finding } from './findings/finding.ts';
import { findingsOf } from './findings/match.ts';
import { type Incident, incidentsOf } from './incidents.ts';
import { leakFindings } from './leaks.ts';
import { SPIKE } from './params.ts';
import type { SeriesIdentity, Spike } from './series.ts';
import { type Scene, type Suspect, sceneOf, suspectsOf } from './suspects.ts';

export type SymptomQuery = { readonly metric: string; readonly pid: number | null };

export type Analysis = {
  readonly spikes: readonly Spike[];
  readonly links: readonly Link[];
  readonly clocks: Correlation['clocks'];
  readonly incidents: readonly IncidentAccount[];
  readonly findings: readonly Finding[];
  /** Of the symptom asked for; null when none was. */
  readonly suspects: readonly Suspect[] | null;
  readonly symptom: SeriesIdentity | null;
  /** Who the series of links and suspects are. */
  readonly identityOf: (series: number) => SeriesIdentity | undefined;
  /** Pairs of series that were compared. */
  readonly tested: number;
  /** Spikes below this took no part in links. */
  readonly linkedFromScore: number;
  readonly learning: boolean;
};

export type IncidentAccount = Incident & {
  /** The series to look at first: of those that lead its worst pressure, or began first and loudest. */
  readonly suspect: SeriesIdentity | null;
  /** Findings that hold in it. */
  readonly named: readonly string[];
};

/** `minScore` is from which score on spikes are told; links always rest on the usual ones. */
export const analyse = (
  state: SessionState,
  { minScore, symptom }: { readonly minScore: number; readonly symptom: SymptomQuery | null },
): Analysis => {
  const { insight } = state.watch;
  const findings = [...findingsOf(state.watch.cases, state), ...leakFindings(state.watch.leaks, state)];
  const linkable = insight.spikes.filter(({ score }) => score >= SPIKE.eventScore);
  const correlation = correlate(linkable, insight.ticks, SPIKE.eventScore);
  const scene = sceneOf(linkable, insight.ticks, correlation);
  const identities = new Map(insight.spikes.map(({ series, identity }) => [series, identity]));
  const anchor = symptom === null ? null : anchorOf(linkable, symptom);
  return {
    spikes: insight.spikes.filter(({ score }) => score >= minScore),
    links: correlation.links,
    clocks: correlation.clocks,
    incidents: incidentsOf(linkable).map((incident) => account(incident, findings, scene)),
    findings,
    suspects: symptom === null ? null : anchor === null ? [] : suspectsOf(anchor, scene),
    symptom: anchor === null ? null : (identities.get(anchor) ?? null),
    identityOf: (series) => identities.get(series),
    tested: correlation.tested,
    linkedFromScore: correlation.fromScore,
    learning: insight.ticks < SPIKE.learningTicks,
  };
};

/** Of several lives of a PID, or of several PIDs, the one with the loudest spikes. */
const anchorOf = (spikes: readonly Spike[], { metric, pid }: SymptomQuery): number | null => {
  const loudness = new Map<number, number>();
  for (const { series, identity, score } of spikes) {
    if (identity.metric !== metric || (pid !== null && identity.pid !== pid)) continue;
    loudness.set(series, (loudness.get(series) ?? 0) + score);
  }
  return [...loudness].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
};

const PRESSURE = /^psi\./;

const account = (incident: Incident, findings: readonly Finding[], scene: Scene): IncidentAccount => {
  const named = findings.filter(
    ({ startUs, endUs }) => startUs <= incident.endUs && endUs >= incident.startUs,
  );
  const accused = named.find(({ suspect }) => suspect !== null)?.suspect;
  const byName = incident.spikes.find(
    ({ identity }) => accused !== undefined && identity.pid === accused?.pid,
  );
  return {
    ...incident,
    suspect: (byName ?? byPressure(incident, scene) ?? loudestEarly(incident))?.identity ?? null,
    named: named.map(({ id }) => id),
  };
};

/** What leads the pressure that rose most. */
const byPressure = ({ spikes }: Incident, scene: Scene): Spike | undefined => {
  const pressure = spikes
    .filter(({ identity }) => PRESSURE.test(identity.metric))
    .sort((a, b) => b.score - a.score)[0];
  if (pressure === undefined) return undefined;
  const ranked = suspectsOf(pressure.series, scene).map(({ series }) => series);
  return spikes
    .filter(({ series, identity }) => identity.pid !== null && ranked.includes(series))
    .sort((a, b) => ranked.indexOf(a.series) - ranked.indexOf(b.series))[0];
};

/** Of processes, the loudest of those that began before half of the others. */
const loudestEarly = ({ spikes }: Incident): Spike | undefined => {
  const own = spikes.filter(({ identity }) => identity.pid !== null);
  return own.slice(0, Math.ceil(own.length / 2)).sort((a, b) => b.score - a.score)[0] ?? spikes[0];
};

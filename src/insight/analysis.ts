/** Everything insight has to say of a session at one moment, for whoever prints it. */
import { type Correlation, correlate, type Link } from './correlate.ts';
import { type BlameScene, blameFor, blameSceneOf, maySuspect, type StandsOut } from './culprit.ts';
import { allFindings } from './findings/all.ts';
import type { Finding } from './findings/finding.ts';
import type { Incident } from './incidents.ts';
import { originsIn } from './origins.ts';
import { SPIKE } from './params.ts';
import type { SeriesIdentity, Silence, Spike } from './series.ts';
import { incidentsIn } from './session-incidents.ts';
import type { Sufferer } from './sufferers.ts';
import { type Suspect, sceneOf, suspectsOf } from './suspects.ts';
import type { Watched } from './watch.ts';

export type SymptomQuery = { readonly metric: string; readonly pid: number | null };

export type Analysis = {
  readonly spikes: readonly Spike[];
  readonly links: readonly Link[];
  readonly clocks: Correlation['clocks'];
  /** What many began at once; no link rests on it. */
  readonly crowds: Correlation['crowds'];
  /** Counters that always moved and stopped; they have their place in incidents. */
  readonly silences: readonly Silence[];
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
  /** For want of room the fainter spikes up to this moment, so many, are not kept; null while all are. */
  readonly thinned: { readonly untilUs: number; readonly spikes: number } | null;
  /** Since when what is usual was learnt no more; null while it was. */
  readonly frozenUs: number | null;
};

export type IncidentAccount = Incident & {
  /** Of the process that did most of what hurts; null where nobody did. */
  readonly suspect: SeriesIdentity | null;
  /** Its share of what all did; null where a finding names it, or it only stands out. */
  readonly share: number | null;
  readonly standsOut: StandsOut | null;
  /** Why nobody is named. */
  readonly nobody: string | null;
  /** Who waited most for what hurt, the most first. */
  readonly sufferers: readonly Sufferer[];
  /** Findings that hold in it. */
  readonly named: readonly string[];
};

/** `minScore` is from which score on spikes are reported; links always rest on the usual ones. */
export const analyse = (
  session: Watched,
  { minScore, symptom }: { readonly minScore: number; readonly symptom: SymptomQuery | null },
): Analysis => {
  const { insight } = session.watch;
  const findings = allFindings(session);
  const linkable = insight.spikes.filter(({ score }) => score >= SPIKE.eventScore);
  const correlation = correlate(linkable, insight.ticks, SPIKE.eventScore);
  const { state } = session;
  const machine = { originOf: originsIn(state), intervalMs: state.header.intervalMs };
  const scene = sceneOf(linkable, insight.ticks, correlation, machine);
  const identities = new Map(insight.spikes.map(({ series, identity }) => [series, identity]));
  const may = ({ series }: Suspect): boolean => {
    const identity = identities.get(series);
    return identity !== undefined && maySuspect(identity);
  };
  const blame = blameSceneOf(session);
  const anchor = symptom === null ? null : anchorOf(linkable, symptom);
  return {
    spikes: insight.spikes.filter(({ score, fell, peak }) => score >= minScore && (fell || peak !== 0)),
    links: correlation.links,
    clocks: correlation.clocks,
    crowds: correlation.crowds,
    silences: insight.silences,
    incidents: incidentsIn(insight, linkable, blame).map((incident) => account(incident, findings, blame)),
    findings,
    suspects: symptom === null ? null : anchor === null ? [] : suspectsOf(anchor, scene).filter(may),
    symptom: anchor === null ? null : (identities.get(anchor) ?? null),
    identityOf: (series) => identities.get(series),
    tested: correlation.tested,
    linkedFromScore: correlation.fromScore,
    learning: insight.ticks < SPIKE.learningTicks,
    thinned: insight.thinnedUs === null ? null : { untilUs: insight.thinnedUs, spikes: insight.forgotten },
    frozenUs: session.watch.frozenUs,
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

const account = (incident: Incident, findings: readonly Finding[], scene: BlameScene): IncidentAccount => {
  const named = findings.filter(
    ({ startUs, endUs }) => startUs <= incident.endUs && endUs >= incident.startUs,
  );
  const accused = named.find(({ suspect }) => suspect !== null)?.suspect;
  const byName = incident.spikes.find(
    ({ identity }) => accused !== undefined && identity.pid === accused?.pid,
  )?.identity;
  const { culprit, why, sufferers } = blameFor(incident, scene);
  // Where a failure was recognised, its finding has better reasons than a share.
  const suspect = named.length > 0 ? (byName ?? null) : (culprit?.identity ?? null);
  return {
    ...incident,
    suspect,
    share: named.length > 0 ? null : (culprit?.share ?? null),
    standsOut: named.length > 0 ? null : (culprit?.standsOut ?? null),
    nobody: suspect === null && named.length === 0 ? why : null,
    sufferers,
    named: [...new Set(named.map(({ id }) => id))],
  };
};

/**
 * What takes too long to be reported with every sample: which spikes belong together, and which come first. Computed when
 * somebody asks, from the spikes that had been seen by then; how loud a spike became may have been learnt later.
 */
import { correlate } from './correlate.ts';
import { type BlameScene, blameFor, blameSceneOf, type Culprit } from './culprit.ts';
import type { Incident } from './incidents.ts';
import { SPIKE } from './params.ts';
import type { IncidentMark, SeriesLink, SeriesName } from './recognised.ts';
import type { SeriesIdentity, Spike } from './series.ts';
import { incidentsIn } from './session-incidents.ts';
import type { Watched } from './watch.ts';

export type Explanation = {
  readonly incidents: () => readonly IncidentMark[];
  readonly links: () => readonly SeriesLink[];
};

export const explain = (session: Watched): Explanation => {
  const { header } = session.state;
  const { insight } = session.watch;
  const { ticks } = insight;
  const seen = (): Spike[] =>
    insight.spikes.filter(({ score, seenTick }) => score >= SPIKE.eventScore && seenTick < ticks);
  return {
    incidents: once(() => {
      const scene = blameSceneOf(session);
      return incidentsIn(insight, seen(), scene).map((incident) => markOf(incident, scene));
    }),
    links: once(() => linksOf(seen(), ticks, header.intervalMs)),
  };
};

const once = <Value>(compute: () => Value): (() => Value) => {
  let known: { readonly value: Value } | null = null;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
};

const markOf = (incident: Incident, scene: BlameScene): IncidentMark => {
  const { startUs, endUs, weight, spikes } = incident;
  const { culprit, why, harm, sufferers } = blameFor(incident, scene);
  return {
    startUs,
    endUs,
    weight,
    spikes: spikes.map((spike) => ({
      ...nameOf(spike.identity),
      startUs: spike.startUs,
      score: spike.score,
      peak: spike.peak,
      ...(spike.fell ? { fell: true } : {}),
    })),
    suspect: culprit === null ? null : suspectOf(culprit),
    ...(why === null ? {} : { nobody: why }),
    ...(harm === null ? {} : { harm }),
    ...(sufferers.length === 0
      ? {}
      : { sufferers: sufferers.map(({ identity, threads }) => ({ ...nameOf(identity), threads })) }),
  };
};

const suspectOf = ({ identity, share, standsOut }: Culprit): NonNullable<IncidentMark['suspect']> => ({
  ...nameOf(identity),
  ...(share === null ? {} : { share }),
  ...(standsOut === null ? {} : { spreads: standsOut.spreads }),
});

const linksOf = (spikes: readonly Spike[], ticks: number, intervalMs: number): SeriesLink[] => {
  const identities = new Map(spikes.map(({ series, identity }) => [series, identity]));
  return correlate(spikes, ticks, SPIKE.eventScore).links.flatMap((link): SeriesLink[] => {
    const { order } = link.direction;
    const firstLeads = order === 'unknown' ? link.lagTicks >= 0 : order === 'first-leads';
    const [leader, follower] = (firstLeads ? [link.a, link.b] : [link.b, link.a]).map((series) =>
      identities.get(series),
    );
    if (leader === undefined || follower === undefined) return [];
    return [
      {
        leader: nameOf(leader),
        follower: nameOf(follower),
        ordered: order !== 'unknown',
        lagMs: Math.abs(link.lagTicks) * intervalMs,
        confidence: link.confidence,
        seen: link.matches.length,
      },
    ];
  });
};

const nameOf = ({ metric, pid, comm }: SeriesIdentity): SeriesName => ({ metric, pid, comm });

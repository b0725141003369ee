/** What a guard is given of a moment: ids, numbers and times. A name that somebody chose never gets as far. */
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { EFFECTS } from './rules/actions.ts';
import type { Observation } from './rules/policy.ts';

export const observationOf = (snapshot: WatchedSnapshot, on: readonly string[]): Observation => ({
  atUs: snapshot.bootUs,
  counted: snapshot.read.bootUs === snapshot.bootUs,
  findings: snapshot.insight.findings
    .filter(({ id }) => on.includes(id))
    .map(({ id, confidence, endUs, uncountedSinceUs, suspect }) => ({
      id,
      confidence,
      lastUs: endUs,
      uncounted: uncountedSinceUs !== undefined,
      // Of another namespace, its PID is somebody else here.
      suspect:
        suspect === null || suspect.startMs === null || snapshot.header.unnamed !== undefined
          ? null
          : { pid: suspect.pid, startMs: suspect.startMs },
    })),
  totals: totalsOf(
    snapshot,
    on.flatMap((id) => EFFECTS[id] ?? []),
  ),
});

const totalsOf = (
  { metrics, totals, host, coverage }: WatchedSnapshot,
  ids: readonly string[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    metrics.flatMap(({ id, scope }) => {
      if (!ids.includes(id) || coverage[id]?.coverage === 'not-covered') return [];
      const total = scope === 'host' ? host[id]?.total : (totals[id]?.total ?? 0);
      return total === undefined ? [] : [[id, total]];
    }),
  );

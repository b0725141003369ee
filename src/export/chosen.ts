/** Which processes are written by themselves, when not all are: the rest is summed. */
import { entityId } from '../core/entity.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import type { Row, Snapshot } from '../core/snapshot.ts';
import { type Finding, suspectsIn } from '../insight/findings/finding.ts';
import type { Change } from './changes.ts';

export type Chosen = {
  has(row: Row): boolean;
  /** How many were asked for; null for all. */
  readonly most: number | null;
};

export const ALL: Chosen = { has: () => true, most: null };

/** First those whom a finding names; then those with the largest share in what all did, of any one counter. */
export const leadersOf = (snapshot: Snapshot, findings: readonly Finding[], most: number): Chosen => {
  const named = new Set(
    findings
      .flatMap((finding) => [...suspectsIn(finding), ...finding.victims])
      .map(({ pid, startMs }) => entityId(pid, startMs)),
  );
  const counters = snapshot.metrics.filter(({ scope, kind }) => scope === 'pid' && kind === 'counter');
  const shareOf = (row: Row): number =>
    Math.max(
      0,
      ...counters.map(({ id }) => {
        const all = snapshot.totals[id]?.total ?? 0;
        return all > 0 ? (row.metrics[id]?.total ?? 0) / all : 0;
      }),
    );
  const ranked = snapshot.rows
    .map((row) => ({ id: row.id, weight: named.has(row.id) ? 2 : shareOf(row) }))
    .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
  const ids = new Set(ranked.slice(0, most).map(({ id }) => id));
  return { has: ({ id }) => ids.has(id), most };
};

/** What came with a sample: those that are listed, and of all others what adds up, added up. */
export const divide = (
  changes: readonly Change[],
  chosen: Chosen,
): { readonly listed: readonly Change[]; readonly others: ReadonlyMap<MetricDescriptor, number> } => {
  if (chosen.most === null) return { listed: changes, others: NO_OTHERS };
  const others = new Map<MetricDescriptor, number>();
  const listed = changes.filter(({ row, metric, value }) => {
    if (row === undefined || chosen.has(row)) return true;
    if (metric.kind === 'counter') others.set(metric, (others.get(metric) ?? 0) + value);
    return false;
  });
  return { listed, others };
};

const NO_OTHERS: ReadonlyMap<MetricDescriptor, number> = new Map();

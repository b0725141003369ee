/**
 * What the processes of one name in one control group did together. The first `MOST_GROUPS` pairs that do anything keep
 * one of their own; all others are `other` for good, because a sum that loses a part is taken for a counter that was reset.
 * Threads of the kernel count under what stands before the slash of their name. Within one sample those come first that
 * did most.
 */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { createChanges } from '../changes.ts';
import type { Labels } from './names.ts';

export const MOST_GROUPS = 200;
/** No control group is called so: their paths begin with a slash. */
export const OTHER: Labels = { command: 'other', cgroup: 'other' };

const KTHREADD = 2;

export type Group = {
  readonly labels: Labels;
  /** Metric id to all that grew. */
  readonly counts: Map<string, number>;
};

export type Groups = {
  add(snapshot: Snapshot): void;
  all(): readonly Group[];
  /** The one that a process belongs to. */
  of(row: Row): Group;
  /** How many pairs have one of their own. */
  size(): number;
};

export const createGroups = (from: Snapshot | null, most: number = MOST_GROUPS): Groups => {
  const changes = createChanges(from);
  const known = new Map<string, Group>();
  const other: Group = { labels: OTHER, counts: new Map() };

  const groupOf = (row: Row): Group => known.get(keyOf(row)) ?? other;

  const admit = (rows: ReadonlyMap<string, { readonly row: Row; readonly weight: number }>): void => {
    const first = [...rows].sort(([a, one], [b, two]) => two.weight - one.weight || (a < b ? -1 : 1));
    for (const [key, { row }] of first.slice(0, Math.max(0, most - known.size)))
      known.set(key, { labels: labelsOf(row), counts: new Map() });
  };

  return {
    add: (snapshot) => {
      const grown = changes
        .of(snapshot)
        .flatMap(({ row, metric, value }) =>
          row !== undefined && metric.kind === 'counter' ? [{ row, metric, value }] : [],
        );
      const newcomers = new Map<string, { row: Row; weight: number }>();
      if (known.size < most)
        for (const { row, metric, value } of grown) {
          const key = keyOf(row);
          if (known.has(key)) continue;
          const weight = value / weightOfAll(snapshot, metric);
          if (weight > (newcomers.get(key)?.weight ?? 0)) newcomers.set(key, { row, weight });
        }
      admit(newcomers);
      for (const { row, metric, value } of grown) {
        const { counts } = groupOf(row);
        counts.set(metric.id, (counts.get(metric.id) ?? 0) + value);
      }
    },
    all: () => [...known.values(), other],
    of: groupOf,
    size: () => known.size,
  };
};

const weightOfAll = ({ totals }: Snapshot, { id }: MetricDescriptor): number =>
  Math.max(1, totals[id]?.total ?? 1);

const commandOf = ({ comm, ppid, pid }: Row): string =>
  (ppid === KTHREADD || pid === KTHREADD) && comm.includes('/') ? comm.slice(0, comm.indexOf('/')) : comm;

const keyOf = (row: Row): string => `${commandOf(row)}\0${row.cgroup ?? ''}`;
const labelsOf = (row: Row): Labels => ({ command: commandOf(row), cgroup: row.cgroup ?? '' });

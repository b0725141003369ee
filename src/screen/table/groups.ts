/**
 * Processes that belong together: by name, by cgroup, by container, by parent; and the tree of who started whom.
 * A group counts what its processes count: sums of counters and of levels, the largest of largest values.
 */

import { containerOf } from '../../core/container.ts';
import type { Reading, Row, Snapshot } from '../../core/snapshot.ts';
import type { Grouping } from '../state.ts';

/** One line of the table: a process, or all that belong together. */
export type Entry = {
  readonly id: string;
  /** Of a group: its name and its sums. */
  readonly row: Row;
  readonly group: { readonly label: string; readonly members: readonly Row[] } | null;
  /** In a tree: how many of its ancestors are listed. */
  readonly depth: number;
};

/** Which group a process is in. */
export const keyOf: Readonly<Record<Grouping, (row: Row) => string>> = {
  command: ({ comm }) => comm,
  cgroup: ({ cgroup }) => cgroup ?? 'cgroup not known',
  container: ({ cgroup }) => containerOf(cgroup) ?? 'in no container',
  parent: ({ ppid }) => (ppid === null ? 'parent not known' : String(ppid)),
};

export type Group = { readonly row: Row; readonly label: string; readonly members: readonly Row[] };

export const groupRows = (snapshot: Snapshot, rows: readonly Row[], by: Grouping): readonly Group[] => {
  const members = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf[by](row);
    const known = members.get(key);
    if (known === undefined) members.set(key, [row]);
    else known.push(row);
  }
  const names = by === 'parent' ? new Map(snapshot.rows.map(({ pid, comm }) => [String(pid), comm])) : null;
  const kinds = new Map(snapshot.metrics.map(({ id, kind }) => [id, kind]));
  return [...members].map(([key, own]) => {
    const name = names?.get(key);
    const label = name === undefined ? key : `${name} (${key})`;
    return { row: sumOf(`${by} ${key}`, label, own, kinds), label, members: own };
  });
};

const sumOf = (
  id: string,
  label: string,
  members: readonly Row[],
  kinds: ReadonlyMap<string, string>,
): Row => {
  const metrics: Record<string, { total: number; delta: number }> = {};
  for (const { metrics: own } of members) {
    for (const [metric, reading] of Object.entries(own)) add(metrics, metric, reading, kinds.get(metric));
  }
  return {
    id,
    pid: members.length,
    startMs: null,
    comm: label,
    ppid: null,
    uid: null,
    cmdline: null,
    cgroup: null,
    endedBootUs: members.every(({ endedBootUs }) => endedBootUs !== null)
      ? (members[0]?.endedBootUs ?? null)
      : null,
    lateStart: members.some(({ lateStart }) => lateStart),
    metrics,
    uncovered: Object.assign({}, ...members.map(({ uncovered }) => uncovered)) as Row['uncovered'],
  };
};

const add = (
  into: Record<string, { total: number; delta: number }>,
  metric: string,
  { total, delta }: Reading,
  kind: string | undefined,
): void => {
  const sum = into[metric];
  if (sum === undefined) {
    into[metric] = { total, delta };
    return;
  }
  sum.total = kind === 'max' ? Math.max(sum.total, total) : sum.total + total;
  sum.delta = kind === 'max' ? Math.max(sum.delta, delta) : sum.delta + delta;
};

/** Everybody beneath the nearest ancestor that is listed; brothers, and the roots, in the order given. */
export const treeOf = (inOrder: readonly Row[]): readonly Entry[] => {
  const byPid = new Map<number, Row>();
  for (const row of inOrder) if (row.endedBootUs === null || !byPid.has(row.pid)) byPid.set(row.pid, row);
  const children = new Map<Row | null, Row[]>();
  for (const row of inOrder) {
    const parent = row.ppid === null || row.ppid === row.pid ? null : (byPid.get(row.ppid) ?? null);
    const under = parent === row ? null : parent;
    const known = children.get(under);
    if (known === undefined) children.set(under, [row]);
    else known.push(row);
  }
  const entries: Entry[] = [];
  const placed = new Set<Row>();
  const place = (row: Row, depth: number): void => {
    if (placed.has(row)) return;
    placed.add(row);
    entries.push({ id: row.id, row, group: null, depth });
    for (const child of children.get(row) ?? []) place(child, depth + 1);
  };
  for (const row of children.get(null) ?? []) place(row, 0);
  // PIDs that were used again can make a ring of ancestors: nobody is left out for it.
  for (const row of inOrder) place(row, 0);
  return entries;
};

/**
 * What is different from one sample to the next: growth of counters, and levels and largest values that moved. Both are
 * differences of totals, so that what is written adds up to the totals of the session, whatever was lost in between.
 */
import { isBreakdown, type MetricDescriptor } from '../core/metric.ts';
import type { CgroupReadings, Reading, Row, Snapshot } from '../core/snapshot.ts';

/** Of a process, of a control group, or, with neither, of the host. */
export type Change = {
  readonly metric: MetricDescriptor;
  readonly row?: Row;
  readonly cgroup?: CgroupReadings;
  /** Growth of a counter; otherwise the value itself. */
  readonly value: number;
};

export type Changes = {
  /** Since the snapshot before; of the first one, everything. */
  of(snapshot: Snapshot): Change[];
};

type Seen = {
  readonly rows: ReadonlyMap<string, Row>;
  readonly cgroups: ReadonlyMap<number, CgroupReadings>;
  readonly host: Snapshot['host'];
};

const NOTHING: Seen = { rows: new Map(), cgroups: new Map(), host: {} };

/** `from`: the beginning of a stretch. What had grown by then is no growth of it; levels are reported once. */
export const createChanges = (from: Snapshot | null): Changes => {
  let before = from === null ? NOTHING : seenIn(from);
  let isFirst = from !== null;
  return {
    of: (snapshot) => {
      const metrics = new Map(snapshot.metrics.map((metric) => [metric.id, metric]));
      const changes: Change[] = [];
      const levels = isFirst;
      const note = (
        readings: Readonly<Record<string, Reading>>,
        earlier: Readonly<Record<string, Reading>> | undefined,
        whose: Pick<Change, 'row' | 'cgroup'>,
      ): void => {
        for (const id of Object.keys(readings)) {
          const metric = metrics.get(id);
          if (metric === undefined || isBreakdown(metric)) continue;
          const value = changeOf(metric, readings[id]?.total, earlier?.[id]?.total, levels);
          if (value !== null) changes.push({ metric, value, ...whose });
        }
      };
      note(snapshot.host, before.host, {});
      for (const cgroup of snapshot.cgroups ?? [])
        note(cgroup.metrics, before.cgroups.get(cgroup.id)?.metrics, { cgroup });
      const now = seenIn(snapshot);
      for (const row of snapshot.rows) {
        const earlier = before.rows.get(row.id) ?? namelessBefore(row, before, now);
        if (earlier !== row || (levels && row.endedBootUs === null))
          note(row.metrics, earlier?.metrics, { row });
      }
      before = now;
      isFirst = false;
      return changes;
    },
  };
};

const seenIn = ({ rows, cgroups = [], host }: Snapshot): Seen => ({
  rows: new Map(rows.map((row) => [row.id, row])),
  cgroups: new Map(cgroups.map((cgroup) => [cgroup.id, cgroup])),
  host,
});

/** A process that counted before its start was known had another id. */
const namelessBefore = ({ pid }: Row, before: Seen, now: Seen): Row | undefined => {
  const id = `${pid}@?`;
  return now.rows.has(id) ? undefined : before.rows.get(id);
};

/** null when there is nothing to report. */
const changeOf = (
  { kind }: MetricDescriptor,
  total: number | undefined,
  earlier: number | undefined,
  levels: boolean,
): number | null => {
  if (total === undefined || !Number.isFinite(total)) return null;
  if (kind === 'gauge') return levels || total !== earlier ? total : null;
  if (kind === 'max') return total !== earlier ? total : null;
  // Another process of that PID whose start is unknown too has begun at zero.
  const growth = total >= (earlier ?? 0) ? total - (earlier ?? 0) : total;
  return growth > 0 ? growth : null;
};

/**
 * What a session did from one moment to another: the later snapshot, with its totals less those of the earlier one.
 * Levels are those at the end. The largest value of a stretch is known only when it was the largest of all; otherwise it
 * is left open.
 */
import { coverageOf, trustBetween } from './coverage.ts';
import type { Histogram } from './histogram.ts';
import type { Breakdown, CgroupReadings, OfDevice, Reading, Row, Snapshot } from './snapshot.ts';

export const between = (earlier: Snapshot, later: Snapshot): Snapshot => {
  const trust = trustBetween(earlier.trust, later.trust);
  const kinds = new Map(later.metrics.map(({ id, kind }) => [id, kind]));
  const before = new Map(earlier.rows.map((row) => [row.id, row]));
  const kindOf = (metric: string) => kinds.get(metric) ?? 'counter';
  return {
    ...later,
    samples: later.samples - earlier.samples,
    elapsedUs: later.bootUs - earlier.bootUs,
    rows: later.rows.flatMap((row) => rowBetween(before.get(row.id), row, kindOf, earlier.bootUs)),
    totals: lessOf(earlier.totals, later.totals, () => 'counter'),
    others: othersBetween(earlier, later),
    host: lessOf(earlier.host, later.host, kindOf),
    ...(later.cgroups === undefined ? {} : { cgroups: cgroupsBetween(earlier, later.cgroups, kindOf) }),
    coverage: coverageOf(trust),
    trust,
    losses: {
      ...later.losses,
      lostEvents: later.losses.lostEvents - earlier.losses.lostEvents,
      rejectedLines: later.losses.rejectedLines - earlier.losses.rejectedLines,
      unknownMessages: later.losses.unknownMessages - earlier.losses.unknownMessages,
      byKind: Object.fromEntries(
        Object.entries(later.losses.byKind)
          .map(
            ([kind, count]) =>
              [
                kind,
                (count ?? 0) - (earlier.losses.byKind[kind as keyof typeof earlier.losses.byKind] ?? 0),
              ] as const,
          )
          .filter(([, count]) => count > 0),
      ),
      gaps: later.losses.gaps.filter(({ toBootUs }) => toBootUs > earlier.bootUs),
    },
    marks: later.marks.filter(({ bootUs }) => bootUs > earlier.bootUs),
    histograms: Object.fromEntries(
      Object.entries(later.histograms).map(([metric, calls]) => [
        metric,
        lessThan(earlier.histograms[metric] ?? [], calls),
      ]),
    ),
    ...(later.devices === undefined ? {} : { devices: devicesBetween(earlier.devices, later.devices) }),
    breakdown: (rowId, metric) =>
      partsBetween(earlier.breakdown(rowId, metric), later.breakdown(rowId, metric)),
  };
};

const lessThan = (before: Histogram, calls: Histogram): Histogram =>
  calls.map((count, bucket) => count - (before[bucket] ?? 0));

const devicesBetween = (
  before: Snapshot['devices'] = {},
  later: NonNullable<Snapshot['devices']>,
): Record<string, OfDevice[]> =>
  Object.fromEntries(
    Object.entries(later).map(([metric, devices]) => [
      metric,
      devices.map(({ device, histogram }) => {
        const known = before[metric]?.find((one) => one.device === device)?.histogram ?? [];
        return { device, histogram: lessThan(known, histogram) };
      }),
    ]),
  );

/** Who had a row at the beginning and has none at the end is among the others: with what came after the beginning. */
const othersBetween = (earlier: Snapshot, later: Snapshot): Snapshot['others'] => {
  const listed = new Set(later.rows.map(({ id }) => id));
  const gone = earlier.rows.filter(({ id }) => !listed.has(id));
  const over = gone.filter(({ endedBootUs }) => endedBootUs !== null).length;
  const known = (metric: string): number =>
    gone.reduce((sum, { metrics }) => sum + (metrics[metric]?.total ?? 0), 0);
  return {
    processes: Math.max(0, later.others.processes - earlier.others.processes - over),
    metrics: Object.fromEntries(
      Object.entries(later.others.metrics).map(([metric, total]) => [
        metric,
        total - (earlier.others.metrics[metric] ?? 0) - known(metric),
      ]),
    ),
  };
};

type KindOf = (metric: string) => 'counter' | 'gauge' | 'max';

const lessOf = (
  earlier: Readonly<Record<string, Reading>>,
  later: Readonly<Record<string, Reading>>,
  kindOf: KindOf,
): Record<string, Reading> =>
  Object.fromEntries(
    Object.entries(later).map(([metric, reading]) => [
      metric,
      kindOf(metric) === 'counter'
        ? { ...reading, total: reading.total - (earlier[metric]?.total ?? 0) }
        : reading,
    ]),
  );

/** Without those that were over before. */
const cgroupsBetween = (
  { cgroups: before = [], bootUs }: Snapshot,
  cgroups: readonly CgroupReadings[],
  kindOf: KindOf,
): CgroupReadings[] =>
  cgroups
    .filter(({ endedBootUs }) => endedBootUs === null || endedBootUs > bootUs)
    .map((one) => ({
      ...one,
      metrics: lessOf(before.find(({ id }) => id === one.id)?.metrics ?? {}, one.metrics, kindOf),
    }));

const UNKNOWN_LARGEST = 'a larger one came before this stretch of the recording';

/** Nothing of a process that did nothing then, or was over. */
const rowBetween = (before: Row | undefined, row: Row, kindOf: KindOf, fromUs: number): Row[] => {
  if (row.endedBootUs !== null && row.endedBootUs < fromUs) return [];
  const uncovered: Record<string, string> = { ...row.uncovered };
  const metrics: Record<string, Reading> = {};
  let moved = false;
  for (const [metric, reading] of Object.entries(row.metrics)) {
    const kind = kindOf(metric);
    const total = before?.metrics[metric]?.total ?? 0;
    if (kind === 'gauge') metrics[metric] = reading;
    else if (kind === 'max') {
      if (reading.total > total) metrics[metric] = reading;
      else uncovered[metric] = UNKNOWN_LARGEST;
    } else if (reading.total > total) {
      metrics[metric] = { ...reading, total: reading.total - total };
      moved = true;
    }
  }
  return moved ? [{ ...row, metrics, uncovered }] : [];
};

const partsBetween = (before: readonly Breakdown[], parts: readonly Breakdown[]): Breakdown[] => {
  const known = new Map(before.map(({ key, total }) => [key.join(','), total]));
  return parts
    .map((part) => ({ ...part, total: part.total - (known.get(part.key.join(',')) ?? 0) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total);
};

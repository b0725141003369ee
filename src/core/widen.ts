/**
 * The later of two snapshots, with what grew since the earlier one in place of what grew since the last sample: rates are
 * then means over all of that time, exact, because what is counted is cumulative. Levels and largest values are those of
 * the later one; histories stay sample by sample.
 */
import { coverageOf, trustBetween } from './coverage.ts';
import type { Breakdown, Reading, Snapshot } from './snapshot.ts';

type Readings = Readonly<Record<string, Reading>>;

export const widened = <Shot extends Snapshot>(earlier: Shot, later: Shot): Shot => {
  const kinds = new Map(later.metrics.map(({ id, kind }) => [id, kind]));
  const grown = (before: Readings | undefined, after: Readings): Readings =>
    Object.fromEntries(
      Object.entries(after).map(([metric, { total, delta }]) => [
        metric,
        (kinds.get(metric) ?? 'counter') === 'counter'
          ? { total, delta: total - (before?.[metric]?.total ?? 0) }
          : { total, delta },
      ]),
    );
  const rows = new Map(earlier.rows.map((row) => [row.id, row.metrics]));
  const cgroups = new Map(earlier.cgroups?.map(({ id, metrics }) => [id, metrics]));
  const coverage = coverageOf(trustBetween(earlier.trust, later.trust));
  return {
    ...later,
    intervalUs: later.bootUs - earlier.bootUs,
    counted: {
      bootUs: later.read.bootUs,
      intervalUs: later.read.bootUs - earlier.read.bootUs,
    },
    procRead: {
      intervalUs: later.procRead.readUs - earlier.procRead.readUs,
      isNew: true,
      readUs: later.procRead.readUs,
    },
    hostIntervalUs: later.bootUs - earlier.bootUs,
    rows: later.rows.map((row) => ({ ...row, metrics: grown(rows.get(row.id), row.metrics) })),
    totals: grown(earlier.totals, later.totals),
    host: grown(earlier.host, later.host),
    ...(later.cgroups === undefined
      ? {}
      : {
          cgroups: later.cgroups.map((one) => ({
            ...one,
            // One that was not there before is new to us; what it had counted is not of this time.
            metrics: cgroups.has(one.id) ? grown(cgroups.get(one.id), one.metrics) : one.metrics,
          })),
        }),
    coverageNow: Object.fromEntries(Object.entries(coverage).map(([id, { coverage: trust }]) => [id, trust])),
    breakdown: (rowId: string, metric: string) =>
      partsGrown(earlier.breakdown(rowId, metric), later.breakdown(rowId, metric)),
  };
};

const partsGrown = (before: readonly Breakdown[], after: readonly Breakdown[]): readonly Breakdown[] => {
  const totals = new Map(before.map(({ key, total }) => [key.join(), total]));
  return after.map(({ key, total }) => ({ key, total, delta: total - (totals.get(key.join()) ?? 0) }));
};

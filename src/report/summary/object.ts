/** A whole session in one object. */
import { deviceName } from '../../core/device.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { isComplete } from '../complete.ts';
import { byPid } from './rows.ts';

/** The contract of `summary --json`: additions are allowed, changes are not. */
export const summaryObject = (snapshot: Snapshot): object => {
  const { header, losses } = snapshot;
  return {
    format: 'stallscope-summary',
    version: 1,
    recording: {
      host: header.host,
      ...(header.remote === undefined ? {} : { remote: header.remote }),
      bpftrace: header.bpftrace,
      tool: header.tool,
      start: new Date(Math.round(snapshot.realMs - snapshot.elapsedUs / 1000)).toISOString(),
      end: new Date(Math.round(snapshot.realMs)).toISOString(),
      durationMs: Math.round(snapshot.elapsedUs / 1000),
      intervalMs: header.intervalMs,
      samples: snapshot.samples,
      selection: header.selection,
      ...(header.imported === undefined ? {} : { imported: header.imported }),
      complete: isComplete(snapshot),
      endReason: snapshot.ended?.reason ?? null,
    },
    probes: snapshot.probes,
    metrics: header.metrics,
    coverage: snapshot.coverage,
    pids: byPid(snapshot.rows).map((row) => ({
      pid: row.pid,
      startTime: row.startMs,
      comm: row.comm,
      ...identityOf(row),
      cmdline: row.cmdline,
      cgroup: row.cgroup,
      exited: row.endedBootUs !== null,
      lateStart: row.lateStart,
      metrics: Object.fromEntries(Object.entries(row.metrics).map(([id, reading]) => [id, reading.total])),
      breakdown: breakdownOf(snapshot, row),
      uncovered: row.uncovered,
    })),
    totals: Object.fromEntries(Object.entries(snapshot.totals).map(([id, reading]) => [id, reading.total])),
    ...(Object.keys(snapshot.histograms).length === 0 ? {} : { histograms: snapshot.histograms }),
    ...(snapshot.devices === undefined ? {} : { devices: devicesOf(snapshot) }),
    others: snapshot.others,
    host: Object.fromEntries(Object.entries(snapshot.host).map(([id, reading]) => [id, reading.total])),
    ...(snapshot.cgroups === undefined
      ? {}
      : {
          cgroups: snapshot.cgroups.map(({ id, path, endedBootUs, metrics, uncovered }) => ({
            id,
            path,
            ended: endedBootUs !== null,
            metrics: Object.fromEntries(
              Object.entries(metrics).map(([metric, { total }]) => [metric, total]),
            ),
            uncovered,
          })),
        }),
    losses: {
      lostEvents: losses.lostEvents,
      mapFull: losses.mapFull,
      rejectedLines: losses.rejectedLines,
      unknownMessages: losses.unknownMessages,
      byKind: losses.byKind,
      gaps: losses.gaps,
    },
    marks: snapshot.marks,
    self: snapshot.self,
  };
};

/** A histogram is of all that was asked of the device, by whichever process. */
const devicesOf = ({ devices = {}, header }: Snapshot): object[] => {
  const numbers = new Set(Object.values(devices).flatMap((known) => known.map(({ device }) => device)));
  return [...numbers].map((number) => ({
    device: deviceName(header.host.devices ?? [], number),
    histograms: Object.fromEntries(
      Object.entries(devices).flatMap(([metric, known]) =>
        known.filter(({ device }) => device === number).map(({ histogram }) => [metric, histogram]),
      ),
    ),
  }));
};

/** What is true of few processes. */
const identityOf = ({ own, formerly, shared }: Row): Pick<Row, 'own' | 'formerly' | 'shared'> => ({
  ...(own === undefined ? {} : { own }),
  ...(formerly === undefined ? {} : { formerly }),
  ...(shared === undefined ? {} : { shared }),
});

const breakdownOf = (
  snapshot: Snapshot,
  row: Row,
): Record<string, { key: readonly number[]; total: number }[]> =>
  Object.fromEntries(
    snapshot.metrics
      .filter((metric) => metric.dims !== undefined && metric.id in row.metrics)
      .map((metric) => [
        metric.id,
        snapshot.breakdown(row.id, metric.id).map(({ key, total }) => ({ key, total })),
      ]),
  );

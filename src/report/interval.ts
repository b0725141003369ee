/**
 * Machine output of live and replay: NDJSON, one object a line. First `session`, then an `interval` per sample with
 * the processes that counted something in it, and `end` when the session ended as it should. An interval in which
 * the tracer could not be read is `"counted":false`: of the host alone; the next one that is reports what it missed.
 */
import type { HeaderRecord } from '../core/record.ts';
import type { Reading, Snapshot } from '../core/snapshot.ts';
import { isOfProc } from '../core/stretch.ts';
import { isComplete } from './complete.ts';

export const sessionLine = (header: HeaderRecord): object => ({
  type: 'session',
  version: 1,
  time: new Date(header.clock.realMs).toISOString(),
  host: header.host,
  bpftrace: header.bpftrace,
  intervalMs: header.intervalMs,
  selection: header.selection,
  probes: header.probes,
  metrics: header.metrics,
});

export const intervalLine = (snapshot: Snapshot): object => ({
  type: 'interval',
  time: timeOf(snapshot.realMs),
  elapsedMs: Math.round(snapshot.elapsedUs / 1000),
  intervalMs: Math.round(snapshot.intervalUs / 1000),
  counted: isCounted(snapshot),
  // After a tracer that was held up this is longer than the interval: what `delta` of `pids` must be divided by.
  countedMs: isCounted(snapshot) ? Math.round(snapshot.read.intervalUs / 1000) : 0,
  // The same of `proc.*`: 0 while it goes on, and what grew meanwhile belongs to the interval in which it ends.
  procMs: snapshot.procRead.isNew ? Math.round(snapshot.procRead.intervalUs / 1000) : 0,
  pids: (isCounted(snapshot) ? snapshot.rows : []).flatMap((row) => {
    const moved = Object.entries(row.metrics).filter(
      ([id, reading]) => cameWith(snapshot, id, reading) > 0 && isCounter(snapshot, id),
    );
    if (moved.length === 0) return [];
    return [
      {
        pid: row.pid,
        startTime: row.startMs,
        comm: row.comm,
        ...(row.own === undefined ? {} : { own: true }),
        ...(row.formerly === undefined ? {} : { formerly: row.formerly }),
        ...(row.shared === undefined ? {} : { shared: row.shared }),
        ...(row.endedBootUs === null ? {} : { exited: true }),
        ...(row.own === true ? { own: true } : {}),
        delta: Object.fromEntries(moved.map(([id, reading]) => [id, cameWith(snapshot, id, reading)])),
        total: Object.fromEntries(Object.entries(row.metrics).map(([id, reading]) => [id, reading.total])),
        ...(Object.keys(row.uncovered).length === 0 ? {} : { uncovered: row.uncovered }),
      },
    ];
  }),
  host: Object.fromEntries(
    Object.entries(snapshot.host).map(([id, reading]) => [id, reading.fresh ?? reading.delta]),
  ),
  // Of this interval: what is missing elsewhere makes totals lower bounds, and is in `losses`.
  ...doubtful(snapshot),
  losses: {
    lostEvents: snapshot.losses.lostEvents,
    mapFull: snapshot.losses.mapFull,
    rejectedLines: snapshot.losses.rejectedLines,
    gaps: snapshot.losses.gaps.length,
  },
  self: snapshot.self,
});

export const endLine = (snapshot: Snapshot): object => ({
  type: 'end',
  time: timeOf(snapshot.realMs),
  samples: snapshot.samples,
  reason: snapshot.ended?.reason ?? 'the recording is truncated',
  complete: isComplete(snapshot),
});

/** Whether the tracer was read for this sample; when not, nothing is known of processes. */
const isCounted = ({ read, bootUs }: Snapshot): boolean => read.bootUs === bootUs;

/** Growth since the reading before, however close it was: of these, sums are the totals. */
const cameWith = (snapshot: Snapshot, id: string, { fresh, delta }: Reading): number =>
  fresh ?? (isNew(snapshot, id) ? delta : 0);

const isNew = ({ read, counted, procRead }: Snapshot, id: string): boolean =>
  isOfProc(id) ? procRead.isNew : read.bootUs === counted.bootUs;

/** Metrics whose values of this interval are not exact. */
const doubtful = ({ coverageNow }: Snapshot): { readonly coverage?: Snapshot['coverageNow'] } => {
  const others = Object.entries(coverageNow).filter(([, now]) => now !== 'exact');
  return others.length === 0 ? {} : { coverage: Object.fromEntries(others) };
};

const timeOf = (realMs: number): string => new Date(Math.round(realMs)).toISOString();

/** Levels and largest values do not grow by anything; they stand in `total`. */
const isCounter = (snapshot: Snapshot, id: string): boolean =>
  !snapshot.metrics.some((metric) => metric.id === id && metric.kind !== 'counter');

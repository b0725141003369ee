/** The state of a session, frozen at its last sample. */

import { realMsAt } from './clock.ts';
import { coverageNowOf, coverageOf, trustOf } from './coverage.ts';
import { type Count, type Entity, type Part, pastOf, ROW_HISTORY_SAMPLES } from './entity.ts';
import type { HostReading } from './host-reading.ts';
import { isWholeInterval } from './rate.ts';
import { type Ring, readRing } from './ring.ts';
import type { CgroupReadings, History, Losses, OfDevice, Reading, Row, Snapshot } from './snapshot.ts';
import type { Early, SessionState } from './state.ts';
import { stretchOf } from './stretch.ts';
import { isOwn } from './who.ts';

/** O(processes × metrics seen). The result does not change when the state goes on. */
export const takeSnapshot = (state: SessionState): Snapshot => {
  const { header } = state;
  const sample = state.samples - 1;
  const intervalUs = state.samples < 2 ? 0 : state.bootUs - state.previousBootUs;
  const fresh = freshOf(state);
  const entities = new Map<string, Entity>();
  const ends = new Map<string, number>();
  const rows: Row[] = [];
  for (const entity of [...state.owners.values(), ...state.former.values()]) {
    if (entity.counts.size === 0 && Object.keys(entity.uncovered).length === 0) continue;
    entities.set(entity.id, entity);
    if (entity.endedBootUs !== null) ends.set(entity.id, entity.endedBootUs);
    rows.push(keptRow(state, entity, fresh));
  }
  return {
    header,
    samples: state.samples,
    bootUs: state.bootUs,
    realMs: realMsAt(header.clock, state.bootUs),
    elapsedUs: state.bootUs - header.clock.bootUs,
    intervalUs,
    counted: { bootUs: state.counted.bootUs, intervalUs: state.counted.intervalUs },
    read: { bootUs: state.read.bootUs, intervalUs: state.read.intervalUs },
    procRead: {
      intervalUs: state.procRead.intervalUs,
      isNew: state.procRead.sample === sample && sample >= 0,
      readUs: state.procUs,
    },
    hostIntervalUs: state.hostRead.intervalUs,
    metrics: header.metrics,
    rows,
    totals: Object.fromEntries(
      [...state.totals].map(([metric, count]) => [metric, readingOf(count, stretchOf(state, metric).sample)]),
    ),
    others: { processes: state.others.processes, metrics: Object.fromEntries(state.others.metrics) },
    host: hostOf(state),
    ...(state.cgroups.size === 0 ? {} : { cgroups: cgroupsOf(state) }),
    probes: [...state.probes.values()],
    coverage: coverageOf(state),
    coverageNow: coverageNowOf(state),
    trust: trustOf(state),
    losses: lossesOf(state),
    marks: [...state.marks],
    self: selfOf(state),
    waits: state.waits,
    ended: state.ended,
    histograms: Object.fromEntries([...state.histograms].map(([metric, counts]) => [metric, [...counts]])),
    ...(state.devices.size === 0 ? {} : { devices: devicesOf(state) }),
    breakdown: breakdownsOf(state, entities),
    history: historyOf(state, { entities, ends }, sample),
  };
};

/** By tally: what came with the sample that was read last, where that is not what grew in its interval. */
type Fresh = ReadonlyMap<Count, number>;
const NOTHING_FRESH: Fresh = new Map();

const freshOf = (state: SessionState): Fresh => {
  const { early, carried, read, samples } = state;
  if (read.sample !== samples - 1) return NOTHING_FRESH;
  const soon = early.filter(({ sample }) => sample === read.sample);
  if (carried.length === 0 && soon.length === 0) return NOTHING_FRESH;
  const fresh = new Map<Count, number>();
  const add = ({ entity, metric }: Early, delta: number): void => {
    const count = entity.counts.get(metric);
    if (count === undefined) return;
    const grew = stretchOf(state, metric).sample === read.sample && count.sample === read.sample;
    fresh.set(count, (fresh.get(count) ?? (grew ? count.delta : 0)) + delta);
  };
  for (const one of carried) add(one, -one.delta);
  for (const one of soon) add(one, one.delta);
  return fresh;
};

type Drawn = {
  readonly version: number;
  readonly counted: number;
  readonly procRead: number;
  readonly still: boolean;
  readonly row: Row;
};
const drawn = new WeakMap<Entity, Drawn>();

/**
 * A row is the same object as in the snapshot before unless something of it changed: most of many processes are idle,
 * and snapshots that are kept to step back to share what they have in common.
 */
const keptRow = (state: SessionState, entity: Entity, fresh: Fresh): Row => {
  const { version } = entity;
  const counted = state.counted.sample;
  const procRead = state.procRead.sample;
  const before = drawn.get(entity);
  if (before?.version === version) {
    if (before.still || (before.counted === counted && before.procRead === procRead)) return before.row;
  }
  const row = rowOf(state, entity, fresh, before?.row.metrics ?? NO_READINGS);
  // What is of one sample only must be drawn again for the next.
  if (fresh.size > 0 && isFresh(entity, fresh)) {
    drawn.delete(entity);
    return row;
  }
  drawn.set(entity, { version, counted, procRead, still: isStill(state, entity), row });
  return row;
};

const isFresh = ({ counts }: Entity, fresh: Fresh): boolean => {
  for (const count of counts.values()) if (fresh.has(count)) return true;
  return false;
};

const isStill = (state: SessionState, { counts }: Entity): boolean => {
  for (const [metric, count] of counts)
    if (count.sample === stretchOf(state, metric).sample && isCounter(state, metric)) return false;
  return true;
};

const NO_READINGS: Row['metrics'] = {};

/** Of a process that does something most metrics rest: `before` are the readings of its last row, which it shares then. */
const rowOf = (state: SessionState, entity: Entity, fresh: Fresh, before: Row['metrics']): Row => {
  const metrics: Record<string, Reading> = {};
  for (const [metric, count] of entity.counts) {
    const { total } = count;
    const grew = count.sample === stretchOf(state, metric).sample;
    const delta = !isCounter(state, metric) ? total : grew ? count.delta : 0;
    const came = fresh.size === 0 ? undefined : fresh.get(count);
    const last = before[metric];
    metrics[metric] =
      came !== undefined && isCounter(state, metric)
        ? { total, delta, fresh: came }
        : last !== undefined && last.total === total && last.delta === delta && last.fresh === undefined
          ? last
          : { total, delta };
  }
  return {
    id: entity.id,
    pid: entity.pid,
    startMs: entity.startMs,
    comm: entity.comm,
    ppid: entity.ppid,
    uid: entity.uid,
    cmdline: entity.cmdline,
    cgroup: entity.cgroup,
    ...(entity.cgroups.length === 0 ? {} : { cgroups: entity.cgroups }),
    endedBootUs: entity.endedBootUs,
    ...(entity.movedBootUs === null ? {} : { movedBootUs: entity.movedBootUs }),
    lateStart: startedBefore(state, entity.startMs),
    ...(isOwn(entity, state) ? { own: true } : {}),
    metrics,
    uncovered: entity.uncovered,
    ...(entity.formerly.length > 0 ? { formerly: entity.formerly } : {}),
    ...(entity.shared === null ? {} : { shared: entity.shared }),
  };
};

/** What the header does not describe counts, as everything did in the first recordings. */
const isCounter = (state: SessionState, metric: string): boolean =>
  (state.metrics.get(metric)?.kind ?? 'counter') === 'counter';

/** A start is known to 10 ms, cut down: only one that surely lies before the anchor is late. */
const START_RESOLUTION_MS = 10;

/** A command that we start does nothing before counting begins, and its descendants come later. */
const startedBefore = ({ header }: SessionState, startMs: number | null): boolean =>
  header.selection.command === null &&
  startMs !== null &&
  (startMs + START_RESOLUTION_MS) * 1000 <= header.clock.bootUs;

const readingOf = (count: Count, sample: number, fresh: Fresh = NOTHING_FRESH): Reading => {
  const delta = count.sample === sample ? count.delta : 0;
  const came = fresh.get(count);
  return came === undefined ? { total: count.total, delta } : { total: count.total, delta, fresh: came };
};

const hostOf = (state: SessionState): Record<string, Reading> => readingsOf(state, state.host);

const cgroupsOf = (state: SessionState): CgroupReadings[] =>
  [...state.cgroups.values()].map(({ id, path, endedBootUs, uncovered, readings }) => ({
    id,
    path,
    endedBootUs,
    metrics: readingsOf(state, readings),
    uncovered,
  }));

const devicesOf = ({ devices }: SessionState): Record<string, OfDevice[]> =>
  Object.fromEntries(
    [...devices].map(([metric, known]) => [
      metric,
      [...known].map(([device, { calls }]) => ({ device, histogram: [...calls] })),
    ]),
  );

const readingsOf = (
  state: SessionState,
  readings: ReadonlyMap<string, HostReading>,
): Record<string, Reading> => {
  const read: Record<string, Reading> = {};
  for (const [metric, reading] of readings) {
    read[metric] =
      state.metrics.get(metric)?.kind === 'counter'
        ? {
            total: reading.total,
            delta: reading.delta,
            ...(reading.came === reading.delta ? {} : { fresh: reading.came }),
          }
        : { total: reading.last, delta: reading.last };
  }
  return read;
};

const lossesOf = (state: SessionState): Losses => ({
  lostEvents: state.losses.get('lost-events') ?? 0,
  mapFull: [...state.mapFull],
  rejectedLines: state.losses.get('rejected-line') ?? 0,
  unknownMessages: state.losses.get('unknown-message') ?? 0,
  byKind: Object.fromEntries(state.losses),
  gaps: [...state.gaps],
});

const selfOf = (state: SessionState): Snapshot['self'] => {
  const intervalUs = state.bootUs - state.previousSelfUs;
  const known = state.samples > 1 && isWholeInterval(intervalUs, state.header);
  const share = (nowMs: number, beforeMs: number): number =>
    known ? Math.max(0, ((nowMs - beforeMs) * 100_000) / intervalUs) : 0;
  const probePercent = Object.fromEntries(
    Object.entries(state.self.probeMs ?? {}).map(([probe, ms]) => [
      probe,
      share(ms, state.previousSelf.probeMs?.[probe] ?? 0),
    ]),
  );
  return {
    ...state.self,
    probePercent,
    probesPercent:
      state.self.probeMs === undefined
        ? null
        : Object.values(probePercent).reduce((sum, one) => sum + one, 0),
    cpuPercent: share(state.self.cpuMs, state.previousSelf.cpuMs),
    tracerCpuPercent: share(state.self.tracerCpuMs, state.previousSelf.tracerCpuMs),
  };
};

/** By metric: its parts, and the total and the growth of each, in turns. */
type Parts = ReadonlyMap<string, { readonly keys: readonly Part[]; readonly counts: readonly number[] }>;

/**
 * Copied now, because parts go on counting. It is asked of few rows, and copied of all: into as few objects as can be.
 */
const breakdownsOf = (state: SessionState, entities: ReadonlyMap<string, Entity>): Snapshot['breakdown'] => {
  const byRow = new Map<string, Parts>();
  entities.forEach((entity, id) => {
    if (entity.parts.size > 0) byRow.set(id, partsOf(state, entity));
  });
  return (rowId, metric) => {
    const { keys = [], counts = [] } = byRow.get(rowId)?.get(metric) ?? {};
    return keys
      .map(({ key }, at) => ({ key, total: counts[2 * at] ?? 0, delta: counts[2 * at + 1] ?? 0 }))
      .sort((a, b) => b.total - a.total);
  };
};

const partsOf = (state: SessionState, { parts }: Entity): Parts => {
  const copied = new Map<string, { readonly keys: readonly Part[]; readonly counts: readonly number[] }>();
  parts.forEach((byKey, metric) => {
    const { sample } = stretchOf(state, metric);
    const keys = [...byKey.values()];
    const counts: number[] = [];
    for (const part of keys) counts.push(part.total, part.sample === sample ? part.delta : 0);
    copied.set(metric, { keys, counts });
  });
  return copied;
};

/** Who has a row, and when they had ended, as far as it was known at this sample: an end can be determined late. */
type Lives = { readonly entities: ReadonlyMap<string, Entity>; readonly ends: ReadonlyMap<string, number> };

/** Rings go on being written; what this view can ask for ends at its own sample. */
const historyOf = (state: SessionState, lives: Lives, sample: number): History => {
  const history = wholeHistoryOf(state, lives, sample);
  const knownFrom = state.times.first;
  if (knownFrom === 0) return history;
  /** What lies before the checkpoint that this state began at is unknown, not zero. */
  const known = (values: Float64Array): Float64Array =>
    values.fill(Number.NaN, 0, Math.max(0, values.length - 1 - sample + knownFrom));
  return {
    host: (metric, samples) => known(history.host(metric, samples)),
    all: (metric, samples) => known(history.all(metric, samples)),
    row: (id, metric, samples) => known(history.row(id, metric, samples)),
    times: (samples) => known(history.times(samples)),
    countedUs: (samples) => known(history.countedUs(samples)),
    procReadUs: (samples) => known(history.procReadUs(samples)),
    hostUs: (samples) => known(history.hostUs(samples)),
  };
};

const wholeHistoryOf = (state: SessionState, { entities, ends }: Lives, sample: number): History => ({
  host: (metric, samples) => readRing(state.hostHistory.get(metric), sample, samples, Number.NaN),
  all: (metric, samples) => readRing(state.totalHistory.get(metric), sample, samples, 0),
  row: (id, metric, samples) => {
    const tally = entities.get(id)?.counts.get(metric);
    if (!isCounter(state, metric))
      return levelsOf((tally && pastOf(tally, Number.NaN)) ?? undefined, ends.get(id), state.times, {
        sample,
        samples,
      });
    const { sample: counted = -Infinity } = tally ?? {};
    const trend = tally === undefined ? null : pastOf(tally, 0);
    // Without a trend a process that counted lately has a past that nobody kept: unknown, not zero.
    const lately = counted >= 0 && counted > sample - ROW_HISTORY_SAMPLES;
    return readRing(trend ?? undefined, sample, samples, trend === null && lately ? Number.NaN : 0);
  },
  times: (samples) => readRing(state.times, sample, samples, Number.NaN),
  countedUs: (samples) => readRing(state.countedUs, sample, samples, Number.NaN),
  procReadUs: (samples) => readRing(state.procReadUs, sample, samples, Number.NaN),
  hostUs: (samples) => readRing(state.hostUs, sample, samples, Number.NaN),
});

/** A level that is not mentioned has not changed, until the process ends. */
const levelsOf = (
  trend: Ring | undefined,
  endUs: number | undefined,
  times: Ring,
  { sample, samples }: { readonly sample: number; readonly samples: number },
): Float64Array => {
  const out = readRing(trend, sample, samples, Number.NaN);
  if (trend === undefined) return out;
  const level = readRing(trend, trend.last, 1, Number.NaN)[0] ?? Number.NaN;
  const timesUs = readRing(times, sample, samples, Number.NaN);
  for (let index = Math.max(0, samples - (sample - trend.last)); index < samples; index += 1)
    if ((timesUs[index] ?? Number.NaN) < (endUs ?? Number.POSITIVE_INFINITY)) out[index] = level;
  return out;
};

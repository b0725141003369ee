/** The state of a session, frozen at its last sample. */
import { coverageOf } from './coverage.ts';
import { type Count, type Entity, ROW_HISTORY_SAMPLES } from './entity.ts';
import { insightView } from './insight/view.ts';
import { readRing } from './ring.ts';
import type { Breakdown, History, Losses, Reading, Row, Snapshot } from './snapshot.ts';
import type { SessionState } from './state.ts';

/** O(processes × metrics seen). The result does not change when the state goes on. */
export const takeSnapshot = (state: SessionState): Snapshot => {
  const { header } = state;
  const sample = state.samples - 1;
  const intervalUs = state.samples < 2 ? 0 : state.bootUs - state.previousBootUs;
  const entities = new Map<string, Entity>();
  const rows: Row[] = [];
  for (const entity of [...state.owners.values(), ...state.former.values()]) {
    if (entity.counts.size === 0) continue;
    entities.set(entity.id, entity);
    rows.push(keptRow(state, entity));
  }
  return {
    header,
    samples: state.samples,
    bootUs: state.bootUs,
    realMs: header.clock.realMs + (state.bootUs - header.clock.bootUs) / 1000,
    elapsedUs: state.bootUs - header.clock.bootUs,
    intervalUs,
    counted: { bootUs: state.counted.bootUs, intervalUs: state.counted.intervalUs },
    metrics: header.metrics,
    rows,
    totals: Object.fromEntries(
      [...state.totals].map(([metric, count]) => [metric, readingOf(count, state.counted.sample)]),
    ),
    others: { processes: state.others.processes, metrics: Object.fromEntries(state.others.metrics) },
    host: hostOf(state),
    probes: [...state.probes.values()],
    coverage: coverageOf(state),
    losses: lossesOf(state),
    marks: [...state.marks],
    self: selfOf(state, intervalUs),
    ended: state.ended,
    breakdown: breakdownsOf(entities, state.counted.sample),
    history: historyOf(state, entities, sample),
    insight: insightView(state),
  };
};

type Drawn = {
  readonly version: number;
  readonly counted: number;
  readonly still: boolean;
  readonly row: Row;
};
const drawn = new WeakMap<Entity, Drawn>();

/**
 * A row is the same object as in the snapshot before unless something of it changed: most of many processes are idle,
 * and snapshots that are kept to step back to share what they have in common.
 */
const keptRow = (state: SessionState, entity: Entity): Row => {
  const { sample } = state.counted;
  const before = drawn.get(entity);
  if (before?.version === entity.version && (before.still || before.counted === sample)) return before.row;
  const row = rowOf(state, entity);
  const still = [...entity.counts].every(
    ([metric, count]) => count.sample !== sample || !isCounter(state, metric),
  );
  drawn.set(entity, { version: entity.version, counted: sample, still, row });
  return row;
};

const rowOf = (state: SessionState, entity: Entity): Row => {
  const metrics: Record<string, Reading> = {};
  for (const [metric, count] of entity.counts) {
    metrics[metric] = isCounter(state, metric)
      ? readingOf(count, state.counted.sample)
      : { total: count.total, delta: count.total };
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
    endedBootUs: entity.endedBootUs,
    lateStart: startedBefore(state, entity.startMs),
    metrics,
    uncovered: entity.uncovered,
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

const readingOf = (count: Count, sample: number): Reading => ({
  total: count.total,
  delta: count.sample === sample ? count.delta : 0,
});

const hostOf = (state: SessionState): Record<string, Reading> => {
  const host: Record<string, Reading> = {};
  for (const [metric, reading] of state.host) {
    host[metric] =
      state.metrics.get(metric)?.kind === 'counter'
        ? { total: reading.total, delta: reading.delta }
        : { total: reading.last, delta: reading.last };
  }
  return host;
};

const lossesOf = (state: SessionState): Losses => ({
  lostEvents: state.losses.get('lost-events') ?? 0,
  mapFull: [...state.mapFull],
  rejectedLines: state.losses.get('rejected-line') ?? 0,
  unknownMessages: state.losses.get('unknown-message') ?? 0,
  byKind: Object.fromEntries(state.losses),
  gaps: [...state.gaps],
});

const selfOf = (state: SessionState, intervalUs: number): Snapshot['self'] => {
  const share = (nowMs: number, beforeMs: number): number =>
    state.samples < 2 || intervalUs <= 0 ? 0 : Math.max(0, ((nowMs - beforeMs) * 100_000) / intervalUs);
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

/** Copied now, because parts go on counting; few metrics have parts. */
const breakdownsOf = (entities: ReadonlyMap<string, Entity>, sample: number): Snapshot['breakdown'] => {
  const byRow = new Map<string, Map<string, readonly Breakdown[]>>();
  for (const [id, entity] of entities) {
    if (entity.parts.size === 0) continue;
    const byMetric = new Map<string, readonly Breakdown[]>();
    for (const [metric, parts] of entity.parts) {
      const list = [...parts.values()].map((part) => ({ key: part.key, ...readingOf(part, sample) }));
      byMetric.set(
        metric,
        list.sort((a, b) => b.total - a.total),
      );
    }
    byRow.set(id, byMetric);
  }
  return (rowId, metric) => byRow.get(rowId)?.get(metric) ?? [];
};

/** Rings go on being written; what this view can ask for ends at its own sample. */
const historyOf = (state: SessionState, entities: ReadonlyMap<string, Entity>, sample: number): History => {
  const history = wholeHistoryOf(state, entities, sample);
  if (state.knownFrom === 0) return history;
  /** What lies before the checkpoint that this state began at is unknown, not zero. */
  const known = (values: Float64Array): Float64Array =>
    values.fill(Number.NaN, 0, Math.max(0, values.length - 1 - sample + state.knownFrom));
  return {
    host: (metric, samples) => known(history.host(metric, samples)),
    all: (metric, samples) => known(history.all(metric, samples)),
    row: (id, metric, samples) => known(history.row(id, metric, samples)),
    times: (samples) => known(history.times(samples)),
    countedUs: (samples) => known(history.countedUs(samples)),
  };
};

const wholeHistoryOf = (
  state: SessionState,
  entities: ReadonlyMap<string, Entity>,
  sample: number,
): History => ({
  host: (metric, samples) => readRing(state.hostHistory.get(metric), sample, samples, Number.NaN),
  all: (metric, samples) => readRing(state.totalHistory.get(metric), sample, samples, 0),
  row: (id, metric, samples) => {
    const entity = entities.get(id);
    if (!isCounter(state, metric)) return levelsOf(entity, metric, state, sample, samples);
    const { trend = null, sample: counted = -Infinity } = entity?.counts.get(metric) ?? {};
    // Without a trend a process that counted lately has a past that nobody kept: unknown, not zero.
    const lately = counted > sample - ROW_HISTORY_SAMPLES;
    return readRing(trend ?? undefined, sample, samples, trend === null && lately ? Number.NaN : 0);
  },
  times: (samples) => readRing(state.times, sample, samples, Number.NaN),
  countedUs: (samples) => readRing(state.countedUs, sample, samples, Number.NaN),
});

/** A level that is not mentioned has not changed, until the process ends. */
const levelsOf = (
  entity: Entity | undefined,
  metric: string,
  { times }: SessionState,
  sample: number,
  samples: number,
): Float64Array => {
  const trend = entity?.counts.get(metric)?.trend ?? undefined;
  const out = readRing(trend, sample, samples, Number.NaN);
  if (trend === undefined) return out;
  const level = readRing(trend, trend.last, 1, Number.NaN)[0] ?? Number.NaN;
  // A view from before the end is asked after it, too: what it shows then must be what it showed.
  const endUs = entity?.endedBootUs ?? Number.POSITIVE_INFINITY;
  const timesUs = readRing(times, sample, samples, Number.NaN);
  for (let index = Math.max(0, samples - (sample - trend.last)); index < samples; index += 1)
    if ((timesUs[index] ?? Number.NaN) < endUs) out[index] = level;
  return out;
};

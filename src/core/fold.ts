/** One record after another changes the state: `fold` is the whole meaning of the stream. */
import { advance, forgetPid, keyOf, keysOf } from './baseline.ts';
import {
  addTo,
  countEntity,
  createEntity,
  type Entity,
  entityId,
  levelEntity,
  raiseEntity,
  trimTrends,
  UNKNOWN_COMM,
  zeroCount,
} from './entity.ts';
import { observe } from './insight/observe.ts';
import type {
  CounterEntry,
  ExitRecord,
  GapRecord,
  LossRecord,
  ProbeInUse,
  ProcessRecord,
  SampleRecord,
  StreamRecord,
} from './record.ts';
import { retireEnded, sumIntoOthers } from './retire.ts';
import { createRing, createRingAfter, type Ring, writeRing } from './ring.ts';
import { MAX_GAPS, MAX_MARKS, type SessionState, SIGNAL_HISTORY_SAMPLES } from './state.ts';

const TRIM_EVERY_SAMPLES = 60;

/** Applies one record, in place. Records must come in stream order. */
export const fold = (state: SessionState, record: StreamRecord): void => {
  switch (record.type) {
    case 'sample':
      foldSample(state, record);
      break;
    case 'process':
      foldProcess(state, record);
      break;
    case 'exit':
      foldExit(state, record);
      break;
    case 'forget':
      foldForget(state, record.pid);
      break;
    case 'gap':
      foldGap(state, record);
      break;
    case 'loss':
      foldLoss(state, record);
      break;
    case 'probe': {
      const { type: _type, bootUs: _bootUs, ...probe } = record;
      state.probes.set(probe.id, probe);
      foldUncounted(state, probe, record.bootUs);
      break;
    }
    case 'mark':
      if (state.marks.length < MAX_MARKS) state.marks.push({ bootUs: record.bootUs, text: record.text });
      break;
    case 'trailer':
      state.ended = { bootUs: record.bootUs, reason: record.reason };
  }
};

const foldUncounted = (state: SessionState, { id, uncounted = [] }: ProbeInUse, bootUs: number): void => {
  for (const metric of state.metrics.values()) {
    if (metric.probe !== id) continue;
    const time = state.uncounted.get(metric.id) ?? { sinceUs: null, us: 0 };
    const isUncounted = uncounted.includes(metric.id);
    if (isUncounted === (time.sinceUs !== null)) continue;
    if (time.sinceUs !== null) time.us += bootUs - time.sinceUs;
    time.sinceUs = isUncounted ? bootUs : null;
    state.uncounted.set(metric.id, time);
  }
};

const foldSample = (state: SessionState, record: SampleRecord): void => {
  if (record.epoch !== state.epoch) {
    state.epoch = record.epoch;
    state.baselines.clear();
  }
  const sample = state.samples;
  state.samples += 1;
  state.previousBootUs = state.bootUs;
  state.bootUs = record.bootUs;
  state.previousSelf = state.self;
  state.self = record.self;
  writeRing(state.times, sample, record.bootUs);
  if (record.counted) foldCounters(state, record, sample);
  for (const [metric, value] of Object.entries(record.host)) foldHost(state, metric, value, sample);
  writeLevels(state, sample);
  if (!state.unwatched) observe(state.watch, state);
  if (state.samples % TRIM_EVERY_SAMPLES === 0) trim(state, sample);
  retireEnded(state);
};

const foldCounters = (state: SessionState, { bootUs, counters }: SampleRecord, sample: number): void => {
  const intervalUs = bootUs - Math.max(state.counted.bootUs, state.resumedBootUs);
  state.counted = { sample, bootUs, intervalUs };
  writeRing(state.countedUs, sample, intervalUs);
  for (const [metric, entries] of Object.entries(counters)) foldCounter(state, metric, entries, sample);
};

const NO_DIMS: readonly number[] = [];

const foldCounter = (
  state: SessionState,
  metric: string,
  entries: readonly CounterEntry[],
  sample: number,
): void => {
  const kind = state.metrics.get(metric)?.kind;
  const keys = keysOf(state.baselines, metric);
  const total = state.totals.get(metric) ?? zeroCount();
  for (const entry of entries) {
    const pid = entry[0];
    const value = entry[entry.length - 1];
    // Nothing counts below zero; a damaged line may say so.
    if (pid === undefined || value === undefined || entry.length < 2 || !(value >= 0)) continue;
    if (kind === 'gauge') {
      levelEntity(ownerOf(state, pid), metric, value, sample, state.trends);
      continue;
    }
    const { delta, grew } = advance(keys, keyOf(entry), value);
    if (!grew) continue;
    const entity = ownerOf(state, pid);
    if (kind === 'max') {
      raiseEntity(entity, metric, value, sample);
      continue;
    }
    const dims = entry.length === 2 ? NO_DIMS : entry.slice(1, -1);
    countEntity(entity, metric, dims, delta, sample, state.trends);
    addTo(total, delta, sample);
  }
  if (total.sample !== sample) return;
  state.totals.set(metric, total);
  writeRing(ringOf(state.totalHistory, metric, 0), sample, total.delta);
};

const foldHost = (state: SessionState, metric: string, value: number, sample: number): void => {
  // A past is kept for each: only for those that the header describes, which are bounded.
  if (!state.metrics.has(metric)) return;
  const reading = state.host.get(metric);
  const isCounter = state.metrics.get(metric)?.kind === 'counter';
  if (reading === undefined) {
    state.host.set(metric, { last: value, total: 0, delta: 0 });
    // There is nothing to differ from yet; from here on, what is not mentioned did not move.
    if (isCounter) state.hostHistory.set(metric, createRingAfter(sample, SIGNAL_HISTORY_SAMPLES, 0));
    return;
  }
  // A host counter that fell was reset (a device came back): all of it is new.
  const delta = value >= reading.last ? value - reading.last : value;
  reading.total += delta;
  reading.delta = delta;
  reading.last = value;
  if (isCounter) writeRing(ringOf(state.hostHistory, metric, 0), sample, delta);
};

/** Gauges that did not change still have a level; counters that did not change had no delta. */
const writeLevels = (state: SessionState, sample: number): void => {
  for (const [metric, reading] of state.host) {
    if (state.metrics.get(metric)?.kind === 'counter') {
      if (state.hostHistory.get(metric)?.last !== sample) reading.delta = 0;
    } else {
      writeRing(ringOf(state.hostHistory, metric, Number.NaN), sample, reading.last);
    }
  }
};

const ringOf = (rings: Map<string, Ring>, metric: string, blank: number): Ring => {
  const ring = rings.get(metric);
  if (ring !== undefined) return ring;
  const fresh = createRing(SIGNAL_HISTORY_SAMPLES, blank);
  rings.set(metric, fresh);
  return fresh;
};

const ownerOf = (state: SessionState, pid: number): Entity => {
  const owner = state.owners.get(pid);
  if (owner !== undefined) return owner;
  return own(state, createEntity(pid, null, UNKNOWN_COMM));
};

const own = (state: SessionState, entity: Entity): Entity => {
  const before = state.owners.get(entity.pid);
  if (before !== undefined) state.former.set(before.id, before);
  // Two nameless lives of one PID cannot be told apart by id: the older goes to `others`.
  const namesake = state.former.get(entity.id);
  if (namesake !== undefined && namesake !== entity) sumIntoOthers(state, namesake);
  state.former.delete(entity.id);
  state.owners.set(entity.pid, entity);
  return entity;
};

/**
 * The entity a fact is about: the present owner when it can be the same process, an earlier one when the fact came
 * late, otherwise a new one. Of two lives of a PID the one that started later owns it.
 */
const identify = (state: SessionState, pid: number, startMs: number | null, comm: string): Entity => {
  const former = startMs === null ? undefined : state.former.get(entityId(pid, startMs));
  if (former !== undefined) return former;
  const owner = state.owners.get(pid);
  if (owner === undefined) return own(state, createEntity(pid, startMs, comm));
  if (owner.startMs !== null && startMs !== null && owner.startMs !== startMs) {
    const entity = createEntity(pid, startMs, comm);
    if (startMs < owner.startMs) {
      state.former.set(entity.id, entity);
      return entity;
    }
    owner.endedBootUs ??= state.bootUs;
    owner.version += 1;
    return own(state, entity);
  }
  if (owner.startMs === null && startMs !== null) {
    owner.startMs = startMs;
    owner.id = entityId(pid, startMs);
  }
  if (comm !== UNKNOWN_COMM) owner.comm = comm;
  owner.version += 1;
  return owner;
};

const foldProcess = (state: SessionState, record: ProcessRecord): void => {
  const entity = identify(state, record.pid, record.startMs, record.comm);
  // It was seen alive, whatever was said of it before.
  if (state.owners.get(record.pid) !== entity && entity.startMs === record.startMs) revive(state, entity);
  entity.ppid = record.ppid ?? entity.ppid;
  entity.uid = record.uid ?? entity.uid;
  entity.cmdline = record.cmdline ?? entity.cmdline;
  entity.cgroup = record.cgroup ?? entity.cgroup;
  entity.uncovered = record.uncovered ?? {};
  entity.version += 1;
};

const revive = (state: SessionState, entity: Entity): void => {
  const { startMs } = state.owners.get(entity.pid) ?? entity;
  if (startMs !== null && startMs > (entity.startMs ?? 0)) return;
  entity.endedBootUs = null;
  entity.version += 1;
  own(state, entity);
};

const foldExit = (state: SessionState, record: ExitRecord): void => {
  const entity = identify(state, record.pid, record.startMs, record.comm);
  entity.endedBootUs = record.bootUs;
  entity.version += 1;
};

/** The life whose keys were deleted is over: what this PID counts from now on is another process's. */
const foldForget = (state: SessionState, pid: number): void => {
  forgetPid(state.baselines, pid);
  const owner = state.owners.get(pid);
  if (owner === undefined || owner.endedBootUs === null) return;
  state.owners.delete(pid);
  state.former.set(owner.id, owner);
};

const foldGap = (state: SessionState, record: GapRecord): void => {
  const gap = { fromBootUs: record.fromBootUs, toBootUs: record.bootUs, reason: record.reason };
  if (state.gaps.length < MAX_GAPS) state.gaps.push(gap);
  state.resumedBootUs = record.bootUs;
};

const foldLoss = (state: SessionState, record: LossRecord): void => {
  state.losses.set(record.kind, (state.losses.get(record.kind) ?? 0) + record.count);
  if (record.metric === undefined) return;
  if (record.kind === 'map-full') state.mapFull.add(record.metric);
  if (record.kind === 'imprecise') state.imprecise.add(record.metric);
  if (record.kind === 'shared-steps')
    state.shared.set(record.metric, (state.shared.get(record.metric) ?? 0) + record.count);
};

const trim = (state: SessionState, sample: number): void => {
  for (const entity of state.owners.values()) trimTrends(entity, sample, state.trends);
  for (const entity of state.former.values()) trimTrends(entity, sample, state.trends);
};

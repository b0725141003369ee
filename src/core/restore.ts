/** Reads a checkpoint (checkpoint-record.ts): the state that it reports, to be folded on from. */

import { MAX_HISTORIES } from './bounds.ts';
import { createCgroup } from './cgroup.ts';
import {
  type CheckpointCgroup,
  type CheckpointEntity,
  type CheckpointRecord,
  type CheckpointSession,
  FROM_ZERO,
  lastStretch,
} from './checkpoint-record.ts';
import { noteCut } from './cut.ts';
import { callsOf } from './device-calls.ts';
import { createEntity, createTally, type Entity, growIn } from './entity.ts';
import { addToHistogram } from './histogram.ts';
import { accountOf, keyOf } from './ledger.ts';
import type { CounterEntry, HeaderRecord } from './record.ts';
import { createRingAfter } from './ring.ts';
import { hasRoomForProcess, holdText, textOf } from './room.ts';
import { createState, type Early, type SessionState, SIGNAL_HISTORY_SAMPLES } from './state.ts';
import { stretchOf } from './stretch.ts';
import { DOUBTS } from './trust.ts';

/** The state that these parts describe; null when they are not the whole of one. */
export const restoreState = (
  header: HeaderRecord,
  parts: readonly CheckpointRecord[],
): SessionState | null => {
  const first = parts[0];
  if (first?.session === undefined || parts.length !== first.parts) return null;
  if (parts.some(({ part, bootUs }, index) => part !== index || bootUs !== first.bootUs)) return null;
  const state = beginAt(header, first.bootUs, first.session);
  for (const part of parts) restoreEntities(state, part);
  restoreBaselines(state, parts);
  return state;
};

const beginAt = (header: HeaderRecord, bootUs: number, session: CheckpointSession): SessionState => {
  const { samples, counted } = session;
  const procRead = session.procRead ?? counted;
  const state: SessionState = {
    ...createState(header),
    samples,
    bootUs,
    previousBootUs: session.previousBootUs,
    epoch: session.epoch,
    counted,
    read: session.read ?? counted,
    procRead,
    procUs: session.procUs ?? procRead.bootUs,
    hostRead: session.hostRead ?? lastStretch({ samples, bootUs, previousBootUs: session.previousBootUs }),
    previousSelfUs: session.previousSelfUs ?? session.previousBootUs,
    resumedBootUs: session.resumedBootUs,
    times: createRingAfter(samples - 1, SIGNAL_HISTORY_SAMPLES, Number.NaN),
    self: session.self,
    previousSelf: session.previousSelf,
  };
  state.others.processes = session.others.processes;
  fill(state.others.metrics, session.others.metrics);
  noteCut(state, state.others.metrics.keys());
  for (const [metric, amount] of Object.entries(session.totals))
    state.totals.set(metric, countFrom(amount, stretchOf(state, metric).sample));
  for (const [metric, [last = 0, total = 0, delta = 0]] of Object.entries(session.host)) {
    if (!state.metrics.has(metric)) continue;
    const early = session.hostEarly?.[metric] ?? 0;
    state.host.set(metric, { last, total, delta, came: delta, early });
    if (state.hostHistory.size >= MAX_HISTORIES) continue;
    state.hostHistory.set(
      metric,
      createRingAfter(samples - 1, SIGNAL_HISTORY_SAMPLES, blankOf(state, metric)),
    );
  }
  for (const [metric, histogram] of Object.entries(session.histograms ?? {}))
    if (state.histograms.has(metric)) state.histograms.set(metric, [...histogram]);
  for (const [metric, entries] of Object.entries(session.deviceCounters ?? {}))
    restoreDevices(state, metric, entries);
  for (const cgroup of session.cgroups ?? []) restoreCgroup(state, cgroup);
  for (const probe of session.probes) state.probes.set(probe.id, probe);
  fill(state.losses, session.losses as Record<string, number>);
  for (const metric of session.mapFull) state.mapFull.add(metric);
  for (const metric of session.imprecise) state.imprecise.add(metric);
  for (const name of DOUBTS) fill(state[name], session[name] ?? {});
  for (const [metric, [us = 0, sinceUs = null]] of Object.entries(session.uncounted ?? {}))
    state.uncounted.set(metric, { us, sinceUs });
  for (const [metric, why] of Object.entries(session.estimated ?? {})) state.estimated.set(metric, why);
  state.waits = session.waits ?? null;
  state.gaps.push(...session.gaps);
  state.marks.push(...session.marks);
  return state;
};

const restoreDevices = (
  { devices }: SessionState,
  metric: string,
  entries: readonly CounterEntry[],
): void => {
  const known = devices.get(metric);
  if (known === undefined) return;
  for (const [device = 0, bucket = 0, calls = 0, last = 0] of entries) {
    const one = callsOf(known, device);
    if (one === null) continue;
    addToHistogram(one.calls, bucket, calls);
    addToHistogram(one.last, bucket, last);
  }
};

const restoreCgroup = (
  { cgroups }: SessionState,
  { endedBootUs, readings, ...facts }: CheckpointCgroup,
): void => {
  const cgroup = createCgroup(facts);
  cgroup.endedBootUs = endedBootUs ?? null;
  for (const [metric, [last = 0, total = 0, delta = 0, early = 0]] of Object.entries(readings))
    cgroup.readings.set(metric, { last, total, delta, came: early > 0 ? early : delta, early });
  cgroups.set(facts.id, cgroup);
};

const blankOf = (state: SessionState, metric: string): number =>
  state.metrics.get(metric)?.kind === 'counter' ? 0 : Number.NaN;

const fill = <Key extends string>(map: Map<Key, number>, values: Readonly<Record<string, number>>): void => {
  for (const [key, value] of Object.entries(values)) map.set(key as Key, value);
};

const NEVER = -1;

const countFrom = ([total = 0, delta]: readonly number[], heldSample: number) =>
  delta === undefined ? { total, delta: 0, sample: NEVER } : { total, delta, sample: heldSample };

const restoreEntities = (state: SessionState, part: CheckpointRecord): void => {
  const entities = part.entities.map((facts) => restoreEntity(state, facts));
  restoreCounts(state, entities, part.counts);
  for (const entity of entities)
    if (entity !== undefined && entity.endedBootUs !== null) noteCut(state, entity.counts.keys());
  restoreParts(entities, part.partial);
  for (const [metric, entity, dims, delta] of entriesOf(entities, part.grown)) {
    const one = entity.parts.get(metric)?.get(dims.join(','));
    if (one !== undefined) growIn(one, delta, stretchOf(state, metric).sample);
  }
  const sample = state.samples - 1;
  const early = entriesOf(entities, part.early).map(
    ([metric, entity, dims, delta]): Early => ({ entity, metric, dims, delta, sample }),
  );
  state.early = [...state.early, ...early];
};

const restoreEntity = (state: SessionState, facts: CheckpointEntity): Entity | undefined => {
  if (!hasRoomForProcess(state)) return undefined;
  const entity = createEntity(facts.pid, facts.startMs, facts.comm);
  entity.ppid = facts.ppid ?? null;
  entity.uid = facts.uid ?? null;
  entity.cmdline = facts.cmdline ?? null;
  entity.cgroup = facts.cgroup ?? null;
  entity.cgroups = facts.cgroups ?? [];
  entity.uncovered = facts.uncovered ?? {};
  entity.own = facts.own ?? false;
  entity.formerly = facts.formerly ?? [];
  entity.shared = facts.shared ?? null;
  entity.files = facts.files ?? [];
  entity.endedBootUs = facts.endedBootUs ?? null;
  entity.movedBootUs = facts.movedBootUs ?? null;
  holdText(state, 0, textOf(entity));
  if (facts.former === true) state.former.set(entity.id, entity);
  else state.owners.set(entity.pid, entity);
  return entity;
};

/** Undefined where there was no room for it. */
type Restored = readonly (Entity | undefined)[];
type Table = Readonly<Record<string, readonly CounterEntry[]>>;

const restoreCounts = (state: SessionState, entities: Restored, counts: Table): void => {
  for (const [metric, entries] of Object.entries(counts)) {
    const { sample } = stretchOf(state, metric);
    for (const [index = -1, ...amount] of entries)
      entities[index]?.counts.set(metric, createTally(countFrom(amount, sample)));
  }
};

const restoreParts = (entities: Restored, partial: Table): void => {
  for (const [metric, entity, key, total] of entriesOf(entities, partial)) {
    if (key.length === 0) continue;
    const byKey = entity.parts.get(metric) ?? new Map();
    byKey.set(key.join(','), { key, total, delta: 0, sample: NEVER });
    entity.parts.set(metric, byKey);
  }
};

type TableEntry = readonly [metric: string, entity: Entity, dims: readonly number[], value: number];

/** `[index in entities, ...dims, value]`; without those of nobody, which a damaged line may hold. */
const entriesOf = (entities: Restored, table: Table = {}): TableEntry[] =>
  Object.entries(table).flatMap(([metric, entries]) =>
    entries.flatMap(([index = -1, ...rest]): TableEntry[] => {
      const entity = entities[index];
      return entity === undefined ? [] : [[metric, entity, rest.slice(0, -1), rest.at(-1) ?? 0]];
    }),
  );

const restoreBaselines = (state: SessionState, parts: readonly CheckpointRecord[]): void => {
  const set = (metric: string, entry: readonly number[]): void => {
    const keys = accountOf(state.baselines, metric);
    const value = entry.at(-1) ?? 0;
    if (value === FROM_ZERO) keys.delete(keyOf(entry));
    else keys.set(keyOf(entry), { value });
  };
  for (const { pid, counts, parts: dimensions } of state.owners.values()) {
    for (const [metric, { total }] of counts) {
      if (!dimensions.has(metric) && state.metrics.get(metric)?.kind !== 'gauge') set(metric, [pid, total]);
    }
    for (const [metric, byKey] of dimensions)
      for (const { key, total } of byKey.values()) set(metric, [pid, ...key, total]);
  }
  for (const { baselines } of parts)
    for (const [metric, entries] of Object.entries(baselines))
      for (const entry of entries) set(metric, entry);
};

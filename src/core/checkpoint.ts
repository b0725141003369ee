/** Writes the state of a session as a checkpoint (checkpoint-record.ts). */

import type { Cgroup } from './cgroup.ts';
import {
  type CheckpointCgroup,
  type CheckpointEntity,
  type CheckpointRecord,
  type CheckpointSession,
  FROM_ZERO,
  lastStretch,
} from './checkpoint-record.ts';
import type { Entity } from './entity.ts';
import { keyOf } from './ledger.ts';
import type { CounterEntry } from './record.ts';
import type { Early, SessionState } from './state.ts';
import { type Stretch, stretchOf } from './stretch.ts';
import { DOUBTS } from './trust.ts';

const ENTITIES_A_PART = 1_000;
const BASELINES_A_PART = 20_000;

/** The state after what was folded last, as records in order. */
export const checkpointOf = (state: SessionState): CheckpointRecord[] => {
  const entities = [
    ...[...state.owners.values()].map((entity) => ({ entity, former: false })),
    ...[...state.former.values()].map((entity) => ({ entity, former: true })),
  ];
  const chunks = [
    ...chunked(entities, ENTITIES_A_PART).map((chunk) => ({
      ...countsOf(state, chunk),
      ...earlyOf(chunk, state.early),
      entities: chunk.map(({ entity, former }) => factsOf(entity, former)),
      baselines: {},
    })),
    ...chunked(oddBaselines(state), BASELINES_A_PART).map((chunk) => ({
      entities: [],
      counts: {},
      partial: {},
      baselines: grouped(chunk),
    })),
  ];
  if (chunks.length === 0) chunks.push({ entities: [], counts: {}, partial: {}, baselines: {} });
  return chunks.map((chunk, part) => ({
    type: 'checkpoint',
    bootUs: state.bootUs,
    part,
    parts: chunks.length,
    ...(part === 0 ? { session: sessionOf(state) } : {}),
    ...chunk,
  }));
};

const chunked = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

const grouped = (entries: readonly (readonly [string, CounterEntry])[]): Record<string, CounterEntry[]> => {
  const byMetric = new Map<string, CounterEntry[]>();
  for (const [metric, entry] of entries) {
    const list = byMetric.get(metric);
    if (list === undefined) byMetric.set(metric, [entry]);
    else list.push(entry);
  }
  return Object.fromEntries(byMetric);
};

const factsOf = (entity: Entity, former: boolean): CheckpointEntity => ({
  pid: entity.pid,
  startMs: entity.startMs,
  comm: entity.comm,
  ppid: entity.ppid ?? undefined,
  uid: entity.uid ?? undefined,
  cmdline: entity.cmdline ?? undefined,
  cgroup: entity.cgroup ?? undefined,
  cgroups: entity.cgroups.length === 0 ? undefined : entity.cgroups,
  uncovered: Object.keys(entity.uncovered).length === 0 ? undefined : entity.uncovered,
  own: entity.own || undefined,
  formerly: entity.formerly.length === 0 ? undefined : entity.formerly,
  shared: entity.shared ?? undefined,
  files: entity.files.length === 0 ? undefined : entity.files,
  endedBootUs: entity.endedBootUs ?? undefined,
  movedBootUs: entity.movedBootUs ?? undefined,
  former: former || undefined,
});

const countsOf = (
  state: SessionState,
  chunk: readonly { readonly entity: Entity }[],
): Pick<CheckpointRecord, 'counts' | 'partial' | 'grown'> => {
  const counts: [string, CounterEntry][] = [];
  const partial: [string, CounterEntry][] = [];
  const grown: [string, CounterEntry][] = [];
  for (const [index, { entity }] of chunk.entries()) {
    for (const [metric, count] of entity.counts)
      counts.push([metric, [index, ...amountOf(state, metric, count)]]);
    for (const [metric, parts] of entity.parts)
      for (const { key, total, delta, sample } of parts.values()) {
        partial.push([metric, [index, ...key, total]]);
        if (sample === stretchOf(state, metric).sample) grown.push([metric, [index, ...key, delta]]);
      }
  }
  return {
    counts: grouped(counts),
    partial: grouped(partial),
    ...(grown.length === 0 ? {} : { grown: grouped(grown) }),
  };
};

const earlyOf = (
  chunk: readonly { readonly entity: Entity }[],
  early: readonly Early[],
): Pick<CheckpointRecord, 'early'> => {
  if (early.length === 0) return {};
  const indices = new Map(chunk.map(({ entity }, index) => [entity, index]));
  const entries = early.flatMap(({ entity, metric, dims, delta }): [string, CounterEntry][] => {
    const index = indices.get(entity);
    return index === undefined ? [] : [[metric, [index, ...dims, delta]]];
  });
  return entries.length === 0 ? {} : { early: grouped(entries) };
};

/** The next reading can come too soon for a rate: what is shown until then is what grew before. */
const amountOf = (
  state: SessionState,
  metric: string,
  { total, delta, sample }: { readonly total: number; readonly delta: number; readonly sample: number },
): number[] => (sample === stretchOf(state, metric).sample ? [total, delta] : [total]);

/** Most often a difference is taken from the total itself; only what differs is reported. */
const oddBaselines = (state: SessionState): (readonly [string, CounterEntry])[] => {
  const odd: (readonly [string, CounterEntry])[] = [];
  for (const [metric, keys] of state.baselines) {
    for (const [key, { value }] of keys) {
      const entry = typeof key === 'number' ? [key] : key.split(',').map(Number);
      if (totalOf(state, metric, entry) !== value) odd.push([metric, [...entry, value]]);
    }
  }
  for (const { pid, counts, parts } of state.owners.values()) {
    for (const metric of counts.keys()) {
      if (parts.has(metric) || state.metrics.get(metric)?.kind === 'gauge') continue;
      if (state.baselines.get(metric)?.has(pid) !== true) odd.push([metric, [pid, FROM_ZERO]]);
    }
    for (const [metric, byKey] of parts) {
      for (const { key } of byKey.values())
        if (state.baselines.get(metric)?.has(keyOf([pid, ...key, 0])) !== true)
          odd.push([metric, [pid, ...key, FROM_ZERO]]);
    }
  }
  return odd;
};

const totalOf = (state: SessionState, metric: string, key: readonly number[]): number | undefined => {
  const owner = state.owners.get(key[0] ?? -1);
  if (owner === undefined) return undefined;
  return key.length === 1
    ? owner.counts.get(metric)?.total
    : owner.parts.get(metric)?.get(key.slice(1).join(','))?.total;
};

const sessionOf = (state: SessionState): CheckpointSession => ({
  samples: state.samples,
  previousBootUs: state.previousBootUs,
  epoch: state.epoch,
  counted: state.counted,
  ...stretchesOf(state),
  resumedBootUs: state.resumedBootUs,
  others: { processes: state.others.processes, metrics: Object.fromEntries(state.others.metrics) },
  totals: Object.fromEntries(
    [...state.totals].map(([metric, count]) => [metric, amountOf(state, metric, count)]),
  ),
  ...(state.histograms.size === 0 ? {} : { histograms: Object.fromEntries(state.histograms) }),
  ...(state.devices.size === 0 ? {} : { deviceCounters: devicesOf(state) }),
  host: Object.fromEntries(
    [...state.host].map(([metric, { last, total, delta }]) => [metric, [last, total, delta]]),
  ),
  ...(state.cgroups.size === 0 ? {} : { cgroups: [...state.cgroups.values()].map(cgroupOf) }),
  probes: [...state.probes.values()],
  losses: Object.fromEntries(state.losses),
  mapFull: [...state.mapFull],
  imprecise: [...state.imprecise],
  ...Object.fromEntries(
    DOUBTS.filter((name) => state[name].size > 0).map((name) => [name, Object.fromEntries(state[name])]),
  ),
  ...(state.uncounted.size === 0 ? {} : { uncounted: uncountedOf(state) }),
  ...(state.estimated.size === 0 ? {} : { estimated: Object.fromEntries(state.estimated) }),
  ...(state.waits === null ? {} : { waits: state.waits }),
  gaps: [...state.gaps],
  marks: [...state.marks],
  self: state.self,
  previousSelf: state.previousSelf,
});

const devicesOf = ({ devices }: SessionState): Record<string, CounterEntry[]> =>
  Object.fromEntries(
    [...devices].map(([metric, known]) => [
      metric,
      [...known].flatMap(([device, { calls, last }]) =>
        calls.map((count, bucket) => [device, bucket, count, last[bucket] ?? 0]),
      ),
    ]),
  );

const cgroupOf = ({ uncovered, endedBootUs, readings, ...facts }: Cgroup): CheckpointCgroup => ({
  ...facts,
  ...(Object.keys(uncovered).length === 0 ? {} : { uncovered }),
  ...(endedBootUs === null ? {} : { endedBootUs }),
  readings: Object.fromEntries(
    [...readings].map(([metric, { last, total, delta, early }]) => [metric, [last, total, delta, early]]),
  ),
});

const stretchesOf = (
  state: SessionState,
): Pick<CheckpointSession, 'read' | 'procRead' | 'procUs' | 'hostRead' | 'previousSelfUs' | 'hostEarly'> => {
  const { read, counted, procRead, procUs, hostRead, previousSelfUs, previousBootUs } = state;
  const early = [...state.host].filter(([, reading]) => reading.early !== 0);
  return {
    ...(isSame(read, counted) ? {} : { read }),
    ...(isSame(procRead, counted) ? {} : { procRead }),
    ...(procUs === procRead.bootUs ? {} : { procUs }),
    ...(isSame(hostRead, lastStretch(state)) ? {} : { hostRead }),
    ...(previousSelfUs === previousBootUs ? {} : { previousSelfUs }),
    ...(early.length === 0
      ? {}
      : { hostEarly: Object.fromEntries(early.map(([metric, reading]) => [metric, reading.early])) }),
  };
};

const isSame = (a: Stretch, b: Stretch): boolean =>
  a.sample === b.sample && a.bootUs === b.bootUs && a.intervalUs === b.intervalUs;

const uncountedOf = (state: SessionState): Record<string, number[]> =>
  Object.fromEntries(
    [...state.uncounted].map(([metric, { sinceUs, us }]) => [
      metric,
      sinceUs === null ? [us] : [us, sinceUs],
    ]),
  );

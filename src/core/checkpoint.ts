/**
 * The state of a session as a few lines of a recording, so that a reader can begin there instead of at the start.
 * Everything that counts is in it exactly: processes, totals, what differences are taken from, losses, gaps, marks.
 * Two things are not. The past (histories) is unknown before it, and reads as such. What the insight has learnt is
 * not, only what it said: who begins here shows that, and learns anew.
 *
 * A checkpoint says nothing new: a reader that folded all lines before it may ignore it. It stands between samples,
 * and is cut into parts, because a line has a longest length.
 */
import { keyOf, keysOf } from './baseline.ts';
import { createEntity, createTally, type Entity } from './entity.ts';
import { insightSaid } from './insight/view.ts';
import type { CounterEntry, HeaderRecord, LossKind, ProbeInUse, ProcessRecord, SelfCost } from './record.ts';
import { createRingAfter } from './ring.ts';
import type { Gap, InsightSaid, Mark } from './snapshot.ts';
import { createState, type SessionState, SIGNAL_HISTORY_SAMPLES } from './state.ts';

/** A process, without what it counted. */
export type CheckpointEntity = Omit<ProcessRecord, 'type' | 'bootUs'> & {
  readonly endedBootUs?: number | undefined;
  /** Another life owns its PID, or nobody does. */
  readonly former?: boolean | undefined;
};

export type CheckpointSession = {
  /** Samples before it. */
  readonly samples: number;
  readonly previousBootUs: number;
  readonly epoch: number;
  readonly counted: { readonly sample: number; readonly bootUs: number; readonly intervalUs: number };
  readonly resumedBootUs: number;
  readonly others: { readonly processes: number; readonly metrics: Readonly<Record<string, number>> };
  /** Metric to `[total]`, or `[total, delta]` when the last sample was not counted and the one before it holds. */
  readonly totals: Readonly<Record<string, readonly number[]>>;
  /** Metric to `[last reading, total, delta]`. */
  readonly host: Readonly<Record<string, readonly number[]>>;
  readonly probes: readonly ProbeInUse[];
  readonly losses: Readonly<Partial<Record<LossKind, number>>>;
  readonly mapFull: readonly string[];
  readonly imprecise: readonly string[];
  /** Metric to how much of it was shared out; absent where nothing was. */
  readonly shared?: Readonly<Record<string, number>> | undefined;
  /** Metric to µs not counted so far to stay within the budget, and since when it is not, if it is not. */
  readonly uncounted?: Readonly<Record<string, readonly number[]>> | undefined;
  readonly gaps: readonly Gap[];
  readonly marks: readonly Mark[];
  readonly self: SelfCost;
  readonly previousSelf: SelfCost;
  readonly insight: InsightSaid;
};

export type CheckpointRecord = {
  readonly type: 'checkpoint';
  readonly bootUs: number;
  readonly part: number;
  readonly parts: number;
  /** In the first part only. */
  readonly session?: CheckpointSession | undefined;
  readonly entities: readonly CheckpointEntity[];
  /** Metric to `[index in entities, total]`, with the delta as in `totals`. */
  readonly counts: Readonly<Record<string, readonly CounterEntry[]>>;
  /** The same of metrics with dimensions: `[index in entities, ...dims, total]`. */
  readonly partial: Readonly<Record<string, readonly CounterEntry[]>>;
  /** Where differences are not taken from the total of the present owner: `[pid, ...dims, value]`, -1 for from zero. */
  readonly baselines: Readonly<Record<string, readonly CounterEntry[]>>;
};

const ENTITIES_A_PART = 1_000;
const BASELINES_A_PART = 20_000;
const FROM_ZERO = -1;

/** The state after what was folded last, as records in order. */
export const checkpointOf = (state: SessionState): CheckpointRecord[] => {
  const entities = [
    ...[...state.owners.values()].map((entity) => ({ entity, former: false })),
    ...[...state.former.values()].map((entity) => ({ entity, former: true })),
  ];
  const held = state.counted.sample === state.samples - 1 ? null : state.counted.sample;
  const chunks = [
    ...chunked(entities, ENTITIES_A_PART).map((chunk) => ({
      ...countsOf(chunk, held),
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
    ...(part === 0 ? { session: sessionOf(state, held) } : {}),
    ...chunk,
  }));
};

/** The state that these parts tell; null when they are not the whole of one. */
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
  uncovered: Object.keys(entity.uncovered).length === 0 ? undefined : entity.uncovered,
  endedBootUs: entity.endedBootUs ?? undefined,
  former: former || undefined,
});

const countsOf = (
  chunk: readonly { readonly entity: Entity }[],
  held: number | null,
): Pick<CheckpointRecord, 'counts' | 'partial'> => {
  const counts: [string, CounterEntry][] = [];
  const partial: [string, CounterEntry][] = [];
  for (const [index, { entity }] of chunk.entries()) {
    for (const [metric, count] of entity.counts) counts.push([metric, [index, ...amountOf(count, held)]]);
    for (const [metric, parts] of entity.parts)
      for (const part of parts.values()) partial.push([metric, [index, ...part.key, part.total]]);
  }
  return { counts: grouped(counts), partial: grouped(partial) };
};

const amountOf = (
  count: { readonly total: number; readonly delta: number; readonly sample: number },
  held: number | null,
): number[] => (held !== null && count.sample === held ? [count.total, count.delta] : [count.total]);

/** Most often a difference is taken from the total itself; only what differs is told. */
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

const sessionOf = (state: SessionState, held: number | null): CheckpointSession => ({
  samples: state.samples,
  previousBootUs: state.previousBootUs,
  epoch: state.epoch,
  counted: state.counted,
  resumedBootUs: state.resumedBootUs,
  others: { processes: state.others.processes, metrics: Object.fromEntries(state.others.metrics) },
  totals: Object.fromEntries([...state.totals].map(([metric, count]) => [metric, amountOf(count, held)])),
  host: Object.fromEntries(
    [...state.host].map(([metric, { last, total, delta }]) => [metric, [last, total, delta]]),
  ),
  probes: [...state.probes.values()],
  losses: Object.fromEntries(state.losses),
  mapFull: [...state.mapFull],
  imprecise: [...state.imprecise],
  ...(state.shared.size === 0 ? {} : { shared: Object.fromEntries(state.shared) }),
  ...(state.uncounted.size === 0 ? {} : { uncounted: uncountedOf(state) }),
  gaps: [...state.gaps],
  marks: [...state.marks],
  self: state.self,
  previousSelf: state.previousSelf,
  insight: insightSaid(state),
});

const uncountedOf = (state: SessionState): Record<string, number[]> =>
  Object.fromEntries(
    [...state.uncounted].map(([metric, { sinceUs, us }]) => [
      metric,
      sinceUs === null ? [us] : [us, sinceUs],
    ]),
  );

const beginAt = (header: HeaderRecord, bootUs: number, session: CheckpointSession): SessionState => {
  const { samples, counted } = session;
  const state: SessionState = {
    ...createState(header),
    samples,
    bootUs,
    previousBootUs: session.previousBootUs,
    epoch: session.epoch,
    counted,
    resumedBootUs: session.resumedBootUs,
    knownFrom: samples,
    told: session.insight,
    self: session.self,
    previousSelf: session.previousSelf,
  };
  state.others.processes = session.others.processes;
  fill(state.others.metrics, session.others.metrics);
  for (const [metric, amount] of Object.entries(session.totals))
    state.totals.set(metric, countFrom(amount, counted.sample));
  for (const [metric, [last = 0, total = 0, delta = 0]] of Object.entries(session.host)) {
    if (!state.metrics.has(metric)) continue;
    state.host.set(metric, { last, total, delta });
    state.hostHistory.set(
      metric,
      createRingAfter(samples - 1, SIGNAL_HISTORY_SAMPLES, blankOf(state, metric)),
    );
  }
  for (const probe of session.probes) state.probes.set(probe.id, probe);
  fill(state.losses, session.losses as Record<string, number>);
  for (const metric of session.mapFull) state.mapFull.add(metric);
  for (const metric of session.imprecise) state.imprecise.add(metric);
  fill(state.shared, session.shared ?? {});
  for (const [metric, [us = 0, sinceUs = null]] of Object.entries(session.uncounted ?? {}))
    state.uncounted.set(metric, { us, sinceUs });
  state.gaps.push(...session.gaps);
  state.marks.push(...session.marks);
  return state;
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
  const entities = part.entities.map((facts) => {
    const entity = createEntity(facts.pid, facts.startMs, facts.comm);
    entity.ppid = facts.ppid ?? null;
    entity.uid = facts.uid ?? null;
    entity.cmdline = facts.cmdline ?? null;
    entity.cgroup = facts.cgroup ?? null;
    entity.uncovered = facts.uncovered ?? {};
    entity.endedBootUs = facts.endedBootUs ?? null;
    if (facts.former === true) state.former.set(entity.id, entity);
    else state.owners.set(entity.pid, entity);
    return entity;
  });
  for (const [metric, entries] of Object.entries(part.counts)) {
    for (const [index = -1, ...amount] of entries)
      entities[index]?.counts.set(metric, createTally(countFrom(amount, state.counted.sample)));
  }
  for (const [metric, entries] of Object.entries(part.partial)) {
    for (const [index = -1, ...rest] of entries) {
      const entity = entities[index];
      const key = rest.slice(0, -1);
      if (entity === undefined || key.length === 0) continue;
      const byKey = entity.parts.get(metric) ?? new Map();
      byKey.set(key.join(','), { key, total: rest.at(-1) ?? 0, delta: 0, sample: NEVER });
      entity.parts.set(metric, byKey);
    }
  }
};

const restoreBaselines = (state: SessionState, parts: readonly CheckpointRecord[]): void => {
  const set = (metric: string, entry: readonly number[]): void => {
    const keys = keysOf(state.baselines, metric);
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

/** What the tracer counted, of processes and in all: cumulative values become growth (ledger.ts). */

import { MAX_UNDESCRIBED, PART_WEIGHT } from './bounds.ts';
import {
  addEarly,
  addTo,
  countEntity,
  type Entity,
  type Growing,
  growEntity,
  growIn,
  levelEntity,
  raiseEntity,
  zeroCount,
} from './entity.ts';
import { addToHistogram } from './histogram.ts';
import { type Account, accountOf, advance, keyOf } from './ledger.ts';
import { ownerOf } from './lives.ts';
import type { CounterEntry, SampleRecord } from './record.ts';
import { writeRing } from './ring.ts';
import { hasRoomForProcess, leaveOut, roomForCounts } from './room.ts';
import { type Early, historyRing, type SessionState } from './state.ts';
import { procStretchTo, procUsOf, type Stretch, stretchOf, stretchTo } from './stretch.ts';

export const foldCounters = (state: SessionState, record: SampleRecord, sample: number): void => {
  const { bootUs, counters } = record;
  state.read = { sample, bootUs, intervalUs: bootUs - Math.max(state.read.bootUs, state.resumedBootUs) };
  state.procUs = record.hostUs ?? bootUs;
  endStretches(state, record, sample);
  growByEarly(state, sample);
  const early: Early[] = [];
  const growing = { sample, trends: state.trends };
  for (const [metric, entries] of Object.entries(counters)) {
    const inTime = stretchOf(state, metric).sample === sample;
    foldCounter(state, metric, entries, { ...growing, early: inTime ? null : early });
  }
  if (early.length > 0) state.early = [...state.early, ...early];
};

/** What rates are of from this sample on, unless it came too soon. */
const endStretches = (state: SessionState, record: SampleRecord, sample: number): void => {
  const { header, resumedBootUs } = state;
  const to = (last: Stretch, bootUs: number): Stretch => ({
    sample,
    bootUs,
    // What comes first after a gap was partly counted before it ended, while one probe after the other attached: nobody
    // knows over which time, and divided by what is left of it, it would be a spike.
    intervalUs: last.bootUs < resumedBootUs ? 0 : bootUs - last.bootUs,
  });
  const counted = stretchTo(header, state.counted, to(state.counted, record.bootUs));
  if (counted === null) return;
  state.counted = counted;
  writeRing(state.countedUs, sample, counted.intervalUs);
  const procRead = procStretchTo(header, state.procRead, to(state.procRead, procUsOf(record)));
  if (procRead === null) return;
  state.procRead = procRead;
  writeRing(state.procReadUs, sample, procRead.intervalUs);
};

/** What came too soon for a rate of its own grew in the interval that ends with this sample, too. */
const growByEarly = (state: SessionState, sample: number): void => {
  const isOver = ({ metric }: Early): boolean => stretchOf(state, metric).sample === sample;
  state.carried = state.early.filter(isOver);
  state.early = state.early.filter((one) => !isOver(one));
  const growing = { sample, trends: state.trends };
  for (const { entity, metric, dims, delta } of state.carried) {
    growEntity(entity, metric, dims, delta, growing);
    const total = state.totals.get(metric);
    if (total === undefined) continue;
    growIn(total, delta, sample);
    writeRing(historyRing(state.totalHistory, metric, 0), sample, total.delta);
  }
};

/** A number that was counted before needs no room. */
const isHeld = ({ owners }: SessionState, keys: Account, metric: string, entry: CounterEntry): boolean =>
  keys.has(keyOf(entry)) ||
  // A level has no last reading to differ from.
  (entry.length === 2 && owners.get(entry[0] ?? -1)?.counts.has(metric) === true);

/** A damaged header lacks some; not as many as somebody may name. */
const isKnown = ({ metrics, baselines }: SessionState, metric: string): boolean =>
  metrics.has(metric) || baselines.has(metric) || baselines.size < metrics.size + MAX_UNDESCRIBED;

const NO_DIMS: readonly number[] = [];

/** `early` collects what comes too soon for a rate of its own; null when it does not. */
type Counting = Growing & { readonly early: Early[] | null };

const foldCounter = (
  state: SessionState,
  metric: string,
  entries: readonly CounterEntry[],
  growing: Counting,
): void => {
  const { sample, early } = growing;
  if (!isKnown(state, metric)) {
    leaveOut(state, entries.length);
    return;
  }
  const { kind, probe } = state.metrics.get(metric) ?? {};
  const histogram = state.histograms.get(metric);
  const keys = accountOf(state.baselines, metric);
  const weight = (entries[0]?.length ?? 0) > 2 ? PART_WEIGHT : 1;
  const keysBefore = keys.size;
  const mostKeys = keysBefore + roomForCounts(state) / weight;
  const total = state.totals.get(metric) ?? zeroCount();
  for (const entry of entries) {
    const pid = entry[0];
    const value = entry[entry.length - 1];
    // Nothing counts below zero; a damaged line may say so.
    if (pid === undefined || value === undefined || entry.length < 2 || !(value >= 0)) continue;
    if (keys.size >= mostKeys && !isHeld(state, keys, metric, entry)) {
      leaveOut(state);
      continue;
    }
    if (kind === 'gauge') {
      const entity = ownerOf(state, pid);
      if (entity === null) {
        leaveOut(state);
        continue;
      }
      const countsBefore = entity.counts.size;
      levelEntity(entity, metric, value, growing);
      state.held.counts += entity.counts.size - countsBefore;
      continue;
    }
    if (!state.owners.has(pid) && !hasRoomForProcess(state)) {
      leaveOut(state);
      continue;
    }
    const { delta, changed } = advance(keys, keyOf(entry), value);
    if (!changed) continue;
    const entity = ownerOf(state, pid) as Entity;
    if (kind === 'max') {
      raiseEntity(entity, metric, value, sample);
      continue;
    }
    const dims = entry.length === 2 ? NO_DIMS : entry.slice(1, -1);
    // Faults and the like show that it lives, not that it does what is looked for.
    if (probe !== 'host') entity.movedBootUs = state.bootUs;
    if (histogram !== undefined) addToHistogram(histogram, dims[0] ?? 0, delta);
    if (early === null) {
      countEntity(entity, metric, dims, delta, growing);
      addTo(total, delta, sample);
    } else {
      addEarly(entity, metric, dims, delta);
      total.total += delta;
      state.totals.set(metric, total);
      early.push({ entity, metric, dims, delta, sample });
    }
  }
  state.held.counts += weight * (keys.size - keysBefore);
  if (total.sample !== sample) return;
  state.totals.set(metric, total);
  writeRing(historyRing(state.totalHistory, metric, 0), sample, total.delta);
};

/** One record after another changes the state: `fold` is the whole meaning of the stream. */

import { MAX_PROBES } from './bounds.ts';
import { trimTrends } from './entity.ts';
import { foldCgroup, foldCgroups } from './fold-cgroups.ts';
import { foldCounters } from './fold-counters.ts';
import { foldDevices, restartDevices } from './fold-devices.ts';
import { foldHost } from './fold-host.ts';
import { foldExit, foldFiles, foldForget, foldProcess } from './lives.ts';
import { isWholeInterval } from './rate.ts';
import type { GapRecord, LossRecord, ProbeInUse, ProbeRecord, SampleRecord, StreamRecord } from './record.ts';
import { retireEnded } from './retire.ts';
import { writeRing } from './ring.ts';
import { leaveOut } from './room.ts';
import { MAX_GAPS, MAX_MARKS, type SessionState } from './state.ts';
import { ALL_METRICS, type Gap } from './trust.ts';

const TRIM_EVERY_SAMPLES = 60;

/** Applies one record, in place. Records must come in stream order. */
export const fold = (state: SessionState, record: StreamRecord): void => {
  count(state, record);
  settle(state, record);
};

/** The first half of `fold`: whoever watches a session looks at it now, while all that a sample counted is there. */
export const count = (state: SessionState, record: StreamRecord): void => {
  switch (record.type) {
    case 'sample':
      foldSample(state, record);
      break;
    case 'process':
      foldProcess(state, record);
      break;
    case 'files':
      foldFiles(state, record);
      break;
    case 'exit':
      foldExit(state, record);
      break;
    case 'forget':
      foldForget(state, record.pid);
      break;
    case 'cgroup':
      foldCgroup(state, record);
      break;
    case 'gap':
      foldGap(state, record);
      break;
    case 'loss':
      foldLoss(state, record);
      break;
    case 'probe':
      foldProbe(state, record);
      break;
    case 'mark':
      if (state.marks.length < MAX_MARKS) state.marks.push({ bootUs: record.bootUs, text: record.text });
      break;
    case 'trailer':
      state.ended = { bootUs: record.bootUs, reason: record.reason };
  }
};

/** The second half: after a sample, what the bounds on memory ask for. */
export const settle = (state: SessionState, { type }: StreamRecord): void => {
  if (type !== 'sample') return;
  if (state.samples % TRIM_EVERY_SAMPLES === 0) trim(state, state.samples - 1);
  retireEnded(state);
};

const foldSample = (state: SessionState, record: SampleRecord): void => {
  if (record.epoch !== state.epoch) {
    state.epoch = record.epoch;
    state.baselines.clear();
    restartDevices(state);
  }
  const sample = state.samples;
  state.samples += 1;
  foldSelf(state, record);
  state.previousBootUs = state.bootUs;
  state.bootUs = record.bootUs;
  writeRing(state.times, sample, record.bootUs);
  if (record.counted) {
    foldCounters(state, record, sample);
    foldDevices(state, record);
    state.waits = record.waits ?? null;
  }
  foldHost(state, record, sample);
  foldCgroups(state, record, sample);
};

/** Our own shares of time go back over a sample that came too soon, instead of resting on it. */
const foldSelf = (state: SessionState, { bootUs, self }: SampleRecord): void => {
  if (isWholeInterval(bootUs - state.bootUs, state.header)) {
    state.previousSelf = state.self;
    state.previousSelfUs = state.bootUs;
  }
  state.self = self;
};

const foldProbe = (state: SessionState, record: ProbeRecord): void => {
  const { type: _type, bootUs: _bootUs, ...probe } = record;
  if (!state.probes.has(probe.id) && state.probes.size >= MAX_PROBES) {
    leaveOut(state);
    return;
  }
  state.probes.set(probe.id, probe);
  foldUncounted(state, probe, record.bootUs);
  for (const [metric, why] of Object.entries(probe.estimated ?? {}))
    if (state.metrics.has(metric)) state.estimated.set(metric, why);
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

const foldGap = (state: SessionState, record: GapRecord): void => {
  if (state.gaps.length < MAX_GAPS) state.gaps.push(gapOf(record));
  if (record.unrecorded === 'past') return;
  state.resumedBootUs = record.bootUs;
  // It counts, but no interval is left that it could be the growth of.
  state.early = [];
};

export const gapOf = ({ bootUs, fromBootUs, reason, unrecorded }: GapRecord): Gap => ({
  fromBootUs,
  toBootUs: bootUs,
  reason,
  ...(unrecorded === undefined ? {} : { unrecorded }),
});

const foldLoss = (state: SessionState, record: LossRecord): void => {
  state.losses.set(record.kind, (state.losses.get(record.kind) ?? 0) + record.count);
  if (record.kind === 'unread-exit') state.doubtUs.set(ALL_METRICS, record.bootUs);
  if (record.metric === undefined || !state.metrics.has(record.metric)) return;
  if (record.kind === 'map-full') state.mapFull.add(record.metric);
  if (record.kind === 'imprecise') state.imprecise.add(record.metric);
  const sums = {
    'shared-steps': state.shared,
    'over-steps': state.over,
    'least-steps': state.least,
    'unseen-program': state.unseen,
    'missed-runs': state.missed,
  };
  const sum = record.kind in sums ? sums[record.kind as keyof typeof sums] : undefined;
  if (sum === undefined) return;
  sum.set(record.metric, (sum.get(record.metric) ?? 0) + record.count);
  state.doubtUs.set(record.metric, record.bootUs);
};

const trim = (state: SessionState, sample: number): void => {
  for (const entity of state.owners.values()) trimTrends(entity, sample, state.trends);
  for (const entity of state.former.values()) trimTrends(entity, sample, state.trends);
};

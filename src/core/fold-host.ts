/** What the host's own counters and gauges read. */

import { MAX_HISTORIES } from './bounds.ts';
import { hostStep } from './ledger.ts';
import type { SampleRecord } from './record.ts';
import { createRingAfter, writeRing } from './ring.ts';
import { historyRing, type SessionState, SIGNAL_HISTORY_SAMPLES } from './state.ts';
import { stretchTo } from './stretch.ts';

export const foldHost = (
  state: SessionState,
  { hostUs, bootUs, host }: SampleRecord,
  sample: number,
): void => {
  const readUs = hostUs ?? bootUs;
  const intervalUs = readUs - state.hostRead.bootUs;
  const hostRead = stretchTo(state.header, state.hostRead, { sample, bootUs: readUs, intervalUs });
  if (hostRead !== null) {
    state.hostRead = hostRead;
    writeRing(state.hostUs, sample, hostRead.intervalUs);
  }
  const inTime = hostRead !== null;
  const at = { sample, inTime };
  for (const reading of state.host.values()) reading.came = 0;
  for (const [metric, value] of Object.entries(host)) foldReading(state, metric, value, at);
  writeLevels(state, host, at);
};

const foldReading = (
  state: SessionState,
  metric: string,
  value: number,
  { sample, inTime }: { readonly sample: number; readonly inTime: boolean },
): void => {
  // A past is kept for each: only for those that the header describes, which are bounded.
  if (!state.metrics.has(metric)) return;
  const reading = state.host.get(metric);
  const isCounter = state.metrics.get(metric)?.kind === 'counter';
  if (reading === undefined) {
    state.host.set(metric, { last: value, total: 0, delta: 0, came: 0, early: 0 });
    // There is nothing to differ from yet; from here on, what is not mentioned did not move.
    if (isCounter && state.hostHistory.size < MAX_HISTORIES)
      state.hostHistory.set(metric, createRingAfter(sample, SIGNAL_HISTORY_SAMPLES, 0));
    return;
  }
  const { delta, last } = hostStep(reading.last, value);
  reading.total += delta;
  reading.came = delta;
  reading.last = isCounter ? last : value;
  if (!inTime) {
    reading.early += delta;
    return;
  }
  reading.delta = delta + reading.early;
  reading.early = 0;
  if (isCounter) writeRing(historyRing(state.hostHistory, metric, 0), sample, reading.delta);
};

/** Gauges that did not change still have a level; counters that did not change had no delta. */
const writeLevels = (
  state: SessionState,
  host: SampleRecord['host'],
  { sample, inTime }: { readonly sample: number; readonly inTime: boolean },
): void => {
  for (const [metric, reading] of state.host) {
    if (state.metrics.get(metric)?.kind === 'counter') {
      if (!inTime || Object.hasOwn(host, metric)) continue;
      const ring = state.hostHistory.get(metric);
      reading.delta = reading.early;
      if (reading.early > 0 && ring !== undefined) writeRing(ring, sample, reading.early);
      reading.early = 0;
    } else {
      writeRing(historyRing(state.hostHistory, metric, Number.NaN), sample, reading.last);
    }
  }
};

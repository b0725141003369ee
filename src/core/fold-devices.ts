/** What the tracer counted of each device (device-calls.ts). */
import { callsOf, type DeviceCalls } from './device-calls.ts';
import { addToHistogram, LAST_BUCKET } from './histogram.ts';
import type { SampleRecord } from './record.ts';
import { leaveOut } from './room.ts';
import type { SessionState } from './state.ts';

export const foldDevices = (state: SessionState, { deviceCounters = {} }: SampleRecord): void => {
  for (const [metric, entries] of Object.entries(deviceCounters)) {
    const known = state.devices.get(metric);
    if (known === undefined) continue;
    for (const [device = 0, log2 = 0, value = 0] of entries) {
      const bucket = Math.min(Math.max(0, Math.trunc(log2)), LAST_BUCKET);
      const one = callsOf(known, device);
      if (one === null) leaveOut(state);
      else count(one, bucket, value);
    }
  }
};

/** A reading below the last is of a key that counts from zero again. Nothing counts below zero; a damaged line may say so. */
const count = ({ calls, last }: DeviceCalls, bucket: number, value: number): void => {
  if (!(value >= 0)) return;
  const before = last[bucket] ?? 0;
  addToHistogram(calls, bucket, value >= before ? value - before : value);
  addToHistogram(last, bucket, value - before);
};

/** Another tracer counts from zero. */
export const restartDevices = ({ devices }: SessionState): void => {
  for (const known of devices.values()) for (const { last } of known.values()) last.length = 0;
};

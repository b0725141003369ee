/** What control groups read, and which of them there are. */

import { MAX_CGROUPS } from './bounds.ts';
import { createCgroup } from './cgroup.ts';
import type { HostReading } from './host-reading.ts';
import { hostStep } from './ledger.ts';
import type { CgroupRecord, SampleRecord } from './record.ts';
import { leaveOut } from './room.ts';
import type { SessionState } from './state.ts';

/** Of those that ended. */
const MAX_ENDED = 200;

export const foldCgroup = (state: SessionState, record: CgroupRecord): void => {
  const { cgroups } = state;
  const { type: _type, bootUs, ended, ...facts } = record;
  const known = cgroups.get(facts.id);
  if (known === undefined && cgroups.size >= MAX_CGROUPS) {
    leaveOut(state);
    return;
  }
  const cgroup = { ...createCgroup(facts), readings: known?.readings ?? new Map() };
  if (ended === true) cgroup.endedBootUs = bootUs;
  // Whoever holds on to it (a finding) holds on to the same one.
  cgroups.set(facts.id, known === undefined ? cgroup : Object.assign(known, cgroup));
  const over = [...cgroups.values()].filter(({ endedBootUs }) => endedBootUs !== null);
  for (const { id } of over.slice(0, Math.max(0, over.length - MAX_ENDED))) cgroups.delete(id);
};

/** After the host: its growth is of the same stretch of time. */
export const foldCgroups = (state: SessionState, { cgroups = {} }: SampleRecord, sample: number): void => {
  const inTime = state.hostRead.sample === sample;
  for (const { readings } of state.cgroups.values()) {
    for (const reading of readings.values()) {
      reading.came = 0;
      if (!inTime) continue;
      reading.delta = reading.early;
      reading.early = 0;
    }
  }
  for (const [metric, entries] of Object.entries(cgroups)) {
    const kind = state.metrics.get(metric)?.kind;
    if (kind === undefined) continue;
    for (const [id = 0, value = 0] of entries) {
      const cgroup = state.cgroups.get(id);
      if (cgroup !== undefined) foldReading(cgroup.readings, metric, value, { kind, inTime });
    }
  }
};

const foldReading = (
  readings: Map<string, HostReading>,
  metric: string,
  value: number,
  { kind, inTime }: { readonly kind: string; readonly inTime: boolean },
): void => {
  const reading = readings.get(metric);
  if (reading === undefined) {
    readings.set(metric, { last: value, total: 0, delta: 0, came: 0, early: 0 });
    return;
  }
  const { delta, last } = hostStep(reading.last, value);
  reading.last = kind === 'counter' ? last : value;
  if (kind !== 'counter') return;
  reading.total += delta;
  reading.came = delta;
  if (inTime) reading.delta += delta;
  else reading.early += delta;
};

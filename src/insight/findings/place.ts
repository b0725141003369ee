/**
 * What can fail that is neither a process nor a control group: a block device, a function of the kernel in which
 * threads wait, and the CPUs, with the program that keeps them busy (programs.ts). Their measures are made of what the host
 * and the probes count.
 *
 * Of a device: `device.requests` (reads, writes, discards and flushes completed), `device.bytes`, `device.busy_ms` and
 * `device.busy_s` (with a request in flight), `device.queue_ms` (of all requests in flight, summed), `device.discards`, and beside them
 * `device.all_queue_ms` (of all devices) and `device.elsewhere_ms` (busy time of others that are disks of their own).
 *
 * Of a wait channel: `waits.threads` (level), and `waits.ns` and `waits.io_ns`, the time in uninterruptible sleep of the
 * processes that are listed there, and of it that for block I/O, where that is distinguished.
 */
import type { Measure, PlaceKind } from './signature.ts';

export type Place = { readonly kind: PlaceKind; readonly name: string };

export type PlaceReading = {
  readonly place: Place;
  /** Metric to rate per second, smoothed; of a level as it is. */
  readonly rates: Map<string, number>;
  /** What this tick counted. */
  readonly now: Map<string, number>;
  /** Processes known to wait there. */
  pids: readonly number[];
};

const SILENT_PER_SECOND = 1e-6;

export const keyOf = ({ kind, name }: Place): string => `${kind} ${name}`;

/** A measure of one place; NaN when it cannot be said. */
export const ofPlace = (rates: ReadonlyMap<string, number>, measure: Measure): number => {
  if (measure.kind === 'rise') return Number.NaN;
  if (measure.kind !== 'ratio') return rates.get(measure.metric) ?? Number.NaN;
  const per = rates.get(measure.per) ?? 0;
  return per > SILENT_PER_SECOND ? (rates.get(measure.metric) ?? Number.NaN) / per : Number.NaN;
};

/** Stands on another that shows the same, or carries nothing by itself. */
const STACKED = /^(?:dm-|md|loop|zram|ram|bcache|drbd)\d/;

export const isStacked = ({ kind, name }: Place): boolean => kind === 'device' && STACKED.test(name);

/**
 * How long each request took in a device, whoever asked for it. There are as many of these as there are devices, and not as
 * many as there are processes: the kernel's keys need not go when a process does.
 */
import { deviceName } from './device.ts';
import type { Histogram } from './histogram.ts';
import type { Snapshot } from './snapshot.ts';

/** Devices with a histogram, of each metric: no host has as many; a damaged line may name any. */
export const MAX_DEVICES = 512;

/** Of one metric and one device: calls by bucket, and by bucket the last reading, which the next is compared with. */
export type DeviceCalls = { readonly calls: number[]; readonly last: number[] };

/** Of this device, made when it is new; null where there is no room for another. */
export const callsOf = (known: Map<number, DeviceCalls>, device: number): DeviceCalls | null => {
  const one = known.get(device);
  if (one !== undefined) return one;
  if (known.size >= MAX_DEVICES) return null;
  const fresh: DeviceCalls = { calls: [], last: [] };
  known.set(device, fresh);
  return fresh;
};

/** The devices of a metric that counts by device, as the host names them. */
export const namedDevices = (
  { devices, header }: Pick<Snapshot, 'devices' | 'header'>,
  metric: string,
): readonly { readonly name: string; readonly histogram: Histogram }[] =>
  (devices?.[metric] ?? []).map(({ device, histogram }) => ({
    name: deviceName(header.host.devices ?? [], device),
    histogram,
  }));

/**
 * How long each request took in a device, whoever asked for it. There are as many of these as there are devices, and not as
 * many as there are processes: the kernel's keys need not go when a process does.
 */
import type { Histogram } from './histogram.ts';

/** Devices with a histogram, of each metric: no host has as many; a damaged line may name any. */
export const MAX_DEVICES = 512;

/** Of one metric and one device: calls by bucket, and by bucket the last reading, which the next is compared with. */
export type DeviceCalls = { readonly calls: number[]; readonly last: number[] };

/** What a snapshot has of a metric: the number of a device, and its calls. */
export type OfDevice = { readonly device: number; readonly histogram: Histogram };

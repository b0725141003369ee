/**
 * A time namespace shifts the clocks that its processes see: CLOCK_BOOTTIME and CLOCK_MONOTONIC, /proc/uptime, and the
 * start times in /proc/PID/stat. The kernel's own clock, by which bpftrace stamps, is not shifted. Everything that is
 * read of these is shifted back, so that there is one clock: the kernel's.
 */
import { type HostFiles, oncePerHost } from './files.ts';

export type TimeShift = { readonly monotonicUs: number; readonly bootUs: number };

/** `boottime 500 0`: seconds and nanoseconds by which the clock here is ahead of the kernel's. */
export const parseTimeShift = (text: string): TimeShift => {
  const shiftOf = (clock: string): number => {
    const [, seconds, nanoseconds] = new RegExp(`^${clock}\\s+(-?\\d+)\\s+(\\d+)$`, 'm').exec(text) ?? [];
    return Number(seconds ?? 0) * 1e6 + Number(nanoseconds ?? 0) / 1e3;
  };
  return { monotonicUs: shiftOf('monotonic'), bootUs: shiftOf('boottime') };
};

const NO_SHIFT: TimeShift = { monotonicUs: 0, bootUs: 0 };

/** The file names the namespace that our children will be in; it is ours too unless we have just made it for them. */
const readTimeShift = (files: HostFiles): TimeShift => {
  const own = files.link('/proc/self/ns/time');
  if (own === null || own !== files.link('/proc/self/ns/time_for_children')) return NO_SHIFT;
  return parseTimeShift(files.text('/proc/self/timens_offsets') ?? '');
};

/** It does not change: a time namespace is entered before a program starts. */
export const timeShiftOf = oncePerHost(readTimeShift);

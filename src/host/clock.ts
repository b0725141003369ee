/**
 * The clock of a session: CLOCK_BOOTTIME, in which bpftrace stamps events (`nsecs`), /proc gives start times, and
 * which goes on while the machine is suspended. Node cannot read it, only CLOCK_MONOTONIC (`process.hrtime`), which
 * stands still then. The two differ by the time spent suspended since boot, and that is found here.
 *
 * /proc/uptime shows boot time cut to 10 ms. On a machine that never was suspended the difference is exactly zero,
 * so zero is assumed until /proc/uptime contradicts it, and the clock is as exact as hrtime. Then the edge of a
 * 10 ms step is awaited once, which fixes the difference to the time of one read (tens of µs, more on a busy
 * machine). The difference is checked every second and whenever the wall clock leaps against hrtime: at the first
 * reading after a resume.
 *
 * Never goes back. In a time namespace it is the kernel's boot time all the same, as are bpftrace's stamps.
 */
import type { Clock } from '../session/ports.ts';
import type { HostFiles } from './files.ts';
import { timeShiftOf } from './time-namespace.ts';

/** What the clock is made of; others in tests. */
export type ClockReaders = {
  readonly monotonicUs: () => number;
  /** Boot time cut to 10 ms, null where it cannot be read. */
  readonly uptimeUs: () => number | null;
  readonly realMs: () => number;
};

export const createBootClock = (readers: ClockReaders): Clock => {
  const { monotonicUs, realMs } = readers;
  let suspendedUs = 0;
  let checkedUs = Number.NEGATIVE_INFINITY;
  let wallAheadUs = 0;
  let latestUs = 0;

  const check = (nowUs: number, aheadUs: number): void => {
    suspendedUs = suspendedTime(readers, suspendedUs);
    checkedUs = nowUs;
    wallAheadUs = aheadUs;
  };

  return {
    bootUs: () => {
      const nowUs = monotonicUs();
      const aheadUs = realMs() * 1000 - nowUs;
      const leapt = Math.abs(aheadUs - wallAheadUs) > LEAP_US;
      if (leapt || nowUs - checkedUs > CHECK_EVERY_US) check(nowUs, aheadUs);
      latestUs = Math.max(latestUs, Math.round(monotonicUs() + suspendedUs));
      return latestUs;
    },
    realMs,
  };
};

/** `1717.52 3272.44` (uptime and idle time in seconds): the first, in µs. */
export const parseUptime = (text: string): number | null => {
  const [, seconds, hundredths] = /^(\d+)\.(\d\d) /.exec(text) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1_000_000 + Number(hundredths) * UPTIME_STEP_US;
};

const UPTIME_STEP_US = 10_000;
const CHECK_EVERY_US = 1_000_000;
const LEAP_US = 50_000;
/** An edge comes every 10 ms; a clock that shows none for as many reads is not one to wait for. */
const MAX_EDGE_READS = 20_000;

/** The clock of the host that we run on, which these are the files of. */
export const createSystemClock = (files: HostFiles): Clock => {
  const shift = timeShiftOf(files);
  return createBootClock({
    monotonicUs: () => Number(process.hrtime.bigint() / 1000n) - shift.monotonicUs,
    uptimeUs: () => {
      const uptimeUs = parseUptime(files.text('/proc/uptime') ?? '');
      return uptimeUs === null ? null : uptimeUs - shift.bootUs;
    },
    realMs: () => Date.now(),
  });
};

/** How far boot time is ahead of monotonic time: what was held true if it still fits, else measured. */
function suspendedTime(readers: ClockReaders, heldUs: number): number {
  const beforeUs = readers.monotonicUs();
  const uptimeUs = readers.uptimeUs();
  if (uptimeUs === null) return heldUs;
  const leastUs = uptimeUs - readers.monotonicUs();
  const mostUs = uptimeUs + UPTIME_STEP_US - beforeUs;
  if (leastUs <= heldUs && heldUs <= mostUs) return heldUs;
  return measureAtEdge(readers, uptimeUs) ?? Math.round((leastUs + mostUs) / 2);
}

/** When /proc/uptime steps, boot time was what it now shows at some instant between the last two reads. */
function measureAtEdge({ monotonicUs, uptimeUs }: ClockReaders, shownUs: number): number | null {
  let beforeUs = monotonicUs();
  for (let reads = 0; reads < MAX_EDGE_READS; reads += 1) {
    const nextUs = uptimeUs();
    const afterUs = monotonicUs();
    if (nextUs !== null && nextUs !== shownUs) return Math.round(nextUs - (beforeUs + afterUs) / 2);
    beforeUs = afterUs;
  }
  return null;
}

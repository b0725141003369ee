// Where the time of a process goes, as the tool counted it, beside the kernel's own accounts of the same process: its
// schedstat, its delay accounting, and the clock around what it waited for. Pure.
import { timeBetween } from './claims.mjs';

/** Of all the time its threads lived, by which a share may be wrong. */
const TOLERANCE = 0.02;
/** The kernel gives CPU time and delays of block I/O in such steps. */
const TICK_NS = 1e7;

/**
 * @param account what `shares` printed of itself
 * @param counted (metric) => what the summary says of it
 */
export const shareClaims = (account, counted) => {
  const cpuNs = counted('proc.cpu_ms') * 1e6;
  const waitNs = counted('proc.cpu_wait_ns');
  const blockedNs = counted('blocked.ns');
  const ioNs = counted('blocked.io_ns');
  const lockNs = blockedNs - ioNs;
  // Without delay accounting nobody else says how much of its reading it waited.
  const ioWitnessNs = account.ticks < 0 ? ioNs : account.ticks * TICK_NS;
  const marginNs = TOLERANCE * account.wall + TICK_NS;
  const around = (metric, witnessNs, countedNs, of) =>
    timeBetween(metric, Math.max(0, witnessNs - marginNs), witnessNs + marginNs, countedNs, of);
  const restNs = account.wall - account.cpu - account.delay - ioWitnessNs;
  return [
    around('running', account.cpu, cpuNs, 'schedstat, within 2 % of its threads’ life'),
    around('waiting for a CPU', account.delay, waitNs, 'schedstat, within 2 %'),
    timeBetween(
      'blocked, no I/O',
      account.naps,
      // Its file system, too, may have it wait for something that is no I/O of its own.
      account.blocked + marginNs,
      lockNs,
      'what its children slept, to the clock around vfork and 2 %',
    ),
    account.ticks < 0
      ? timeBetween('blocked for I/O', 1, account.io, ioNs, 'up to the clock around its reads')
      : around('blocked for I/O', ioWitnessNs, ioNs, 'delay accounting, within 2 %'),
    timeBetween(
      'asleep: the rest',
      restNs - account.blocked - marginNs,
      restNs - account.naps + marginNs,
      account.wall - cpuNs - waitNs - blockedNs,
      'what those accounts leave, within 2 %',
    ),
  ];
};

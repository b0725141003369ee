// Where the time of a process goes, as the tool counted it, beside the kernel's own accounts of the same process: its
// schedstat, its delay accounting, and the clock around what it waited for. Pure, for guests and for this host.
import { exactly, timeBetween } from './claims.mjs';

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
  const around = (metric, witnessNs, countedNs, of) => {
    const marginNs = TOLERANCE * account.wall + TICK_NS;
    return timeBetween(metric, Math.max(0, witnessNs - marginNs), witnessNs + marginNs, countedNs, of);
  };
  const restNs = (cpu, wait, blocked) => account.wall - cpu - wait - blocked;
  // Without delay accounting nobody else says how much of its reading it waited.
  const blocked = account.blocked + (account.ticks < 0 ? ioNs : account.ticks * TICK_NS);
  return [
    around('running', account.cpu, cpuNs, 'schedstat, within 2 % of its threads’ life'),
    around('waiting for a CPU', account.delay, waitNs, 'schedstat, within 2 %'),
    timeBetween(
      'blocked, no I/O',
      0.8 * account.blocked,
      1.02 * account.blocked + TICK_NS,
      lockNs,
      'the clock around vfork',
    ),
    ...(account.ticks < 0
      ? [timeBetween('blocked for I/O', 1, account.io, ioNs, 'up to the clock around its reads')]
      : [around('blocked for I/O', account.ticks * TICK_NS, ioNs, 'delay accounting, within 2 %')]),
    around(
      'asleep: the rest',
      restNs(account.cpu, account.delay, blocked),
      restNs(cpuNs, waitNs, blockedNs),
      'what the kernel’s accounts leave, within 2 %',
    ),
    exactly('no share is negative', 0, [cpuNs, waitNs, lockNs, ioNs].filter((ns) => ns < 0).length),
  ];
};

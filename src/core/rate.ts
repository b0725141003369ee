/**
 * Where growth becomes a rate, for every view and for insight. Readings can come close to each other: after one that was
 * late the next is in time again. What grew between them is known, but not the time it took: a few ms of delay stand for
 * half of such an interval. So nothing is divided by less than half of the interval asked for; a reading so soon after
 * the last counts at once, and its growth belongs to the rate of the next one.
 */
import type { HeaderRecord } from './record.ts';

export const isWholeInterval = (us: number, { intervalMs }: Pick<HeaderRecord, 'intervalMs'>): boolean =>
  us > 0 && us >= intervalMs * 500;

/** Per second; NaN when no time is known that it took. */
export const rateOf = (
  delta: number,
  intervalUs: number,
  mostPerSecond: number = Number.POSITIVE_INFINITY,
): number => (intervalUs > 0 ? Math.min((delta * 1e6) / intervalUs, mostPerSecond) : Number.NaN);

/** Shares of time, each in its own unit a second: a device, a CPU and a stall have no more of it than there is. */
const FULL_TIME: readonly {
  /** Asked for every rate there is: a pattern would take most of its time. */
  readonly isOf: (metric: string) => boolean;
  readonly perSecond: number;
  readonly ofEachCpu?: true;
}[] = [
  { isOf: (metric) => metric.startsWith('psi.'), perSecond: 1e6 },
  { isOf: (metric) => metric.startsWith('disk.') && metric.endsWith('.busy_ms'), perSecond: 1000 },
  { isOf: (metric) => TIME_ON_CPUS.has(metric), perSecond: 1000, ofEachCpu: true },
];

const TIME_ON_CPUS: ReadonlySet<string> = new Set([
  'cpu.busy_ms',
  'cpu.iowait_ms',
  'cpu.steal_ms',
  'proc.cpu_ms',
]);

/**
 * What the kernel reads out is a little late or early against the clock: over one interval it could come out as more
 * than all of the time.
 */
export const mostPerSecond = (
  metric: string,
  { host: { cpus } }: { readonly host: Pick<HeaderRecord['host'], 'cpus'> },
): number => {
  const full = FULL_TIME.find(({ isOf }) => isOf(metric));
  if (full === undefined) return Number.POSITIVE_INFINITY;
  if (full.ofEachCpu !== true) return full.perSecond;
  return cpus > 0 ? full.perSecond * cpus : Number.POSITIVE_INFINITY;
};

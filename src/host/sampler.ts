/**
 * The host sample: what /proc and /sys say about the whole machine, without BPF and without root. Its metrics stand
 * in the header of a session, so they are settled when the sampler is made: what this kernel has, the disks that did
 * I/O, the XFS file systems mounted by then. A device that appears later is not in the session; one that goes away
 * is absent from then on.
 *
 * `read` is synchronous and short (0.4 ms for 112 metrics on a machine of 2 CPUs), so that all numbers of a sample belong to one
 * moment. It never throws: a file that cannot be read gives no numbers. Counters the kernel keeps in 32 bits are
 * carried on beyond that; one that was cleared by hand goes on from where it stood.
 */
import { join } from 'node:path';
import type { MetricDescriptor } from '../core/metric.ts';
import { ROOTS, type Roots, readText } from './files.ts';
import { buddyinfo } from './proc/buddyinfo.ts';
import { diskstats } from './proc/diskstats.ts';
import { loadavg } from './proc/loadavg.ts';
import { meminfo } from './proc/meminfo.ts';
import { pressure } from './proc/pressure.ts';
import type { HostMetric, HostSource } from './proc/source.ts';
import { stat } from './proc/stat.ts';
import { vmstat } from './proc/vmstat.ts';
import { xfsMounts } from './proc/xfs.ts';
import { zoneinfo } from './proc/zoneinfo.ts';

export type HostSampler = {
  readonly metrics: readonly MetricDescriptor[];
  /** Metric id to value: cumulative since boot for counters, the level for gauges. Only ids of `metrics`. */
  read(): Record<string, number>;
};

export const createHostSampler = (options: { readonly roots?: Partial<Roots> } = {}): HostSampler => {
  const roots = { ...ROOTS, ...options.roots };
  const sources = sourcesAt(roots).map((source) => {
    const path = join(roots[source.root], source.path);
    return { path, parse: source.parse, metrics: source.describe(source.parse(readText(path) ?? '')) };
  });
  const carries = new Map(
    sources
      .flatMap(({ metrics }) => metrics.filter(({ wraps32 }) => wraps32 === true))
      .map(({ id }) => [id, createCarry()]),
  );
  return {
    metrics: sources.flatMap(({ metrics }) => metrics.map(descriptorOf)),
    read: () => {
      const sample: Record<string, number> = {};
      for (const { path, parse, metrics } of sources) {
        if (metrics.length === 0) continue;
        const text = readText(path);
        if (text === null) continue;
        const values = parse(text);
        for (const { id } of metrics) {
          const value = values[id];
          if (value !== undefined) sample[id] = carries.get(id)?.(value) ?? value;
        }
      }
      return sample;
    },
  };
};

const sourcesAt = ({ sys }: Roots): readonly HostSource[] => [
  loadavg,
  stat,
  pressure('cpu'),
  pressure('io'),
  pressure('memory'),
  meminfo,
  vmstat,
  zoneinfo,
  buddyinfo,
  diskstats(sys),
  ...xfsMounts(sys),
];

const descriptorOf = ({ wraps32: _, ...metric }: HostMetric): MetricDescriptor => ({
  ...metric,
  probe: 'host',
  scope: 'host',
});

const WRAP = 2 ** 32;

/**
 * Turns readings modulo 2³² into a count that only grows. A fall is a wrap when that makes the smaller step, and
 * otherwise a counter set back to zero, of which everything is new.
 */
export const createCarry = (): ((reading: number) => number) => {
  let last: number | null = null;
  let total = 0;
  return (reading) => {
    const step = reading - (last ?? 0);
    const wrapped = step + WRAP;
    if (step >= 0) total += step;
    else total += wrapped < WRAP / 2 ? wrapped : reading;
    last = reading;
    return total;
  };
};

/**
 * The host sample: what /proc and /sys say about the whole machine, without BPF and without root. Its metrics stand
 * in the header of a session, so they are settled when the sampler is made: what this kernel has, the disks that did
 * I/O, the network interfaces that carried anything, the XFS file systems mounted by then. A device that appears later is not in the session; one that goes away
 * is absent from then on.
 *
 * `read` is synchronous and short (0.4 ms for 112 metrics on a machine of 2 CPUs), so that all numbers of a sample belong to one
 * moment. It never throws: a file that cannot be read gives no numbers. Counters the kernel keeps in 32 bits are
 * carried on beyond that; one that was cleared by hand goes on from where it stood.
 */
import type { MetricDescriptor } from '../core/metric.ts';
import type { HostFiles } from './files.ts';
import { buddyinfo } from './proc/buddyinfo.ts';
import { diskstats } from './proc/diskstats.ts';
import { loadavg } from './proc/loadavg.ts';
import { meminfo } from './proc/meminfo.ts';
import { netDev, netSnmp, netStat } from './proc/net.ts';
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

export const createHostSampler = (files: HostFiles): HostSampler => {
  const sources = sourcesOf(files).map(({ path, parse, describe }) => ({
    path,
    parse,
    metrics: describe(parse(files.text(path) ?? '')),
  }));
  const carries = new Map(
    sources
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ id, wraps32 }) =>
        wraps32 === undefined ? [] : [[id, createCarry(wraps32.mostPerSecond)]],
      ),
  );
  return {
    metrics: sources.flatMap(({ metrics }) => metrics.map(descriptorOf)),
    read: () => {
      const sample: Record<string, number> = {};
      const nowMs = performance.now();
      for (const { path, parse, metrics } of sources) {
        if (metrics.length === 0) continue;
        const text = files.text(path);
        if (text === null) continue;
        const values = parse(text);
        for (const { id } of metrics) {
          const value = values[id];
          if (value !== undefined) sample[id] = carries.get(id)?.(value, nowMs) ?? value;
        }
      }
      return sample;
    },
  };
};

const sourcesOf = (files: HostFiles): readonly HostSource[] => [
  loadavg,
  stat,
  pressure('cpu'),
  pressure('io'),
  pressure('memory'),
  meminfo,
  vmstat,
  zoneinfo,
  buddyinfo,
  diskstats(files),
  netDev(files),
  netSnmp,
  netStat,
  ...xfsMounts(files),
];

const descriptorOf = ({ wraps32: _, ...metric }: HostMetric): MetricDescriptor => ({
  ...metric,
  probe: 'host',
  scope: 'host',
});

const WRAP = 2 ** 32;

/** Two readings are not quite as far apart as their times say. */
const SLACK_MS = 1_000;

/**
 * Turns readings modulo 2³² into a count that only grows. A fall is a wrap when the counter can have moved that far in
 * the time between the readings, and otherwise a counter set back to zero, of which everything is new.
 */
export const createCarry = (mostPerSecond: number): ((reading: number, nowMs: number) => number) => {
  let last: { readonly reading: number; readonly atMs: number } | null = null;
  let total = 0;
  return (reading, nowMs) => {
    const step = reading - (last?.reading ?? 0);
    const most = ((nowMs - (last?.atMs ?? nowMs) + SLACK_MS) / 1_000) * mostPerSecond;
    if (step >= 0) total += step;
    else total += step + WRAP <= most ? step + WRAP : reading;
    last = { reading, atMs: nowMs };
    return total;
  };
};

/** What tracing costs by itself: our time and memory, the tracer's, and what its kernel maps hold. */
import type { SelfCost } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';

const MAP_BYTES_EVERY_SAMPLES = 10;

export type SelfMeter = {
  /** Called once for each sample. */
  read(tracerPid: number | null): SelfCost;
};

export const createSelfMeter = (host: Pick<HostPort, 'cost' | 'mapBytes'>): SelfMeter => {
  let reads = 0;
  let mapBytes = 0;
  return {
    read: (pid) => {
      const own = process.cpuUsage();
      const traced = pid === null ? null : host.cost(pid);
      if (reads % MAP_BYTES_EVERY_SAMPLES === 0) mapBytes = pid === null ? 0 : host.mapBytes(pid);
      reads += 1;
      return {
        cpuMs: Math.round((own.user + own.system) / 1000),
        rssBytes: process.memoryUsage.rss(),
        tracerCpuMs: traced?.cpuMs ?? 0,
        tracerRssBytes: traced?.rssBytes ?? 0,
        mapBytes,
      };
    },
  };
};

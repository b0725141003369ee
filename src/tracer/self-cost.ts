/** What tracing costs by itself: our time and memory, and the tracer's. */
import type { SelfCost } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';

export const readSelfCost = (
  host: Pick<HostPort, 'cost'>,
  tracerPid: number | null,
): Omit<SelfCost, 'mapBytes'> => {
  const own = process.cpuUsage();
  const traced = tracerPid === null ? null : host.cost(tracerPid);
  return {
    cpuMs: Math.round((own.user + own.system) / 1000),
    rssBytes: process.memoryUsage.rss(),
    tracerCpuMs: traced?.cpuMs ?? 0,
    tracerRssBytes: traced?.rssBytes ?? 0,
  };
};

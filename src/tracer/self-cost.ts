/** What tracing costs by itself: our time and memory, and the tracer's. */
import type { SelfCost } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';

export const readSelfCost = (
  host: Pick<HostPort, 'cost' | 'ownCost'>,
  tracerPid: number | null,
): Omit<SelfCost, 'mapBytes'> => {
  const own = host.ownCost?.() ?? costOfUs();
  const traced = tracerPid === null ? null : host.cost(tracerPid);
  return {
    ...own,
    tracerCpuMs: traced?.cpuMs ?? 0,
    tracerRssBytes: traced?.rssBytes ?? 0,
  };
};

const costOfUs = (): { readonly cpuMs: number; readonly rssBytes: number } => {
  const { user, system } = process.cpuUsage();
  return { cpuMs: Math.round((user + system) / 1000), rssBytes: process.memoryUsage.rss() };
};

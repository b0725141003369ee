/** What tracing costs by itself: our time and memory, and the tracer's. */
import type { SelfCost } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';

export type SelfCostReader = (tracerPid: number | null) => Omit<SelfCost, 'mapBytes'>;

/** What a tracer took it has taken, also when it has ended: the last sample comes after its end. */
export const createSelfCost = (host: Pick<HostPort, 'cost' | 'ownCost'>): SelfCostReader => {
  let last: { readonly pid: number | null; readonly cpuMs: number } = { pid: null, cpuMs: 0 };
  return (tracerPid) => {
    const own = host.ownCost?.() ?? costOfUs();
    const traced = tracerPid === null ? null : host.cost(tracerPid);
    if (traced !== null) last = { pid: tracerPid, cpuMs: traced.cpuMs };
    const isAnother = tracerPid !== null && tracerPid !== last.pid;
    return {
      ...own,
      tracerCpuMs: isAnother ? 0 : last.cpuMs,
      tracerRssBytes: traced?.rssBytes ?? 0,
    };
  };
};

const costOfUs = (): { readonly cpuMs: number; readonly rssBytes: number } => {
  const { user, system } = process.cpuUsage();
  return { cpuMs: Math.round((user + system) / 1000), rssBytes: process.memoryUsage.rss() };
};

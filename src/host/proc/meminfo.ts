import { wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, presentIn } from './source.ts';

/** Field of /proc/meminfo, metric id, label, what it is, lane. */
const TABLE = [
  ['MemFree', 'mem.free', 'mem free', 'Unused memory'],
  [
    'MemAvailable',
    'mem.available',
    'mem available',
    'Memory new work could have without swapping, estimated',
  ],
  ['Cached', 'mem.cached', 'page cache', 'File contents held in memory, shared memory included', true],
  ['AnonPages', 'mem.anon', 'anon memory', 'Memory of processes without a file behind it'],
  ['Shmem', 'mem.shmem', 'shmem', 'Shared memory and tmpfs'],
  ['Active(file)', 'mem.active_file', 'active file', 'Page cache the kernel keeps in favour'],
  ['Inactive(file)', 'mem.inactive_file', 'inactive file', 'Page cache next to be reclaimed'],
  ['Slab', 'mem.slab', 'slab', 'Memory of kernel objects'],
  [
    'SReclaimable',
    'mem.slab_reclaimable',
    'slab reclaim.',
    'Kernel objects that can be dropped, as inodes and dentries',
  ],
  ['Dirty', 'mem.dirty', 'dirty', 'Page cache waiting to be written'],
  ['Writeback', 'mem.writeback', 'writeback', 'Page cache being written now'],
  ['SwapFree', 'swap.free', 'swap free', 'Unused swap space'],
] as const;

const IDS: ReadonlyMap<string, string> = new Map(TABLE.map(([field, id]) => [field, id]));

const METRICS: readonly HostMetric[] = TABLE.map(([field, id, label, what, lane]) => ({
  id,
  kind: 'gauge',
  unit: 'KiB',
  label,
  help: `${what}: ${field} of /proc/meminfo.`,
  lane,
}));

export const parseMeminfo = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const [, field, sizeKib] = /^([^:]+):\s+(\d+) kB$/.exec(line) ?? [];
    const id = IDS.get(field ?? '');
    if (id !== undefined) values[id] = Number(sizeKib);
  }
  return values;
};

export const meminfo: HostSource = {
  path: '/proc/meminfo',
  parse: parseMeminfo,
  describe: presentIn(METRICS),
};

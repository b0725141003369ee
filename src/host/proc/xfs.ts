/**
 * Free counters of each mounted XFS (order and names: the kernel's fs/xfs/xfs_stats.h). look_exlist moves by one per
 * extent looked up, and so by one per iomap step of a SEEK_HOLE: what tracing iomap costs dearly, summed over the
 * file system at no cost. They are 32-bit and a seek storm wraps them within the hour.
 */
import { availableParallelism } from 'node:os';
import { type HostFiles, namesIn, wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, labelOf, presentIn } from './source.ts';

/** Line, position in it, name, label, what it counts. */
const FIELDS = [
  ['blk_map', 0, 'blk_mapr', 'map rd', 'Block mappings asked for to read'],
  ['blk_map', 1, 'blk_mapw', 'map wr', 'Block mappings asked for to write'],
  ['blk_map', 5, 'look_exlist', 'extents', 'Extents looked up, one per step of a SEEK_HOLE'],
  ['buf', 6, 'buf_page_retries', 'retries', 'Retries because pages for metadata buffers were lacking'],
] as const;

/** None of them takes a CPU less than 16 ns. */
const MOST_PER_CPU_SECOND = 1e9 / 16;

const MAX_MOUNTS = 16;

export const parseXfsStats = (device: string, text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const [group, ...numbers] = line.split(' ');
    for (const [fieldGroup, position, name] of FIELDS) {
      const number = numbers[position];
      if (fieldGroup === group && number !== undefined && /^\d+$/.test(number)) {
        values[`xfs.${device}.${name}`] = Number(number);
      }
    }
  }
  return values;
};

/** One source for each XFS mounted now. */
export const xfsMounts = (files: HostFiles): readonly HostSource[] =>
  directoriesOf(files, '/sys/fs/xfs')
    .slice(0, MAX_MOUNTS)
    .map((device) => ({
      path: `/sys/fs/xfs/${device}/stats/stats`,
      parse: (text) => parseXfsStats(device, text),
      describe: presentIn(metricsOf(device)),
    }));

/** Beside the mounts, the directory holds `stats`, their sum, without a `stats/stats` of its own below it. */
const directoriesOf = (files: HostFiles, path: string): readonly string[] =>
  namesIn(files, path).filter((name) => name !== 'stats');

const metricsOf = (device: string): readonly HostMetric[] =>
  FIELDS.map(([group, position, name, label, what]) => ({
    id: `xfs.${device}.${name}`,
    kind: 'counter',
    unit: 'count',
    label: labelOf(device, label),
    help: `${what}: number ${position + 1} of ${group} in /sys/fs/xfs/${device}/stats/stats.`,
    wraps32: { mostPerSecond: MOST_PER_CPU_SECOND * availableParallelism() },
  }));

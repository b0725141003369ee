/**
 * I/O of whole disks, loop and device-mapper devices; partitions would count the same requests twice. A device that
 * never did any I/O has nothing to say and no metric.
 *
 * Times are printed modulo 2³² ms, which a busy queue passes within days.
 */
import type { MetricUnit } from '../../core/metric.ts';
import { type HostFiles, isThere, wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, labelOf } from './source.ts';

const SECTOR_BYTES = 512;

type Column = {
  readonly name: string;
  readonly kind?: 'gauge';
  /** Position after the device's name. */
  readonly column: number;
  readonly factor: number;
  readonly unit: MetricUnit;
  readonly label: string;
  readonly what: string;
  readonly wraps32?: HostMetric['wraps32'];
};

/** More than any queue holds. */
const MOST_IN_FLIGHT = 16_384;

const COLUMNS: readonly Column[] = [
  { name: 'reads', column: 0, factor: 1, unit: 'count', label: 'reads', what: 'Reads completed' },
  { name: 'read_bytes', column: 2, factor: SECTOR_BYTES, unit: 'bytes', label: 'read', what: 'Bytes read' },
  { name: 'writes', column: 4, factor: 1, unit: 'count', label: 'writes', what: 'Writes completed' },
  {
    name: 'write_bytes',
    column: 6,
    factor: SECTOR_BYTES,
    unit: 'bytes',
    label: 'written',
    what: 'Bytes written',
  },
  {
    name: 'in_flight',
    kind: 'gauge',
    column: 8,
    factor: 1,
    unit: 'count',
    label: 'in flight',
    what: 'Requests queued or in the device now',
  },
  {
    name: 'busy_ms',
    column: 9,
    factor: 1,
    unit: 'ms',
    label: 'busy',
    what: 'Time with at least one request in flight',
    wraps32: { mostPerSecond: 1_000 },
  },
  {
    name: 'queue_ms',
    column: 10,
    factor: 1,
    unit: 'ms',
    label: 'queue',
    what: 'Time of all requests in flight, summed',
    wraps32: { mostPerSecond: 1_000 * MOST_IN_FLIGHT },
  },
  { name: 'discards', column: 11, factor: 1, unit: 'count', label: 'discards', what: 'Discards completed' },
  { name: 'flushes', column: 15, factor: 1, unit: 'count', label: 'flushes', what: 'Flushes completed' },
];

/** Since 2.6.25 partitions have them too; 4.18 added four for discards, 5.5 two for flushes: those are there, or not. */
const FEWEST_COLUMNS = 11;
const MAX_DEVICES = 16;
const LANES = 2;

export const parseDiskstats = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const [, device, rest] = /^ *\d+ +\d+ (\S+) ((?:\d+ )*\d+) *$/.exec(line) ?? [];
    if (device === undefined) continue;
    const numbers = (rest ?? '').split(' ');
    if (numbers.length < FEWEST_COLUMNS) continue;
    for (const { name, column, factor } of COLUMNS) {
      const text = numbers[column];
      if (text !== undefined) values[`disk.${device}.${name}`] = Number(text) * factor;
    }
  }
  return values;
};

/** The busiest devices first; the busiest two get lanes. */
export const diskstats = (files: HostFiles): HostSource => ({
  path: '/proc/diskstats',
  parse: parseDiskstats,
  describe: (first) => {
    const read = (device: string, name: string): number => first[`disk.${device}.${name}`] ?? 0;
    return devicesIn(first)
      .filter((device) => read(device, 'reads') + read(device, 'writes') > 0)
      .filter((device) => !isPartition(files, device))
      .sort((a, b) => read(b, 'busy_ms') - read(a, 'busy_ms'))
      .slice(0, MAX_DEVICES)
      .flatMap((device, rank) => metricsOf(device, rank < LANES))
      .filter(({ id }) => id in first);
  },
});

const devicesIn = (first: Readonly<Record<string, number>>): readonly string[] => [
  ...new Set(Object.keys(first).map((id) => id.slice('disk.'.length, id.lastIndexOf('.')))),
];

/** sysfs writes the slash of old controllers' names (`cciss/c0d0`) as an exclamation mark. */
const isPartition = (files: HostFiles, device: string): boolean =>
  isThere(files, `/sys/class/block/${device.replaceAll('/', '!')}/partition`);

const metricsOf = (device: string, lane: boolean): readonly HostMetric[] =>
  COLUMNS.map(({ name, kind, column, unit, label, what, wraps32 }) => ({
    id: `disk.${device}.${name}`,
    kind: kind ?? 'counter',
    unit,
    label: labelOf(device, label),
    help: `${what} on ${device}: field ${column + 1} of its line in /proc/diskstats.`,
    lane: lane && name === 'busy_ms' ? true : undefined,
    wraps32,
  }));

/** What is imported of atop's fields: under the names that tracing has for it, where it has one. */
import type { PointKind } from '../columns.ts';
import type { Fields } from './fields.ts';

export type Measured = { readonly metric: string; readonly value: number; readonly kind: PointKind };

/** `pageBytes`: what amounts of memory are counted in; 1 of JSON. */
type Measure = (fields: Fields, pageBytes: number) => readonly Measured[];

const SECTOR_BYTES = 512;

const numberOf = (text: string | undefined): number =>
  text !== undefined && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;

/** What a version does not have is absent; what atop could not count is negative. */
const one = (kind: PointKind, metric: string, value: number): readonly Measured[] =>
  value >= 0 ? [{ metric, kind, value }] : [];

const level = (metric: string, text: string | undefined, factor = 1): readonly Measured[] =>
  one('gauge', metric, numberOf(text) * factor);
const counted = (metric: string, text: string | undefined, factor = 1): readonly Measured[] =>
  one('delta', metric, numberOf(text) * factor);

const ticksToMs = ({ hertz }: Fields): number => 1000 / (numberOf(hertz) || 100);

const disk =
  (prefix: string): Measure =>
  (fields) => {
    const name = `${prefix}.${fields.dskname ?? '?'}`;
    const busyMs = numberOf(fields.io_ms);
    const queueMs = fields.avque === undefined ? numberOf(fields.depth) * busyMs : numberOf(fields.avque);
    return [
      ...counted(`${name}.busy_ms`, fields.io_ms),
      ...counted(`${name}.reads`, fields.nread),
      ...counted(`${name}.read_bytes`, fields.nrsect, SECTOR_BYTES),
      ...counted(`${name}.writes`, fields.nwrite),
      ...counted(`${name}.write_bytes`, fields.nwsect, SECTOR_BYTES),
      ...counted(`${name}.discards`, fields.ndiscrd),
      ...level(`${name}.in_flight`, fields.inflight),
      ...one('delta', `${name}.queue_ms`, queueMs),
    ];
  };

export const OF_HOST: Readonly<Record<string, Measure>> = {
  CPU: (fields) => {
    const ms = ticksToMs(fields);
    const busy = ['stime', 'utime', 'ntime', 'Itime', 'Stime'].map((name) => numberOf(fields[name]));
    return [
      ...one('delta', 'cpu.busy_ms', busy.reduce((sum, ticks) => sum + ticks, 0) * ms),
      ...counted('cpu.iowait_ms', fields.wtime, ms),
      ...counted('cpu.steal_ms', fields.steal, ms),
      ...counted('atop.cpu.system_ms', fields.stime, ms),
      ...counted('atop.cpu.user_ms', fields.utime, ms),
    ];
  },
  CPL: (fields) => [
    ...level('load.1', fields.lavg1),
    ...level('load.5', fields.lavg5),
    ...level('load.15', fields.lavg15),
    ...counted('tasks.switches', fields.csw),
  ],
  MEM: (fields, pageBytes) =>
    [
      ['mem.total', 'physmem'],
      ['mem.free', 'freemem'],
      ['mem.cached', 'cachemem'],
      ['mem.buffers', 'buffermem'],
      ['mem.slab', 'slabmem'],
      ['mem.dirty', 'cachedrt'],
    ].flatMap(([metric = '', name = '']) => level(metric, fields[name], pageBytes / 1024)),
  SWP: (fields, pageBytes) =>
    one('gauge', 'swap.used', ((numberOf(fields.totswap) - numberOf(fields.freeswap)) * pageBytes) / 1024),
  PAG: (fields) => {
    // Reads and writes are in pages in both forms, and JSON does not say of which size.
    const isSized = fields.pagesize !== undefined;
    const kib = numberOf(fields.pagesize) / 1024;
    return [
      ...counted('atop.pgscan', fields.pgscans),
      ...counted('vm.allocstall', fields.allocstall),
      ...counted('vm.pswpin', fields.swins),
      ...counted('vm.pswpout', fields.swouts),
      ...counted('vm.oom_kill', fields.oomkills),
      ...counted('vm.compact_stall', fields.compacts),
      ...counted(isSized ? 'vm.pgpgin' : 'atop.pages_in', fields.pgins, isSized ? kib : 1),
      ...counted(isSized ? 'vm.pgpgout' : 'atop.pages_out', fields.pgouts, isSized ? kib : 1),
    ];
  },
  PSI: (fields) =>
    fields.psi !== 'y'
      ? []
      : [
          ...counted('psi.cpu.some_us', fields.cstot),
          ...counted('psi.memory.some_us', fields.mstot),
          ...counted('psi.memory.full_us', fields.mftot),
          ...counted('psi.io.some_us', fields.iostot),
          ...counted('psi.io.full_us', fields.ioftot),
        ],
  DSK: disk('disk'),
  // Those stand on disks that have the same requests.
  LVM: disk('atop.lvm'),
  MDD: disk('atop.md'),
};

export const OF_PROCESS: Readonly<Record<string, Measure>> = {
  PRC: (fields) => [
    ...one('delta', 'proc.cpu_ms', (numberOf(fields.utime) + numberOf(fields.stime)) * ticksToMs(fields)),
    ...counted('proc.cpu_wait_ns', fields.rundelayNs),
    // JSON has it in ms.
    ...counted('proc.cpu_wait_ns', fields.rundelay, 1e6),
  ],
  PRM: (fields) => [
    ...level('proc.rss_bytes', fields.rmem, 1024),
    ...level('atop.virtual_bytes', fields.vmem, 1024),
    ...level('atop.swapped_bytes', fields.vswap, 1024),
    ...counted('proc.major_faults', fields.majflt),
    ...counted('proc.minor_faults', fields.minflt),
  ],
  PRD: (fields) =>
    fields.stdio === 'n'
      ? []
      : [
          ...counted('proc.read_bytes', fields.rsz, SECTOR_BYTES),
          ...counted('proc.write_bytes', fields.wsz, SECTOR_BYTES),
        ],
};

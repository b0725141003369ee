/**
 * What `pmrep -o csv` prints of PCP's metrics, live or from an archive: a column of each metric and instance
 * (`disk.dev.read-sda`). Counters are rates per second there, unless -r was given, which nothing in it says: they are read as
 * rates. Metrics of processes have the PID at the beginning of their instance.
 */

import { cellsOf } from '../csv-line.ts';
import { type Chunks, readLines } from '../lines.ts';
import { own } from '../own.ts';
import { createPoints, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { instantOf } from './instant.ts';
import {
  createRowWriter,
  gauge,
  type Meaning,
  NOBODY,
  numberOf,
  type RowOwner,
  type RowWriter,
  rate,
} from './row.ts';

const HEAD = /^(?:Host,Interval,)?Time,(?:"[^"]*"|[a-z][\w.]*)(?:,|$)/;

export const isPcpCsv = (head: string): boolean => HEAD.test(/^[^\r\n]*/.exec(head)?.[0] ?? '');

/** `%` stands for the instance. Amounts of memory and of disks are KiB, times ms. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  'kernel.all.load.1 minute': gauge('load.1'),
  'kernel.all.load.5 minute': gauge('load.5'),
  'kernel.all.load.15 minute': gauge('load.15'),
  'kernel.all.pswitch': rate('tasks.switches'),
  'kernel.all.running': gauge('tasks.running'),
  'kernel.all.blocked': gauge('tasks.blocked'),
  'kernel.all.cpu.wait.total': rate('cpu.iowait_ms'),
  'kernel.all.cpu.steal': rate('cpu.steal_ms'),
  'mem.util.free': gauge('mem.free'),
  'mem.util.available': gauge('mem.available'),
  'mem.util.cached': gauge('mem.cached'),
  'mem.util.bufmem': gauge('mem.buffers'),
  'mem.util.slab': gauge('mem.slab'),
  'mem.util.dirty': gauge('mem.dirty'),
  'mem.util.anonpages': gauge('mem.anon'),
  'mem.vmstat.pgmajfault': rate('vm.pgmajfault'),
  'mem.vmstat.pgpgin': rate('vm.pgpgin'),
  'mem.vmstat.pgpgout': rate('vm.pgpgout'),
  'mem.vmstat.pswpin': rate('vm.pswpin'),
  'mem.vmstat.pswpout': rate('vm.pswpout'),
  'mem.vmstat.pgscan_kswapd': rate('vm.pgscan_kswapd'),
  'mem.vmstat.pgscan_direct': rate('vm.pgscan_direct'),
  'mem.vmstat.oom_kill': rate('vm.oom_kill'),
  'disk.dev.read': rate('disk.%.reads'),
  'disk.dev.write': rate('disk.%.writes'),
  'disk.dev.read_bytes': rate('disk.%.read_bytes', 1024),
  'disk.dev.write_bytes': rate('disk.%.write_bytes', 1024),
  'disk.dev.avactive': rate('disk.%.busy_ms'),
  'disk.dev.aveq': rate('disk.%.queue_ms'),
  'proc.psinfo.rss': gauge('proc.rss_bytes', 1024),
  'proc.psinfo.maj_flt': rate('proc.major_faults'),
  'proc.psinfo.minflt': rate('proc.minor_faults'),
  'proc.io.read_bytes': rate('proc.read_bytes'),
  'proc.io.write_bytes': rate('proc.write_bytes'),
};

/** Of an archive; those of processes are in few, and pmrep stops at what is not. */
export const OF_ARCHIVES: readonly string[] = [
  'kernel.all.load',
  ...Object.keys(MEANINGS).filter((name) => !/^kernel\.all\.load|^proc\./.test(name)),
];

type Column = { readonly meaning: Meaning; readonly who: RowOwner };
type Reader = {
  readonly table: PointTable;
  readonly writer: RowWriter;
  readonly asked: Asked;
  columns: readonly (Column | null)[] | null;
  timeAt: number;
  host: string | null;
  lastUs: number;
};

export const readPcpCsv = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const reader: Reader = {
    ...{ table, writer: createRowWriter(table), asked, columns: null, timeAt: 0, host: null },
    lastUs: Number.NEGATIVE_INFINITY,
  };
  const refused = await readLines(chunks, (line, number) => {
    if (line.trim() === '') return null;
    const cells = cellsOf(line);
    if (cells === null) return 'its quotes do not close';
    return cells.includes('Time') ? takeHead(reader, cells) : takeRow(reader, cells, number);
  });
  if (refused !== null) return refused;
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no rows with values' };
  return settle(table) ?? { table, host: reader.host === null ? {} : { hostname: reader.host } };
};

const takeHead = (reader: Reader, cells: readonly string[]): null => {
  reader.timeAt = cells.indexOf('Time');
  reader.columns = cells.map((cell, index) => (index <= reader.timeAt ? null : columnOf(cell)));
  return null;
};

const columnOf = (cell: string): Column => {
  const dash = cell.indexOf('-');
  const [name, instance] = dash === -1 ? [cell, ''] : [cell.slice(0, dash), cell.slice(dash + 1)];
  const known = own(MEANINGS, name) ?? own(MEANINGS, `${name}.${instance}`);
  const [, pid, command = ''] = name.startsWith('proc.')
    ? (/^0*(\d{1,10})(?: (.*))?$/.exec(instance) ?? [])
    : [];
  const comm = command.split(' ')[0]?.split('/').at(-1) ?? '';
  const who = pid === undefined ? NOBODY : { pid: Number(pid), comm: comm === '' ? null : comm };
  const plain = `pcp.${name}${pid === undefined && instance !== '' ? `.${instance}` : ''}`;
  const meaning = known ?? gauge(plain);
  return { who, meaning: { ...meaning, metric: meaning.metric.replace('%', () => instance) } };
};

const takeRow = (reader: Reader, cells: readonly string[], place: number): string | null => {
  const { table, writer, columns, timeAt, asked } = reader;
  if (columns === null) return 'it has no head line with Time';
  if (cells.length !== columns.length)
    return `${cells.length} cells where the head line has ${columns.length}`;
  const realUs = instantOf(cells[timeAt] ?? '', asked, { notes: table.notes, lastUs: reader.lastUs });
  if (realUs === undefined) return `"${cells[timeAt]}" is neither a time since 1970 nor a date and time`;
  if (realUs === null) {
    leaveOut(table, 'rows at a time that was not: clocks were set forward over it');
    return null;
  }
  reader.lastUs = Math.max(reader.lastUs, realUs);
  if (timeAt > 0 && cells[0] !== '') reader.host ??= cells[0] ?? null;
  const byOwner = new Map<RowOwner, (readonly [Meaning, number])[]>([[NOBODY, []]]);
  for (const [index, column] of columns.entries()) {
    const text = cells[index] ?? '';
    // What an instance does not have, or a first rate.
    if (column === null || text === '') continue;
    const value = numberOf(text);
    if (Number.isNaN(value)) leaveOut(table, 'cells that are no plain number');
    else byOwner.set(column.who, [...(byOwner.get(column.who) ?? []), [column.meaning, value]]);
  }
  for (const [who, values] of byOwner) {
    const why = writer.write({ realUs, place }, who, values);
    if (why !== null) return why;
  }
  return null;
};

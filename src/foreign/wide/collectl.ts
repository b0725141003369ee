/**
 * What `collectl -P` prints and writes: `#Date Time [CPU]User% …` or `#UTC …`, then a row each interval; of processes (-sZ) a
 * row of each, with its command at the end. Times without `-oU` are local, in the zone that a file of collectl names itself.
 */

import { type Chunks, readLines } from '../lines.ts';
import { own } from '../own.ts';
import { createPoints, isPid, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { zoneOf } from '../zone.ts';
import { instantOf } from './instant.ts';
import { createRowWriter, gauge, type Meaning, NOBODY, numberOf, type RowWriter, rate } from './row.ts';

const HEAD = /^#(?:Date[ ,;|\t]+Time|UTC)[ ,;|\t]+(?:\[\w+[\]:]|PID\b)/m;

export const isCollectl = (head: string): boolean => HEAD.test(head);

const MEANINGS: Readonly<Record<string, Meaning>> = {
  '[CPU]L-Avg1': gauge('load.1'),
  '[CPU]L-Avg5': gauge('load.5'),
  '[CPU]L-Avg15': gauge('load.15'),
  '[CPU]Ctx/sec': rate('tasks.switches'),
  '[CPU]Proc/sec': rate('tasks.forked'),
  '[MEM]Free': gauge('mem.free'),
  '[MEM]Buf': gauge('mem.buffers'),
  '[MEM]Cached': gauge('mem.cached'),
  '[MEM]Slab': gauge('mem.slab'),
  '[MEM]Anon': gauge('mem.anon'),
  '[MEM]Dirty': gauge('mem.dirty'),
  '[MEM]SwapUsed': gauge('swap.used'),
  '[MEM]PageIn': rate('vm.pgpgin'),
  '[MEM]PageOut': rate('vm.pgpgout'),
  '[MEM]PageFaults': rate('vm.pgfault'),
  '[MEM]PageMajFaults': rate('vm.pgmajfault'),
};
/** Of one disk, whose name stands before it. */
const OF_DISK: Readonly<Record<string, Meaning>> = {
  Reads: rate('disk.%.reads'),
  Writes: rate('disk.%.writes'),
  RKBytes: rate('disk.%.read_bytes', 1024),
  WKBytes: rate('disk.%.write_bytes', 1024),
  // Of a second 1 % is 10 ms.
  Util: rate('disk.%.busy_ms', 10),
};
const OF_PROCESS: Readonly<Record<string, Meaning>> = {
  VmRSS: gauge('proc.rss_bytes', 1024),
  VmSize: gauge('collectl.virtual_bytes', 1024),
  RKB: rate('proc.read_bytes', 1024),
  WKB: rate('proc.write_bytes', 1024),
  MajF: rate('proc.major_faults'),
  MinF: rate('proc.minor_faults'),
  PCT: gauge('collectl.cpu-percent'),
};

type Reader = {
  readonly table: PointTable;
  readonly writer: RowWriter;
  asked: Asked;
  readonly host: { hostname?: string; kernel?: string };
  mark: RegExp;
  columns: readonly string[] | null;
  lastUs: number;
};

export const readCollectl = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const reader: Reader = {
    ...{ table, writer: createRowWriter(table), asked, host: {}, mark: / +/, columns: null },
    lastUs: Number.NEGATIVE_INFINITY,
  };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line.trimEnd(), number));
  if (refused !== null) return refused;
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no rows with a time' };
  return settle(table) ?? { table, host: reader.host };
};

const takeLine = (reader: Reader, line: string, place: number): string | null => {
  if (HEAD.test(line)) {
    const mark = /^#(?:Date[ ,;|\t]+Time|UTC)([ ,;|\t])/.exec(line)?.[1] ?? ' ';
    reader.mark = mark === ' ' ? / +/ : new RegExp(`[${mark}]`);
    reader.columns = line
      .slice(1)
      .replace(/^Date[ ,;|\t]+Time/, 'Date Time')
      .split(reader.mark);
    if (reader.columns[0] === 'Date Time') reader.columns = ['Date', 'Time', ...reader.columns.slice(1)];
    return null;
  }
  if (line.startsWith('#')) {
    noteComment(reader, line);
    return null;
  }
  return reader.columns === null || !/^\d/.test(line) ? null : takeRow(reader, reader.columns, line, place);
};

/** What its own files say above their table. */
const noteComment = (reader: Reader, line: string): void => {
  const host = /\bHost: +(\S{1,200})/.exec(line)?.[1];
  if (host !== undefined) reader.host.hostname = host;
  const kernel = /\bKernel: +(\S{1,200})/.exec(line)?.[1];
  if (kernel !== undefined) reader.host.kernel = kernel;
  const zone = zoneOf(/\bTZ: +(\S{1,40})/.exec(line)?.[1] ?? '');
  if (zone !== null && reader.asked.zone === null) reader.asked = { ...reader.asked, zone };
};

const takeRow = (reader: Reader, columns: readonly string[], line: string, place: number): string | null => {
  const { table, writer } = reader;
  const words = line.split(reader.mark);
  const isOfProcess = columns.includes('PID');
  if (isOfProcess ? words.length < columns.length : words.length !== columns.length) {
    leaveOut(table, 'rows that have not as many cells as their table has columns');
    return null;
  }
  const time = columns[0] === 'UTC' ? (words[0] ?? '') : localOf(words[0] ?? '', words[1] ?? '');
  const realUs = instantOf(time, reader.asked, { notes: table.notes, lastUs: reader.lastUs });
  if (realUs === undefined) return `"${time}" is no date and time`;
  if (realUs === null) {
    leaveOut(table, 'rows at a time that was not: clocks were set forward over it');
    return null;
  }
  reader.lastUs = Math.max(reader.lastUs, realUs);
  const pid = isOfProcess ? Number(words[columns.indexOf('PID')]) : null;
  if (pid !== null && !isPid(pid)) {
    leaveOut(table, 'rows without a PID');
    return null;
  }
  const command = words.slice(columns.length - 1).join(' ');
  const who = pid === null ? NOBODY : { pid, comm: nameOf(command) };
  const values = columns.flatMap((column, index): (readonly [Meaning, number])[] => {
    const meaning = isOfProcess ? own(OF_PROCESS, column) : meaningOf(column);
    const value = numberOf(words[index] ?? '');
    return meaning === undefined || Number.isNaN(value) ? [] : [[meaning, value]];
  });
  return writer.write({ realUs, place }, who, values);
};

/** `20261130` and `22:29:05`, or `2026-11-30` where -oD was not enough. */
const localOf = (date: string, clock: string): string =>
  `${date.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')} ${clock}`;

const meaningOf = (column: string): Meaning | undefined => {
  const known = own(MEANINGS, column);
  if (known !== undefined) return known;
  const [, group = '', of = '', name = ''] = /^\[(\w+):?([^\]]*)\](.+)$/.exec(column) ?? [];
  if (group === '' || name === 'Name') return undefined;
  const ofDisk = group === 'DSK' && of !== '' ? own(OF_DISK, name) : undefined;
  if (ofDisk !== undefined) return { ...ofDisk, metric: ofDisk.metric.replace('%', () => of) };
  return gauge(
    `collectl.${[group, of, name]
      .filter((part) => part !== '')
      .join('.')
      .replace('%', '-percent')}`,
  );
};

/** What was run, without its folder and its arguments; a program can also have set a name with spaces. */
const nameOf = (command: string): string => command.split(' ')[0]?.split('/').at(-1) || command;

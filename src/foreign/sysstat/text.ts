/**
 * What sar, mpstat and pidstat print: tables whose rows begin with a time. A table begins with a line of column names,
 * whose time is that of the reading before; averages are passed over. Rates are over the time since the reading before.
 */
import { type Chunks, readLines } from '../lines.ts';
import {
  addMark,
  addPoint,
  createPoints,
  isPid,
  leaveOut,
  type PointTable,
  setSpan,
  type Unreadable,
} from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { activityOf, columnOf, ROW_NAMES } from './activities.ts';
import { addReading } from './sadf-entry.ts';
import { createTextClock, type TextClock, timeOfDay } from './text-clock.ts';

/** "Linux 2.6.32-358.el6.x86_64 (db3)  03/04/2013  _x86_64_  (16 CPU)" */
export const FIRST_LINE =
  /^Linux (\S+) \(([^)]*)\)\s+([\d./-]{6,10})(?:\s+_(\w+)_)?(?:\s+\((\d+) CPUs?\))?\s*$/;
const NUMBER = /^-?\d+(?:[.,]\d+)?$/;
const READABLE_NUMBER = /^-?\d+(?:[.,]\d+)?[kMGTPB]$/;
/** Columns that say nothing of a process but who it is, or where it ran. */
const OF_WHO: ReadonlySet<string> = new Set(['UID', 'USER', 'PID', 'CPU', 'Command']);

type Table = {
  readonly key: string;
  readonly columns: readonly string[];
  readonly activity: string;
  /** Where the name of a row stands; -1 without one. */
  readonly nameAt: number;
  /** The reading before, and the one that is being read. */
  beforeUs: number | null;
  nowUs: number | null;
  /** Rows of one name at one time. */
  readonly met: Map<string, number>;
};

type Reader = {
  readonly table: PointTable;
  readonly clock: TextClock;
  readonly tables: Map<string, Table>;
  current: Table | null;
  host: Read['host'] | null;
};

export const readSysstatText = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const clock = createTextClock(asked, table.notes);
  const reader: Reader = { table, clock, tables: new Map(), current: null, host: null };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line, number));
  if (refused !== null) return refused;
  const problem = clock.problem();
  if (problem !== null) return { where: 'its times', why: problem };
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no table with times' };
  return settle(table) ?? { table, host: reader.host ?? {}, isLocal: clock.isLocal() };
};

const takeLine = (reader: Reader, line: string, number: number): string | null => {
  const words = line.replace(/^#/, '').trim().split(/\s+/);
  if (words[0] === '') {
    reader.current = null;
    return null;
  }
  if (line.startsWith('Linux ')) return takeFirstLine(reader, line);
  if (words[0] === 'Time' && line.startsWith('#')) return beginTable(reader, words.slice(1), null);
  const time = timeOfDay(words);
  // Average:, Moyenne :, Durchschn.:
  if (time === null) return null;
  if (reader.host === null) return 'it has no first line that says which day it is';
  const cells = words.slice(time.taken);
  if (cells.includes('RESTART')) return markAt(reader, time.ofDayS, 'restart');
  if (cells[0] === 'COM') return markAt(reader, time.ofDayS, `comment: ${cells.slice(1).join(' ')}`);
  const isHead = cells.length > 0 && cells.every((cell) => !NUMBER.test(cell) && !READABLE_NUMBER.test(cell));
  if (isHead) return beginTable(reader, cells, time.ofDayS);
  return reader.current === null
    ? null
    : takeRow(reader, reader.current, { cells, ofDayS: time.ofDayS, number });
};

const takeFirstLine = (reader: Reader, line: string): string | null => {
  const [, kernel, hostname, date, arch, cpus] = FIRST_LINE.exec(line) ?? [];
  if (kernel === undefined || hostname === undefined || date === undefined)
    return 'its first line is not as sysstat writes it';
  if (reader.host?.hostname !== undefined && reader.host.hostname !== hostname)
    return `it is of another host than above: ${hostname}`;
  reader.tables.clear();
  reader.current = null;
  reader.host = {
    ...{ kernel, hostname: hostname.slice(0, 256) },
    ...(arch === undefined ? {} : { arch }),
    ...(cpus === undefined ? {} : { cpus: Number(cpus) }),
  };
  return reader.clock.setDate(date) ? null : `its date "${date}" is none`;
};

const markAt = (reader: Reader, ofDayS: number, text: string): null => {
  const key = reader.current?.key ?? `mark ${text}`;
  const realUs = reader.clock.place(key, ofDayS);
  const isNew = !reader.table.marks.some((mark) => mark.realUs === realUs && mark.text === text);
  // Each table has it.
  if (realUs !== null && isNew) addMark(reader.table, realUs, text);
  if (reader.current !== null) reader.current.nowUs = null;
  return null;
};

const beginTable = (reader: Reader, columns: readonly string[], ofDayS: number | null): null => {
  const key = columns.join(' ');
  if (columns.includes('TID')) {
    reader.current = null;
    leaveOut(reader.table, 'tables of single threads');
    return null;
  }
  const activity = activityOf(columns) ?? (columns[0] ?? 'table').replace(/[^\w-]/g, '');
  const nameAt =
    activity === 'pidstat'
      ? columns.indexOf('Command')
      : columns.findIndex((column) => ROW_NAMES.has(column));
  const known = reader.tables.get(key);
  reader.current = known ?? { key, columns, activity, nameAt, beforeUs: null, nowUs: null, met: new Map() };
  reader.tables.set(key, reader.current);
  if (ofDayS !== null) reader.current.nowUs = reader.clock.place(key, ofDayS);
  return null;
};

type Row = { readonly cells: readonly string[]; readonly ofDayS: number; readonly number: number };

const takeRow = ({ table, clock }: Reader, current: Table, { cells, ofDayS, number }: Row): string | null => {
  const { columns, nameAt, activity } = current;
  const realUs = clock.place(current.key, ofDayS);
  if (realUs === null) {
    leaveOut(table, 'rows from after the clock was set back, up to the time it had reached');
    return null;
  }
  if (realUs !== current.nowUs) {
    Object.assign(current, { beforeUs: current.nowUs, nowUs: realUs });
    current.met.clear();
    if (current.beforeUs !== null) setSpan(table, realUs, realUs - current.beforeUs);
  }
  // A name at the end can have spaces.
  const isLast = nameAt === columns.length - 1;
  const values = isLast ? [...cells.slice(0, nameAt), cells.slice(nameAt).join(' ')] : cells;
  if (values.length !== columns.length) {
    leaveOut(table, 'rows that have not as many cells as their table has columns');
    return null;
  }
  const name = nameAt < 0 ? '' : (values[nameAt] ?? '');
  const times = (current.met.get(name) ?? 0) + 1;
  current.met.set(name, times);
  const spanS = current.beforeUs === null ? null : (realUs - current.beforeUs) / 1e6;
  const isOfProcess = activity === 'pidstat';
  const pid = isOfProcess ? Number(values[columns.indexOf('PID')]) : null;
  if (pid !== null && !isPid(pid)) {
    leaveOut(table, 'rows without a PID');
    return null;
  }
  for (const [index, column] of columns.entries()) {
    if (index === nameAt || (isOfProcess && OF_WHO.has(column))) continue;
    const value = numberOf(values[index] ?? '');
    if (value === null) {
      leaveOut(table, 'cells that are no plain number');
      continue;
    }
    const called = columnOf(activity, column);
    const why = isOfProcess
      ? addPoint(table, {
          realUs,
          metric: `pidstat.${called}`,
          value,
          kind: 'gauge',
          pid,
          comm: name,
          place: number,
        })
      : addReading(table, {
          path: [activity, name, called].filter((part) => part !== '').join('.'),
          times,
          value,
          realUs,
          spanS,
          place: number,
        });
    if (why !== null) return why;
  }
  return null;
};

/** Decimal commas are those of a locale: sysstat groups no digits. */
const numberOf = (text: string): number | null => (NUMBER.test(text) ? Number(text.replace(',', '.')) : null);

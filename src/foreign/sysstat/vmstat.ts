/**
 * What `vmstat -t N` prints: rows under two head lines that come again and again, each with a time whose zone stands above it.
 * Rates are over the time since the row before; the first row of a run is since boot, and only its levels are taken. A log may hold several runs. Amounts are KiB.
 */

import { type Chunks, readLines } from '../lines.ts';
import { own } from '../own.ts';
import {
  addPoint,
  createPoints,
  leaveOut,
  type PointKind,
  type PointTable,
  setSpan,
  type Unreadable,
} from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { readStamp } from '../stamp.ts';
import { UTC, type Zone, zoneOf } from '../zone.ts';

export const HEAD = /^\s*procs? -+memory-+|^--procs-- -+memory-+/;

/** `perSecond` is counted over the time between rows. */
type Meaning = { readonly metric: string; readonly kind: PointKind; readonly perSecond?: true };

const gauge = (metric: string): Meaning => ({ metric, kind: 'gauge' });
const rate = (metric: string): Meaning => ({ metric, kind: 'delta', perSecond: true });

const COLUMNS: Readonly<Record<string, Meaning>> = {
  r: gauge('tasks.running'),
  b: gauge('tasks.blocked'),
  swpd: gauge('swap.used'),
  free: gauge('mem.free'),
  buff: gauge('mem.buffers'),
  cache: gauge('mem.cached'),
  inact: gauge('mem.inactive'),
  active: gauge('mem.active'),
  si: rate('vmstat.swapped_in_kib'),
  so: rate('vmstat.swapped_out_kib'),
  bi: rate('vm.pgpgin'),
  bo: rate('vm.pgpgout'),
  in: rate('vmstat.interrupts'),
  cs: rate('tasks.switches'),
  ...Object.fromEntries(
    ['us', 'sy', 'id', 'wa', 'st', 'gu'].map((name) => [name, gauge(`vmstat.${name}-percent`)]),
  ),
};

type Reader = {
  readonly table: PointTable;
  readonly asked: Asked;
  columns: readonly string[] | null;
  zone: Zone | null;
  beforeUs: number | null;
  /** Since the head lines above. */
  rows: number;
  /** The next row is, or may be, the first of a run. */
  isFirst: boolean;
};

/** After so many rows the head lines come again in a file or a pipe; after fewer they may be those of another run. */
const ROWS_OF_PAGE = 21;

export const readVmstat = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const reader: Reader = {
    ...{ table, asked, columns: null, zone: null, beforeUs: null },
    ...{ rows: 0, isFirst: true },
  };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line, number));
  if (refused !== null) return refused;
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no rows with a time' };
  return settle(table) ?? { table, host: {} };
};

const takeLine = (reader: Reader, line: string, number: number): string | null => {
  const words = line.trim().split(/\s+/);
  if (line.trim() === '' || HEAD.test(line)) return null;
  if (words[0] === 'r') return takeHead(reader, words);
  return reader.columns === null
    ? 'it does not begin with the head lines of vmstat'
    : takeRow(reader, reader.columns, words, number);
};

/** The last word is the zone, where rows have a time. */
const takeHead = (reader: Reader, words: readonly string[]): string | null => {
  const named = words.at(-1) ?? '';
  if (COLUMNS[named] !== undefined) return 'its rows have no times: vmstat -t prints them';
  const zone = zoneOf(named);
  if (zone === null && reader.asked.zone === null)
    return `its times are in "${named}", which names no one zone: give --timezone (for example +02:00 or Europe/Berlin)`;
  reader.columns = words.slice(0, -1);
  reader.isFirst ||= reader.rows !== ROWS_OF_PAGE;
  reader.rows = 0;
  reader.zone = zone ?? reader.asked.zone;
  reader.table.notes.add('amounts were read as KiB, which is what they are unless -S was given');
  return null;
};

const takeRow = (
  reader: Reader,
  columns: readonly string[],
  words: readonly string[],
  place: number,
): string | null => {
  const { table, zone } = reader;
  reader.rows += 1;
  if (words.length !== columns.length + 2) {
    leaveOut(table, 'rows that have not as many cells as the head line names');
    return null;
  }
  const stamp = readStamp(words.slice(-2).join(' '));
  if (stamp?.kind !== 'local') return `"${words.slice(-2).join(' ')}" is not a date and time`;
  const { beforeUs } = reader;
  const realUs = (zone ?? UTC).instants(stamp.localUs).find((us) => beforeUs === null || us >= beforeUs);
  if (realUs === undefined || realUs === beforeUs) {
    leaveOut(table, 'rows at a time that another row had, or that the clock had passed');
    return null;
  }
  reader.beforeUs = realUs;
  const spanS = beforeUs === null || reader.isFirst ? null : (realUs - beforeUs) / 1e6;
  if (reader.isFirst) leaveOut(table, 'rates of rows that are, or may be, since boot');
  reader.isFirst = false;
  if (spanS !== null) setSpan(table, realUs, spanS * 1e6);
  for (const [index, column] of columns.entries()) {
    const meaning = own(COLUMNS, column);
    const text = words[index] ?? '';
    if (!/^\d+$/.test(text)) return `"${text}" is not a number`;
    // Since boot.
    if (meaning === undefined || (spanS === null && !isMoment(column))) continue;
    const value = Number(text) * (meaning.perSecond === true ? (spanS ?? 0) : 1);
    const why = addPoint(table, { realUs, ...meaning, value, pid: null, comm: null, place });
    if (why !== null) return why;
  }
  return null;
};

const isMoment = (column: string): boolean =>
  COLUMNS[column]?.kind === 'gauge' && !/^(?:us|sy|id|wa|st|gu)$/.test(column);

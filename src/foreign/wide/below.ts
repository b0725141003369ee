/**
 * What `below dump` prints as CSV or JSON of processes, the system, disks and control groups: each row with `Timestamp` (since
 * 1970) or `Datetime` (local), each cell as below shows it, with its unit. What is of a control group or a device bears its
 * name in the metric; `?` is not known.
 */

import { cellsOf } from '../csv-line.ts';
import { type Chunks, readLines, readWhole } from '../lines.ts';
import { own } from '../own.ts';
import { createPoints, isPid, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { instantOf } from './instant.ts';
import { createRowWriter, gauge, type Meaning, NOBODY, type RowWriter, rate } from './row.ts';

const TIMES = ['Timestamp', 'Datetime'] as const;

export const isBelowCsv = (head: string): boolean => {
  const first = /^[^\r\n]*/.exec(head)?.[0] ?? '';
  return first.endsWith(',') && first.split(',').some((name) => TIMES.some((time) => time === name));
};

export const isBelowJson = (head: string): boolean =>
  /^\s*\[\s*\{/.test(head) && /"(?:Timestamp|Datetime)": ?"/.test(head.slice(0, 16_384));

const OF_PROCESS: Readonly<Record<string, Meaning>> = {
  RSS: gauge('proc.rss_bytes'),
  Anon: gauge('proc.anon_bytes'),
  Reads: rate('proc.read_bytes'),
  Writes: rate('proc.write_bytes'),
  Majflt: rate('proc.major_faults'),
  Minflt: rate('proc.minor_faults'),
};
const OF_SYSTEM: Readonly<Record<string, Meaning>> = {
  Total: gauge('mem.total', 1 / 1024),
  Free: gauge('mem.free', 1 / 1024),
  Available: gauge('mem.available', 1 / 1024),
  Cached: gauge('mem.cached', 1 / 1024),
  Slab: gauge('mem.slab', 1 / 1024),
  'Anon Pages': gauge('mem.anon', 1 / 1024),
  'Blocked Procs': gauge('tasks.blocked'),
};
/** Who or what a row is of, and what is no number. */
const WORDS: ReadonlySet<string> = new Set(
  'timestamp datetime pid ppid comm state cgroup cmdline exe|path name full|path hostname kernel|version os|release'
    .split(' ')
    .map((word) => word.replace('|', ' ')),
);
const AMOUNT = /^(-?\d+(?:\.\d+)?) ?([KMGTP]?B)?(%)?(?:\/s)?$/;
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
  PB: 2 ** 50,
};

type Row = ReadonlyMap<string, string>;
type Reader = {
  readonly table: PointTable;
  readonly writer: RowWriter;
  readonly asked: Asked;
  hostname: string | null;
  lastUs: number;
};

const begin = (asked: Asked, placesAre: string): Reader => {
  const table = createPoints(placesAre);
  return { table, writer: createRowWriter(table), asked, hostname: null, lastUs: Number.NEGATIVE_INFINITY };
};

export const readBelowCsv = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const reader = begin(asked, 'line');
  let names: readonly string[] | null = null;
  const refused = await readLines(chunks, (line, number) => {
    if (line.trim() === '') return null;
    // A command line is printed as it is, with its commas: what it breaks is left out.
    const cells = cellsOf(line) ?? [];
    if (names === null) {
      names = cells;
      return null;
    }
    if (cells.length !== names.length) {
      leaveOut(reader.table, 'rows that have not as many cells as the head line: a text in them has commas');
      return null;
    }
    return takeRow(reader, new Map(names.map((name, index) => [name, cells[index]?.trim() ?? ''])), number);
  });
  return refused ?? ended(reader);
};

export const readBelowJson = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const text = await readWhole(chunks);
  if (text === null) return { where: 'its end', why: 'it is longer than 256 MiB' };
  const rows = parsed(text);
  if (typeof rows === 'string') return { where: 'line 1', why: rows };
  const reader = begin(asked, 'entry');
  for (const [index, row] of rows.entries()) {
    const cells = Object.entries(row).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    );
    const why = takeRow(reader, new Map(cells), index + 1);
    if (why !== null) return { where: `entry ${index + 1}`, why };
  }
  return ended(reader);
};

const parsed = (text: string): readonly object[] | string => {
  try {
    const value: unknown = JSON.parse(text);
    const rows = Array.isArray(value) ? (value as unknown[]).flat() : [];
    return rows.filter((row): row is object => row !== null && typeof row === 'object');
  } catch (error) {
    return `it is not JSON: ${(error as Error).message}`;
  }
};

const ended = ({ table, hostname }: Reader): Read | Unreadable => {
  if (table.times.us.length === 0)
    return { where: 'its end', why: 'it has no rows with a time and a number' };
  return settle(table) ?? { table, host: hostname === null ? {} : { hostname } };
};

const takeRow = (reader: Reader, row: Row, place: number): string | null => {
  const { table, writer, asked } = reader;
  const time = TIMES.map((name) => row.get(name)).find((text) => text !== undefined);
  if (time === undefined)
    return 'it has neither Timestamp nor Datetime (below dump prints both where no fields are named)';
  const realUs = instantOf(time, asked, { notes: table.notes, lastUs: reader.lastUs });
  if (realUs === undefined) return `"${time}" is no time`;
  if (realUs === null) {
    leaveOut(table, 'rows at a time that was not: clocks were set forward over it');
    return null;
  }
  reader.lastUs = Math.max(reader.lastUs, realUs);
  reader.hostname ??= row.get('Hostname') ?? null;
  const named = (word: string): string | undefined =>
    [...row].find(([name]) => name.toLowerCase() === word)?.[1];
  const pid = named('pid');
  if (pid !== undefined && !(/^\d+$/.test(pid) && isPid(Number(pid)))) {
    leaveOut(table, 'rows without a PID');
    return null;
  }
  const who = pid === undefined ? NOBODY : { pid: Number(pid), comm: named('comm') ?? null };
  const of = pid === undefined ? (named('full path') ?? named('name')) : undefined;
  return writer.write({ realUs, place }, who, valuesOf(row, pid === undefined ? null : Number(pid), of));
};

const valuesOf = (row: Row, pid: number | null, of: string | undefined): (readonly [Meaning, number])[] =>
  [...row].flatMap(([name, text]): (readonly [Meaning, number])[] => {
    const [, number, unit = '', percent = ''] = WORDS.has(name.toLowerCase())
      ? []
      : (AMOUNT.exec(text) ?? []);
    if (number === undefined) return [];
    const known = pid !== null ? own(OF_PROCESS, name) : of === undefined ? own(OF_SYSTEM, name) : undefined;
    const called = name.toLowerCase().replaceAll(' ', '_');
    const kind = pid !== null ? 'process' : of === undefined ? 'system' : 'of';
    const suffix = unit !== '' ? '_bytes' : percent !== '' ? '-percent' : '';
    const plain = gauge(
      `below.${kind}.${of === undefined ? '' : `${of.replace(/^\W+/, '')}.`}${called}${suffix}`,
    );
    return [[known ?? plain, Number(number) * (BYTES[unit] ?? 1)]];
  });

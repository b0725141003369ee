/**
 * What `iostat -t N` prints: a time, then tables of CPUs and devices. The first report of a run is since boot, and left out. Names of
 * columns are as sar has them, so that both give the same metrics.
 */
import { type Chunks, readLines } from '../lines.ts';
import { addPoint, createPoints, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { readStamp } from '../stamp.ts';
import { FIRST_LINE } from './text.ts';
import { createTextClock, type TextClock, timeOfDay } from './text-clock.ts';

const NUMBER = /^-?\d+(?:[.,]\d+)?$/;

type Reader = {
  readonly table: PointTable;
  readonly clock: TextClock;
  readonly host: Record<string, string | number>;
  /** The next report is the first of a run, which is since boot: a log may hold several. */
  isFirst: boolean;
  /** A report had a time. */
  isTimed: boolean;
  realUs: number | null;
  head: { readonly of: 'cpu' | 'disk'; readonly columns: readonly string[] } | null;
};

export const readIostat = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const clock = createTextClock(asked, table.notes);
  const reader: Reader = {
    ...{ table, clock, host: {}, realUs: null, head: null },
    ...{ isFirst: true, isTimed: false },
  };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line, number));
  if (refused !== null) return refused;
  const problem = clock.problem();
  if (problem !== null) return { where: 'its times', why: problem };
  if (!reader.isTimed) return { where: 'its end', why: 'its reports have no times: iostat -t prints them' };
  if (table.times.us.length === 0) return { where: 'its end', why: 'its only report is since boot' };
  return settle(table) ?? { table, host: reader.host, isLocal: clock.isLocal() };
};

const takeLine = (reader: Reader, line: string, number: number): string | null => {
  const words = line.trim().split(/\s+/);
  if (words[0] === '') {
    reader.head = null;
    return null;
  }
  const [, kernel, hostname] = FIRST_LINE.exec(line) ?? [];
  if (kernel !== undefined) {
    Object.assign(reader.host, { kernel, hostname: hostname ?? '' });
    reader.isFirst = true;
    return null;
  }
  if (words[0] === 'avg-cpu:' || /^Device:?$/.test(words[0] ?? '')) {
    const of = words[0] === 'avg-cpu:' ? 'cpu' : 'disk';
    reader.head = { of, columns: words.slice(1) };
    return null;
  }
  if (reader.head !== null) return takeRow(reader, reader.head, words, number);
  const realUs = timeOf(reader, words);
  if (realUs === undefined) return `"${line.trim().slice(0, 80)}" is neither a time nor a row of a table`;
  // What is since boot is no interval.
  Object.assign(reader, { realUs: reader.isFirst ? null : realUs, isFirst: false, isTimed: true });
  return null;
};

/** `11/30/26 16:55:26`, `11/30/2026 04:55:26 PM`, `2026-11-30T17:39:27+0000`; undefined of what is none. */
const timeOf = (reader: Reader, words: readonly string[]): number | null | undefined => {
  if (words.length === 1) {
    const stamp = readStamp(words[0] ?? '');
    return stamp?.kind === 'instant' ? stamp.realUs : undefined;
  }
  const time = timeOfDay(words.slice(1));
  if (time === null || !reader.clock.setDate(words[0] ?? '')) return undefined;
  return reader.clock.place('report', time.ofDayS);
};

const takeRow = (
  { table, realUs }: Reader,
  { of, columns }: NonNullable<Reader['head']>,
  words: readonly string[],
  place: number,
): string | null => {
  if (realUs === null) {
    leaveOut(table, 'rows since boot, or at a time that cannot be known');
    return null;
  }
  const [name, cells] = of === 'cpu' ? ['all', words] : [words[0] ?? '', words.slice(1)];
  if (cells.length !== columns.length) {
    leaveOut(table, 'rows that have not as many cells as their table has columns');
    return null;
  }
  for (const [index, column] of columns.entries()) {
    const text = cells[index] ?? '';
    if (!NUMBER.test(text)) {
      leaveOut(table, 'cells that are no plain number');
      continue;
    }
    const value = Number(text.replace(',', '.'));
    const metric = `sar.${of === 'cpu' ? 'cpu-load' : 'disk'}.${name}.${calledAs(of, column)}`;
    const why = addPoint(table, { realUs, metric, value, kind: 'gauge', pid: null, comm: null, place });
    if (why !== null) return why;
  }
  return null;
};

const calledAs = (of: 'cpu' | 'disk', column: string): string => {
  const plain = column.replace(/\/s$/, '');
  if (!plain.startsWith('%')) return plain;
  return of === 'cpu' ? plain.slice(1) : `${plain.slice(1)}-percent`;
};

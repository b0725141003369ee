/**
 * What `top -b` prints, frame after frame: the host above, then a row of each process, by the columns that its head line
 * names. Memory is in KiB where it says no unit. In a frame of threads (`-H`) rows are of single threads, whose memory is
 * that of their process: of those only CPU time is taken.
 */
import { dateLineOf } from '../date-line.ts';
import { type Chunks, readLines } from '../lines.ts';
import { addPoint, createPoints, isPid, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { retime } from '../retime.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { columnNamed, isHead, isOfInterval, isRounded, nameColumn, THREADS } from './columns.ts';
import { createFrameClock, type FrameClock } from './frame-clock.ts';
import { FRAME, ofCpus, ofFirstLine, ofMemory, type Reading } from './summary.ts';

const FIRST_SHARES = 'shares of time in the first frame of a top: nobody knows since when they are';
const HEAD_LINES = 30;

type Reader = {
  readonly table: PointTable;
  readonly clock: FrameClock;
  readonly host: { memoryBytes?: number };
  frame: number | null;
  /** The first that a top printed. */
  isFirst: boolean;
  /** A date stands between two runs of top. */
  isNewRun: boolean;
  isOfThreads: boolean;
  /** Lines of memory and swap that this frame has had. */
  memoryLines: number;
  columns: readonly string[] | null;
};

/** Its first frame stands near the beginning. */
export const isTop = (head: string): boolean =>
  head
    .split('\n')
    .slice(0, HEAD_LINES)
    .some((line) => FRAME.test(line));

export const readTop = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const reader: Reader = {
    ...{ table, clock: createFrameClock(asked), host: {}, frame: null },
    ...{ isFirst: true, isNewRun: true, isOfThreads: false, memoryLines: 0, columns: null },
  };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line, number));
  if (refused !== null) return refused;
  endFrame(reader);
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no frame with anything in it' };
  const instants = reader.clock.settle(table.notes);
  if (typeof instants === 'string') return { where: 'its first frame', why: instants };
  retime(table, (frame) => instants[frame] ?? null);
  if (table.times.us.length === 0) return { where: 'its end', why: 'no frame is at a time that was' };
  return settle(table) ?? { table, host: reader.host };
};

const takeLine = (reader: Reader, line: string, place: number): string | null => {
  if (line.trim() === '') return null;
  const [, hour, minute, second] = FRAME.exec(line) ?? [];
  if (hour !== undefined) {
    endFrame(reader);
    const ofDayS = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
    if (ofDayS >= 86_400) return `"${hour}:${minute}:${second}" is no time of a day`;
    Object.assign(reader, {
      ...{ frame: reader.clock.begin(ofDayS), isFirst: reader.isNewRun, isNewRun: false },
      ...{ columns: null, isOfThreads: false, memoryLines: 0 },
    });
    return takeReadings(reader, ofFirstLine(line), place);
  }
  const words = line.trim().split(/\s+/);
  if (reader.frame === null || !/^\d+$/.test(words[0] ?? '') || reader.columns === null) {
    const date = dateLineOf(line);
    if (date !== null) {
      endFrame(reader);
      Object.assign(reader, { isNewRun: true, columns: null, frame: null });
      return reader.clock.takeDate(date);
    }
  }
  if (reader.frame === null) return null;
  if (reader.columns !== null) return takeRow(reader, reader.columns, words, place);
  if (isHead(words)) {
    reader.columns = words;
    return null;
  }
  return takeSummary(reader, line, place);
};

const endFrame = ({ table, frame, columns }: Reader): void => {
  if (frame !== null && columns === null)
    leaveOut(table, 'frames without a head line of their table that is known (LC_ALL=C top -b)');
};

const takeSummary = (reader: Reader, line: string, place: number): string | null => {
  reader.isOfThreads ||= THREADS.test(line);
  const memory = ofMemory(line, reader.memoryLines);
  if (memory === null) return takeReadings(reader, ofCpus(line) ?? [], place);
  reader.memoryLines += 1;
  const total = memory.find(({ metric }) => metric === 'mem.total');
  if (total !== undefined) reader.host.memoryBytes = total.value * 1024;
  return takeReadings(reader, memory, place);
};

const takeReadings = (
  { table, frame, isFirst }: Reader,
  readings: readonly Reading[],
  place: number,
): string | null => {
  for (const { metric, value, isOfInterval: isShare } of readings) {
    if (isFirst && isShare === true) {
      leaveOut(table, FIRST_SHARES);
      continue;
    }
    const why = addPoint(table, {
      ...{ realUs: frame ?? 0, metric, value, place },
      ...{ kind: 'gauge', pid: null, comm: null },
    });
    if (why !== null) return why;
  }
  return null;
};

const takeRow = (
  reader: Reader,
  columns: readonly string[],
  words: readonly string[],
  place: number,
): string | null => {
  const { table, frame } = reader;
  const nameAt = nameColumn(columns);
  const after = columns.length - 1 - nameAt;
  const pid = Number(words[columns.indexOf('PID')]);
  if (words.length < columns.length || !isPid(pid)) {
    leaveOut(table, 'lines that are no rows of their table');
    return null;
  }
  const comm = words.slice(nameAt, words.length - after).join(' ');
  if (comm.endsWith('+')) table.notes.add('names that end in + were cut by top');
  if (reader.isOfThreads) table.notes.add('rows are of single threads (top -H): PIDs are theirs');
  for (const [index, name] of columns.entries()) {
    const column = index === nameAt ? undefined : columnNamed(name);
    if (column === undefined || (reader.isOfThreads && column.ofThreads === undefined)) continue;
    if (reader.isFirst && isOfInterval(name)) {
      leaveOut(table, FIRST_SHARES);
      continue;
    }
    const cell = words[index < nameAt ? index : words.length - columns.length + index] ?? '';
    const value = column.valueOf(cell);
    if (value === null) {
      leaveOut(table, 'cells that are no plain number');
      continue;
    }
    if (isRounded(cell)) table.notes.add('top rounded amounts of memory: a step of one is no growth');
    const metric = reader.isOfThreads ? (column.ofThreads ?? column.metric) : column.metric;
    const why = addPoint(table, { realUs: frame ?? 0, metric, value, kind: column.kind, pid, comm, place });
    if (why !== null) return why;
  }
  const state = words[columns.indexOf('S')];
  if (state === undefined) return null;
  return addPoint(table, {
    ...{ realUs: frame ?? 0, metric: reader.isOfThreads ? 'thread.d_state' : 'proc.d_state' },
    ...{ value: state === 'D' ? 1 : 0, kind: 'gauge', pid, comm, place },
  });
};

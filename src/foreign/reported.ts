/**
 * What the series of a settled table come to at each time of a grid. Differences are summed, so are the growths of totals
 * (one that falls was reset, and all of it is new); what was counted over a stretch of several samples is spread evenly
 * over them, because a mean is all that is known of it. Gauges are levels.
 */
import { type Column, isLevel, isLogged } from './columns.ts';
import type { Grid } from './grid.ts';
import type { PointTable } from './point-table.ts';

type Reader = {
  readonly column: Column;
  readonly gridAt: Uint32Array;
  /** The next of its values. */
  next: number;
  sum: number;
  /** How much of the next was spread over the samples before its own. */
  spread: number;
  /** Of a total, what it last was. */
  last: number;
};

export type Reported = {
  /** Calls back with every series that has a value at this sample; samples come in order. */
  at(index: number, take: (column: Column, value: number) => void): void;
  /** PIDs that have a reading at this sample, which `at` has not passed. */
  dueAt(index: number): ReadonlySet<number>;
  /** Another process has the PID: what it counts begins at zero. */
  beginAnew(pid: number): void;
};

export const reportedOn = (table: PointTable, grid: Grid): Reported => {
  const readers = [...table.columns.values()].map((column): Reader => {
    const first = column.values[0] ?? 0;
    const last = column.kind === 'total' ? first : 0;
    return {
      column,
      gridAt: isLogged(column.kind) ? grid.ofEvents : grid.ofReadings,
      next: 0,
      sum: 0,
      spread: 0,
      last,
    };
  });
  return {
    at: (index, take) => {
      for (const reader of readers)
        if (advance(reader, index, table, grid)) take(reader.column, amountOf(reader));
    },
    dueAt: (index) =>
      new Set(
        readers.flatMap((reader) => {
          const { column, next } = reader;
          return column.pid !== null && next < column.length && dueAt(reader) === index ? [column.pid] : [];
        }),
      ),
    beginAnew: (pid) => {
      for (const reader of readers) if (reader.column.pid === pid) Object.assign(reader, { sum: 0, last: 0 });
    },
  };
};

const amountOf = ({ column, next, sum }: Reader): number =>
  isLevel(column.kind) ? (column.values[next - 1] ?? 0) : sum;

/** Whether it has something to say at this sample. */
const advance = (reader: Reader, index: number, table: PointTable, grid: Grid): boolean => {
  const { column } = reader;
  if (reader.next === column.length) return false;
  if (isLevel(column.kind) || isLogged(column.kind)) return takeDue(reader, index);
  const isDue = dueAt(reader) === index;
  // What is left of it is of the sample that reports it.
  const share = isDue ? 1 - reader.spread : shareAt(reader, index, table, grid);
  if (share <= 0 && !isDue) return false;
  const grown = grownBy(reader);
  reader.sum += share === 1 ? grown : grown * share;
  reader.spread += share;
  if (!isDue) return grown > 0;
  reader.last = column.values[reader.next] ?? 0;
  reader.next += 1;
  reader.spread = 0;
  return true;
};

const takeDue = (reader: Reader, index: number): boolean => {
  const { column, next } = reader;
  while (reader.next < column.length && dueAt(reader) === index) {
    reader.sum += column.values[reader.next] ?? 0;
    reader.next += 1;
  }
  return reader.next > next;
};

/** Which part of what the next value counts lies between this sample and the one before. */
const shareAt = (
  { column, gridAt, next }: Reader,
  index: number,
  { spansUs }: PointTable,
  { us }: Grid,
): number => {
  const number = column.at[next] ?? 0;
  const spanUs = spansUs[number] ?? 0;
  if (spanUs === 0) return 0;
  const startUs = (us[gridAt[number] ?? 0] ?? 0) - spanUs;
  const fromUs = Math.max(us[index - 1] ?? Number.NEGATIVE_INFINITY, startUs);
  return Math.max(0, (us[index] ?? 0) - fromUs) / spanUs;
};

const dueAt = ({ column, gridAt, next }: Reader): number => gridAt[column.at[next] ?? 0] ?? 0;

const grownBy = ({ column, next, last }: Reader): number => {
  const value = column.values[next] ?? 0;
  if (column.kind === 'delta') return value;
  return value >= last ? value - last : value;
};

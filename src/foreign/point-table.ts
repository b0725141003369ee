/**
 * What an import has read so far: points (time, metric, process, value) by series, who each PID was and when, and what
 * had to be left out or assumed. Two values of one series at one time are never merged in silence: `settle` takes equal
 * ones once and says so, and refuses the rest.
 */
import { createMetricNames, type MetricNames } from './names.ts';

export type PointKind = 'delta' | 'total' | 'gauge' | 'max';

export type Point = {
  /** µs since 1970 UTC. */
  readonly realUs: number;
  /** As the source calls it. */
  readonly metric: string;
  readonly value: number;
  readonly kind: PointKind;
  readonly pid: number | null;
  /** When the process began, µs since 1970; absent or null where the source does not say. */
  readonly startUs?: number | null;
  readonly comm: string | null;
  /** Which line or entry of the source it is, from 1. */
  readonly place: number;
};

/** Why a source cannot be taken, and where. */
export type Unreadable = { readonly where: string; readonly why: string };

/** One series: its values, the numbers of their times, and where they stood. */
export type Column = {
  readonly metric: string;
  readonly kind: PointKind;
  readonly pid: number | null;
  at: number[];
  values: number[];
  places: number[];
};

/** A time in which a PID bore a name, and was of a process that began at a time, if that is known. */
export type NameRun = {
  readonly comm: string;
  readonly startUs: number | null;
  readonly fromUs: number;
  toUs: number;
  readonly place: number;
};

export type PointTable = {
  /** What its places are called: `line`, `entry`. */
  readonly placesAre: string;
  readonly columns: Map<string, Column>;
  readonly metrics: Map<string, { readonly kind: PointKind; readonly ofProcesses: boolean }>;
  readonly names: MetricNames;
  /** µs since 1970 of each time, in the order in which they were met. */
  readonly times: number[];
  readonly numbers: Map<number, number>;
  readonly processes: Map<number, NameRun[]>;
  /** What was assumed, for the reader of the recording to know. */
  readonly notes: Set<string>;
  /** Why values were left out, to how many. */
  readonly leftOut: Map<string, number>;
};

/** What the header of a recording holds. */
const MOST_METRICS = 4_096;
/** The kernel's counters have 64 bits. */
const LARGEST = 2 ** 64;
const LONGEST_COMM = 256;

export const createPoints = (placesAre: string): PointTable => ({
  placesAre,
  columns: new Map(),
  metrics: new Map(),
  names: createMetricNames(),
  times: [],
  numbers: new Map(),
  processes: new Map(),
  notes: new Set(),
  leftOut: new Map(),
});

export const whereIn = ({ placesAre }: PointTable, place: number | undefined): string =>
  `${placesAre} ${place ?? 1}`;

export const leaveOut = ({ leftOut }: PointTable, why: string, values = 1): void => {
  leftOut.set(why, (leftOut.get(why) ?? 0) + values);
};

/** null when the point was taken, otherwise why the source cannot be. */
export const addPoint = (table: PointTable, point: Point): string | null => {
  const { pid, value, kind } = point;
  const metric = table.names.idOf(point.metric);
  if (metric === null) return `"${point.metric}" names no metric`;
  if (Math.abs(value) > LARGEST) return `${value} is more than any counter holds`;
  if (kind !== 'gauge' && value < 0) return `${point.metric} is counted, and cannot be ${value}`;
  const known = table.metrics.get(metric);
  if (known === undefined && table.metrics.size >= MOST_METRICS) {
    leaveOut(table, `a recording holds ${MOST_METRICS} metrics`);
    return null;
  }
  if (known !== undefined && known.kind !== kind) return `${point.metric} is a ${known.kind} above`;
  if (known !== undefined && known.ofProcesses !== (pid !== null))
    return `${point.metric} stands with a PID and without one`;
  table.metrics.set(metric, known ?? { kind, ofProcesses: pid !== null });
  const column = columnOf(table, metric, kind, pid);
  column.at.push(numberOf(table, point.realUs));
  column.values.push(value);
  column.places.push(point.place);
  noteName(table, point);
  return null;
};

const columnOf = ({ columns }: PointTable, metric: string, kind: PointKind, pid: number | null): Column => {
  const key = pid === null ? metric : `${metric} ${pid}`;
  const column = columns.get(key) ?? { metric, kind, pid, at: [], values: [], places: [] };
  columns.set(key, column);
  return column;
};

const numberOf = ({ numbers, times }: PointTable, realUs: number): number => {
  const known = numbers.get(realUs);
  if (known !== undefined) return known;
  numbers.set(realUs, times.length);
  times.push(realUs);
  return times.length - 1;
};

const noteName = ({ processes }: PointTable, { pid, startUs = null, comm, realUs, place }: Point): void => {
  if (pid === null || comm === null || comm === '') return;
  const runs = processes.get(pid) ?? [];
  processes.set(pid, runs);
  const last = runs.at(-1);
  const name = comm.slice(0, LONGEST_COMM);
  if (last?.comm === name && last.startUs === startUs && realUs >= last.fromUs)
    last.toUs = Math.max(last.toUs, realUs);
  else runs.push({ comm: name, startUs, fromUs: realUs, toUs: realUs, place });
};

/** Puts every series and every name in order of time. Where two values or two names claim one time: why not. */
export const settle = (table: PointTable): Unreadable | null => {
  let unsorted = 0;
  for (const column of table.columns.values()) {
    const order = column.at.map((_, index) => index);
    const timeAt = (index: number): number => table.times[column.at[index] ?? 0] ?? 0;
    const turned = order.filter((index) => index > 0 && timeAt(index) < timeAt(index - 1)).length;
    unsorted += turned;
    if (turned > 0) order.sort((a, b) => timeAt(a) - timeAt(b) || a - b);
    const kept = singly(table, column, order);
    if ('why' in kept) return kept;
    if (kept.length === column.at.length && turned === 0) continue;
    column.at = kept.map((index) => column.at[index] ?? 0);
    column.values = kept.map((index) => column.values[index] ?? 0);
  }
  if (unsorted > 0)
    table.notes.add(
      `${unsorted} rows stood before their time and were sorted; if a clock was set back there, two times are mixed`,
    );
  return settleNames(table);
};

/** The indices of a series in order of time, each time once. */
const singly = (table: PointTable, column: Column, order: readonly number[]): number[] | Unreadable => {
  const kept: number[] = [];
  for (const index of order) {
    const before = kept.at(-1);
    if (before === undefined || column.at[before] !== column.at[index]) {
      kept.push(index);
      continue;
    }
    const [first, second] = [column.values[before], column.values[index]];
    if (first !== second || column.kind === 'delta') {
      const name = `${table.names.nameOf(column.metric)}${column.pid === null ? '' : ` of PID ${column.pid}`}`;
      const why = `${name} has two values at one time: ${first} (${whereIn(table, column.places[before])}) and ${second}`;
      return { where: whereIn(table, column.places[index]), why };
    }
    leaveOut(table, 'rows that stood twice, with the same value, were taken once');
  }
  return kept;
};

const settleNames = (table: PointTable): Unreadable | null => {
  for (const [pid, runs] of table.processes) {
    runs.sort((a, b) => a.fromUs - b.fromUs || a.toUs - b.toUs);
    const merged: NameRun[] = [];
    for (const run of runs) {
      const last = merged.at(-1);
      if (last === undefined || run.fromUs > last.toUs) merged.push(run);
      else if (last.comm === run.comm && last.startUs === run.startUs)
        last.toUs = Math.max(last.toUs, run.toUs);
      else
        return {
          where: whereIn(table, run.place),
          why: `PID ${pid} is ${last.comm} and ${run.comm} at the same time`,
        };
    }
    table.processes.set(pid, merged);
  }
  return null;
};

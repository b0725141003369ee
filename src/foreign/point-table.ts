/**
 * What an import has read so far: points (time, metric, process, value) by series, who each PID was and when, marks, and
 * what had to be left out or assumed. Memory is bounded: of more values than that, the largest family of rows (single
 * CPUs, interrupts, disks) goes, and that is reported.
 */
import { append, type Column, createColumn, isLevel, isLogged, type PointKind } from './columns.ts';
import { createMetricNames, type MetricNames } from './names.ts';

export type { Column, PointKind } from './columns.ts';

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

/** A time in which a PID bore a name, and was of a process that began at a time, if that is known. */
export type NameRun = {
  readonly comm: string;
  readonly startUs: number | null;
  readonly fromUs: number;
  toUs: number;
  readonly place: number;
};

/** µs since 1970, each met once, with its number. */
export type Times = { readonly us: number[]; readonly numbers: Map<number, number> };

export type Stretch = { readonly fromUs: number; readonly toUs: number };

export type PointTable = {
  /** What its places are called: `line`, `entry`. */
  readonly placesAre: string;
  readonly columns: Map<string, Column>;
  readonly metrics: Map<string, { readonly kind: PointKind; readonly ofProcesses: boolean }>;
  readonly names: MetricNames;
  /** Of readings, in the order in which they were met. */
  times: Times;
  /** By number of a reading: how long before it what is counted there began, where that is known. */
  readonly spansUs: number[];
  /** The usual distance between readings; null without any. Known once it is settled. */
  everyUs: number | null;
  /** Of what a log reports. */
  readonly events: Times;
  /** What was looked at: between readings that follow each other, between the first line of a log and its last. */
  covered: Stretch[];
  readonly processes: Map<number, NameRun[]>;
  readonly marks: { readonly realUs: number; readonly text: string }[];
  /** What was assumed, for the reader of the recording to know. */
  readonly notes: Set<string>;
  /** Why values were left out, to how many. */
  readonly leftOut: Map<string, number>;
  /** Families of rows that were too many. */
  readonly dropped: Set<string>;
  size: number;
};

/** What the header of a recording holds. */
const MOST_METRICS = 4_096;
/** 16 bytes each. */
const MOST_VALUES = 2_000_000;
/** The kernel's counters have 64 bits. */
const LARGEST = 2 ** 64;
const LARGEST_PID = 2 ** 31;
/** The year 2200: who began later did not. */
const LATEST_US = 7_258_118_400_000_000;
const LONGEST_COMM = 256;
const LONGEST_MARK = 300;
const MOST_MARKS = 5_000;

const noTimes = (): Times => ({ us: [], numbers: new Map() });

export const createPoints = (placesAre: string): PointTable => ({
  placesAre,
  columns: new Map(),
  metrics: new Map(),
  names: createMetricNames(),
  times: noTimes(),
  spansUs: [],
  everyUs: null,
  events: noTimes(),
  covered: [],
  processes: new Map(),
  marks: [],
  notes: new Set(),
  leftOut: new Map(),
  dropped: new Set(),
  size: 0,
});

export const whereIn = ({ placesAre }: PointTable, place: number | undefined): string =>
  `${placesAre} ${place ?? 1}`;

export const leaveOut = ({ leftOut }: PointTable, why: string, values = 1): void => {
  leftOut.set(why, (leftOut.get(why) ?? 0) + values);
};

export const addMark = (table: PointTable, realUs: number, text: string): void => {
  if (table.marks.length >= MOST_MARKS)
    leaveOut(table, `marks beyond the first ${MOST_MARKS}; their counts are there`);
  else table.marks.push({ realUs, text: text.slice(0, LONGEST_MARK) });
};

/** From the earliest to the latest. */
export const rangeOf = (us: readonly number[]): Stretch => {
  let [fromUs, toUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of us) {
    fromUs = Math.min(fromUs, time);
    toUs = Math.max(toUs, time);
  }
  return { fromUs, toUs };
};

/** Times of one kind by number, the number of a new one being the next. */
export const numberIn = ({ us, numbers }: Times, realUs: number): number => {
  const known = numbers.get(realUs);
  if (known !== undefined) return known;
  numbers.set(realUs, us.length);
  us.push(realUs);
  return us.length - 1;
};

export const timesOf = (table: PointTable, kind: PointKind): Times =>
  isLogged(kind) ? table.events : table.times;

/** What is counted at this reading began so long before. */
export const setSpan = (table: PointTable, realUs: number, spanUs: number): void => {
  table.spansUs[numberIn(table.times, realUs)] = spanUs;
};

/** null when the point was taken, otherwise why the source cannot be. */
export const addPoint = (table: PointTable, point: Point): string | null => {
  const { pid, value, kind } = point;
  const metric = table.names.idOf(point.metric);
  if (metric === null) return `"${point.metric}" names no metric`;
  if (!(Math.abs(value) <= LARGEST)) return `${value} is more than any counter holds`;
  if (pid !== null && !isPid(pid)) return `${pid} is not a PID`;
  if (!isLevel(kind) && value < 0) return `${point.metric} is counted, and cannot be ${value}`;
  if (table.dropped.size > 0 && table.dropped.has(familyOf(metric))) {
    leaveOut(table, tooMany(familyOf(metric)));
    return null;
  }
  if (hasNoRoomFor(table, metric, 1)) return null;
  const known = table.metrics.get(metric);
  if (known !== undefined && known.kind !== kind) return `${point.metric} is a ${known.kind} above`;
  if (known !== undefined && known.ofProcesses !== (pid !== null))
    return `${point.metric} stands with a PID and without one`;
  table.metrics.set(metric, known ?? { kind, ofProcesses: pid !== null });
  append(
    columnOf(table, metric, kind, pid),
    numberIn(timesOf(table, kind), point.realUs),
    value,
    point.place,
  );
  table.size += 1;
  noteName(table, point);
  if (table.size > MOST_VALUES) dropLargestFamily(table);
  return null;
};

/** A header describes so many: what a metric beyond has is left out, and said. */
export const hasNoRoomFor = (table: PointTable, metric: string, values: number): boolean => {
  if (table.metrics.size < MOST_METRICS || table.metrics.has(metric)) return false;
  leaveOut(table, `a recording holds ${MOST_METRICS} metrics`, values);
  return true;
};

export const isPid = (pid: number): boolean => Number.isInteger(pid) && pid >= 0 && pid <= LARGEST_PID;

const columnOf = ({ columns }: PointTable, metric: string, kind: PointKind, pid: number | null): Column => {
  const key = columnKey(metric, pid);
  const known = columns.get(key);
  if (known !== undefined) return known;
  const column = createColumn(metric, kind, pid);
  columns.set(key, column);
  return column;
};

export const columnKey = (metric: string, pid: number | null): string =>
  pid === null ? metric : `${metric} ${pid}`;

const noteName = ({ processes }: PointTable, { pid, startUs: said, comm, realUs, place }: Point): void => {
  if (pid === null || comm === null || comm === '') return;
  const startUs = said != null && said <= LATEST_US ? said : null;
  const runs = processes.get(pid) ?? [];
  processes.set(pid, runs);
  const last = runs.at(-1);
  const name = comm.slice(0, LONGEST_COMM);
  if (last?.comm === name && last.startUs === startUs && realUs >= last.fromUs)
    last.toUs = Math.max(last.toUs, realUs);
  else runs.push({ comm: name, startUs, fromUs: realUs, toUs: realUs, place });
};

/** `sar.disk` of `sar.disk.sda.tps`. */
const familyOf = (metric: string): string => metric.split('.', 2).join('.');

const tooMany = (family: string): string => `${family}.*: a source holds ${MOST_VALUES} values`;

const dropLargestFamily = (table: PointTable): void => {
  const sizes = new Map<string, number>();
  for (const { metric, length } of table.columns.values())
    sizes.set(familyOf(metric), (sizes.get(familyOf(metric)) ?? 0) + length);
  const [largest] = [...sizes].sort(([, a], [, b]) => b - a);
  if (largest === undefined) return;
  const [family, values] = largest;
  for (const [key, { metric }] of table.columns) if (familyOf(metric) === family) table.columns.delete(key);
  for (const metric of table.metrics.keys()) if (familyOf(metric) === family) table.metrics.delete(metric);
  table.dropped.add(family);
  table.size -= values;
  leaveOut(table, tooMany(family), values);
};

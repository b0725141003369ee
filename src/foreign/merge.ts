/**
 * Several sources of one host on one timeline. Where two have the same series at the same time, the one that comes first
 * is taken, and how many values of the other were left out is reported: a sosreport has a day's numbers three times.
 */
import { type Column, isLogged, keepOnly } from './columns.ts';
import {
  columnKey,
  createPoints,
  hasNoRoomFor,
  leaveOut,
  type PointTable,
  rangeOf,
  type Stretch,
  timesOf,
} from './point-table.ts';
import type { Format } from './source.ts';

export type Source = {
  readonly name: string;
  readonly family: Format['family'];
  readonly table: PointTable;
};

/** The tables are used up. */
export const mergeSources = (sources: readonly Source[]): PointTable => {
  const [first] = sources;
  if (first !== undefined && sources.length === 1) return first.table;
  const into = createPoints('line');
  const held = new Map<string, Stretch[]>();
  const logged: Stretch[] = [];
  const notes = new Map<string, string[]>();
  for (const source of sources) {
    const { table, name } = source;
    for (const note of table.notes) notes.set(note, [...(notes.get(note) ?? []), name]);
    for (const [why, values] of table.leftOut) leaveOut(into, why, values);
    const offsets = { reading: into.times.us.length, event: into.events.us.length };
    const isNews = (column: Column, realUs: number): boolean =>
      !isIn(isLogged(column.kind) ? logged : (held.get(keyOf(table, column)) ?? []), realUs);
    for (const column of table.columns.values()) {
      leaveOutKnown(into, column, table, (realUs) => isNews(column, realUs));
      if (column.length > 0) addColumn(into, column, table, offsets);
    }
    for (const column of table.columns.values()) noteHeld(held, keyOf(table, column), column, table);
    const isDoubled = source.family === 'log' ? logged : [];
    for (const mark of table.marks) if (!isIn(isDoubled, mark.realUs)) into.marks.push(mark);
    for (const realUs of table.events.us) into.events.us.push(realUs);
    for (const [index, realUs] of table.times.us.entries()) {
      into.times.us.push(realUs);
      into.spansUs.push(table.spansUs[index] ?? 0);
    }
    into.covered = into.covered.concat(table.covered);
    if (source.family === 'log') logged.push(...table.covered);
    into.everyUs = finer(into.everyUs, table.everyUs);
    addNames(into, table);
  }
  for (const [note, [name = '', ...others]] of notes)
    into.notes.add(`${note} (${name}${others.length === 0 ? '' : ` and ${others.length} more`})`);
  return into;
};

const finer = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

const isIn = (stretches: readonly Stretch[], realUs: number): boolean =>
  stretches.some(({ fromUs, toUs }) => realUs >= fromUs && realUs <= toUs);

/** Its name in the source: ids are made anew, because two names can have had one id. */
const keyOf = ({ names }: PointTable, { metric, pid }: Column): string =>
  columnKey(names.nameOf(metric), pid);

const leaveOutKnown = (
  into: PointTable,
  column: Column,
  table: PointTable,
  isNews: (realUs: number) => boolean,
): void => {
  const { us } = timesOf(table, column.kind);
  const kept: number[] = [];
  for (let index = 0; index < column.length; index += 1)
    if (isNews(us[column.at[index] ?? 0] ?? 0)) kept.push(index);
  if (kept.length === column.length) return;
  leaveOut(into, 'values that another source has for the same time', column.length - kept.length);
  keepOnly(column, kept);
};

const addColumn = (
  into: PointTable,
  column: Column,
  table: PointTable,
  offsets: { readonly reading: number; readonly event: number },
): void => {
  const metric = into.names.idOf(table.names.nameOf(column.metric)) ?? column.metric;
  if (hasNoRoomFor(into, metric, column.length)) return;
  const known = into.metrics.get(metric);
  const ofProcesses = column.pid !== null;
  if (known !== undefined && (known.kind !== column.kind || known.ofProcesses !== ofProcesses)) {
    leaveOut(into, `${metric} is something else in another source`, column.length);
    return;
  }
  into.metrics.set(metric, known ?? { kind: column.kind, ofProcesses });
  const offset = isLogged(column.kind) ? offsets.event : offsets.reading;
  column.at = column.at.map((number) => number + offset);
  const key = columnKey(metric, column.pid);
  const before = into.columns.get(key);
  into.columns.set(
    key,
    before === undefined ? { ...column, metric } : joined(before, column, into, table, offset),
  );
  into.size += column.length;
};

/** Two stretches of one series, in order of time. */
const joined = (
  before: Column,
  after: Column,
  into: PointTable,
  table: PointTable,
  offset: number,
): Column => {
  const known = timesOf(into, before.kind).us;
  const news = timesOf(table, after.kind).us;
  const timeOf = (number: number): number => (number < offset ? known[number] : news[number - offset]) ?? 0;
  const whole: Column = {
    ...before,
    length: before.length + after.length,
    at: Uint32Array.from([...before.at.subarray(0, before.length), ...after.at.subarray(0, after.length)]),
    values: Float64Array.from([
      ...before.values.subarray(0, before.length),
      ...after.values.subarray(0, after.length),
    ]),
    places: new Uint32Array(before.length + after.length),
  };
  const order = Array.from({ length: whole.length }, (_, index) => index);
  order.sort((a, b) => timeOf(whole.at[a] ?? 0) - timeOf(whole.at[b] ?? 0));
  keepOnly(whole, order);
  return whole;
};

const noteHeld = (held: Map<string, Stretch[]>, key: string, column: Column, table: PointTable): void => {
  if (column.length === 0 || isLogged(column.kind)) return;
  held.set(key, [...(held.get(key) ?? []), rangeOf(table.times.us)]);
};

const addNames = (into: PointTable, table: PointTable): void => {
  for (const [pid, runs] of table.processes) {
    const known = into.processes.get(pid) ?? [];
    for (const run of runs) {
      const other = known.find(({ fromUs, toUs }) => run.fromUs <= toUs && run.toUs >= fromUs);
      if (other === undefined) known.push(run);
      else if (other.comm !== run.comm)
        leaveOut(into, 'names of a PID that has another one in another source');
    }
    into.processes.set(
      pid,
      known.sort((a, b) => a.fromUs - b.fromUs),
    );
  }
};

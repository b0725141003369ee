/**
 * A table that was read to its end, put in order: every series and every name by time. Two values of one series at one
 * time are never merged in silence: equal ones are taken once, and that is reported, others are refused. What a log reports
 * adds up.
 */
import { type Column, isLogged, keepOnly } from './columns.ts';
import { leaveOut, type NameRun, type PointTable, timesOf, type Unreadable, whereIn } from './point-table.ts';

/** Readings further apart than so many usual distances have a gap between them. */
const FOLLOWING = 1.5;

/** Where two values or two names claim one time: why not. */
export const settle = (table: PointTable): Unreadable | null => {
  let unsorted = 0;
  for (const column of table.columns.values()) {
    const { us } = timesOf(table, column.kind);
    const timeAt = (index: number): number => us[column.at[index] ?? 0] ?? 0;
    const turned = countTurned(column, timeAt);
    if (!isLogged(column.kind)) unsorted += turned;
    const order = Array.from({ length: column.length }, (_, index) => index);
    if (turned > 0) order.sort((a, b) => timeAt(a) - timeAt(b) || a - b);
    const kept = isLogged(column.kind) ? order : singly(table, column, order);
    if ('why' in kept) return kept;
    if (kept.length < column.length || turned > 0) keepOnly(column, kept);
  }
  if (unsorted > 0)
    table.notes.add(
      `${unsorted} rows stood before their time and were sorted; if a clock was set back there, two times are mixed`,
    );
  settleTimes(table);
  return settleNames(table);
};

const countTurned = ({ length }: Column, timeAt: (index: number) => number): number => {
  let turned = 0;
  for (let index = 1; index < length; index += 1) if (timeAt(index) < timeAt(index - 1)) turned += 1;
  return turned;
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

/** What readings cover, and how long before each of them what is counted there began. */
const settleTimes = (table: PointTable): void => {
  const { us, numbers } = table.times;
  if (us.length === 0) return;
  const sorted = [...us].sort((a, b) => a - b);
  const everyUs = usualGap(sorted);
  table.everyUs = everyUs;
  // Where all that is reported are differences, nothing reported is nothing that happened.
  const isOfDeltas = [...table.metrics.values()].every(({ kind }) => kind === 'delta' || isLogged(kind));
  let fromUs = (sorted[0] ?? 0) - everyUs;
  sorted.forEach((realUs, index) => {
    const beforeUs = sorted[index - 1] ?? realUs - everyUs;
    const follows = realUs - beforeUs <= FOLLOWING * everyUs;
    table.spansUs[numbers.get(realUs) ?? 0] ??= follows ? realUs - beforeUs : everyUs;
    if (follows || isOfDeltas) return;
    table.covered.push({ fromUs, toUs: beforeUs });
    fromUs = realUs - everyUs;
  });
  table.covered.push({ fromUs, toUs: sorted.at(-1) ?? fromUs });
};

/** The middle one of the distances between sorted times, in µs; a second where there is none. */
const usualGap = (sorted: readonly number[]): number => {
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? 0));
  gaps.sort((a, b) => a - b);
  return Math.max(1, gaps[gaps.length >> 1] ?? 1_000_000);
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
      // Lines of a log have whole seconds, in which a PID can have two owners.
      else if (table.events.us.length > 0)
        leaveOut(table, 'names of a PID that had another in the same second');
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

/** Tables whose times are numbers of frames until all of them were read: those numbers as instants. */
import { leaveOut, type PointTable } from './point-table.ts';

/** Points of a frame whose time nobody can know, for which it is null, are left out. */
export const retime = (table: PointTable, instantOf: (frame: number) => number | null): void => {
  const known = table.times.us.map((frame) => instantOf(frame));
  const numbers = new Map<number, number>();
  const us: number[] = [];
  // The index of a reading stays what it is: columns refer to it. What is not known goes with its points.
  const renumbered = known.map((realUs) => {
    if (realUs === null) return -1;
    numbers.set(realUs, us.length);
    us.push(realUs);
    return us.length - 1;
  });
  for (const column of table.columns.values()) {
    let length = 0;
    for (let index = 0; index < column.length; index += 1) {
      const at = renumbered[column.at[index] ?? 0] ?? -1;
      if (at < 0) continue;
      column.at[length] = at;
      column.values[length] = column.values[index] ?? 0;
      column.places[length] = column.places[index] ?? 0;
      length += 1;
    }
    if (length < column.length)
      leaveOut(
        table,
        'values at a time that cannot be known, or that the clock had shown before',
        column.length - length,
      );
    column.length = length;
  }
  table.times = { us, numbers };
  for (const [pid, runs] of table.processes)
    table.processes.set(
      pid,
      runs.flatMap((run) => {
        const [fromUs, toUs] = [instantOf(run.fromUs), instantOf(run.toUs)];
        return fromUs === null || toUs === null ? [] : [{ ...run, fromUs, toUs }];
      }),
    );
};

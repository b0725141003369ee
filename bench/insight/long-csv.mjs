// A synthetic session as the long CSV that `stallscope import` reads: what a reader of another tool would hand over.
import { closeSync, openSync, writeSync } from 'node:fs';

const START_SECONDS = 1_700_000_000;

/** Deltas that are zero are left out, as the format allows; missed samples have no row at all. */
export const writeLongCsv = (session, path) => {
  const file = openSync(path, 'w');
  writeSync(file, 'time,metric,value,pid,comm,kind\n');
  for (let at = 0; at < session.ticks; at += 1) {
    if (session.missed.has(at)) continue;
    const rows = [];
    session.series.forEach(({ metric, pid, kind }, index) => {
      const value = session.values[index][at];
      if (kind !== 'gauge' && value === 0) return;
      rows.push(
        `${START_SECONDS + at},${metric},${value},${pid},p${pid},${kind === 'gauge' ? 'gauge' : 'delta'}\n`,
      );
    });
    writeSync(file, rows.join(''));
  }
  closeSync(file);
};

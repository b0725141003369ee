/**
 * A plain long CSV: a header line with `time,metric,value` and, if wanted, `pid,comm,kind`, in any order. Time is in
 * epoch seconds, or ISO; kind is `delta` per interval, `total` cumulative, or `gauge` (the default). Quotes as in RFC
 * 4180, on one line. A line that cannot be read is refused with its number: a silent hole would be read as quiet.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { addPoint, createPoints, type PointKind, type PointTable } from './points.ts';

export type Unreadable = { readonly line: number; readonly why: string };

const NEEDED = ['time', 'metric', 'value'] as const;
const KINDS: ReadonlySet<string> = new Set(['delta', 'total', 'gauge'] satisfies PointKind[]);

/** Reads it whole. Throws what reading the file throws. */
export const readLongCsv = async (path: string): Promise<PointTable | Unreadable> => {
  const table = createPoints();
  const input = createReadStream(path, 'utf8');
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let columns: ReadonlyMap<string, number> | null = null;
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      if (line.trim() === '') continue;
      const cells = cellsOf(number === 1 ? line.replace(/^\ufeff/, '') : line);
      if (columns === null) {
        columns = new Map(cells.map((name, index) => [name.trim().toLowerCase(), index]));
        const lacking = NEEDED.filter((name) => !columns?.has(name));
        if (lacking.length > 0) return { line: number, why: `its header lacks ${lacking.join(', ')}` };
        continue;
      }
      const why = take(table, columns, cells);
      if (why !== null) return { line: number, why };
    }
  } finally {
    input.destroy();
  }
  return table.times.length === 0 ? { line: number, why: 'it has no rows' } : table;
};

const cellsOf = (line: string): string[] => {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
};

/** null when the row was taken, otherwise why not. */
const take = (
  table: PointTable,
  columns: ReadonlyMap<string, number>,
  cells: readonly string[],
): string | null => {
  const cell = (name: string): string => cells[columns.get(name) ?? -1]?.trim() ?? '';
  const realMs = timeOf(cell('time'));
  if (realMs === null) return `"${cell('time')}" is neither epoch seconds nor an ISO time`;
  const metric = metricOf(cell('metric'));
  if (metric === null) return `"${cell('metric')}" names no metric`;
  const value = cell('value') === '' ? Number.NaN : Number(cell('value'));
  if (!Number.isFinite(value)) return `"${cell('value')}" is not a number`;
  const kind = cell('kind') === '' ? 'gauge' : cell('kind');
  if (!KINDS.has(kind)) return `"${kind}" is not a kind: delta, total or gauge`;
  const pid = cell('pid') === '' ? null : Number(cell('pid'));
  if (pid !== null && !(Number.isInteger(pid) && pid >= 0 && pid <= 2 ** 31))
    return `"${cell('pid')}" is not a PID`;
  addPoint(table, { realMs, metric, value, kind: kind as PointKind, pid, comm: cell('comm') || null });
  return null;
};

const timeOf = (text: string): number | null => {
  const realMs = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  return Number.isFinite(realMs) ? realMs : null;
};

/** Names as recordings allow them; what they do not allow becomes `_`. */
export const metricOf = (text: string): string | null => {
  const name = text.replace(/[^\w.:-]/g, '_').slice(0, 120);
  if (name === '') return null;
  return /^[a-z]/i.test(name) ? name : `m.${name}`;
};

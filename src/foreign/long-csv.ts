/**
 * A plain long CSV: a header line with `time,metric,value` and, if wanted, `pid,start,comm,kind,cgroup`, in any order.
 * Time is since 1970 in s, ms, µs or ns (known by its size, one unit a file), or ISO, and so is `start`, which keeps two
 * processes of one PID apart; `kind` is `delta` per interval, `total` cumulative, `max` the largest so far, or `gauge` (the
 * default). Quotes as in RFC 4180, on one line. A line that cannot be read for certain is refused with its number: a silent
 * hole would be read as quiet, and a guess as a measurement.
 *
 * One with the columns `start` and `coverage` is what `stallscope export` writes: its texts are read as it escapes them.
 */
import { fromDistinct } from '../core/safe-text.ts';
import { cellsOf } from './csv-line.ts';
import { type Chunks, readLines } from './lines.ts';
import {
  addPoint,
  createPoints,
  leaveOut,
  type PointKind,
  type PointTable,
  type Unreadable,
} from './point-table.ts';
import { settle } from './settle.ts';
import { readStamp } from './stamp.ts';
import { UTC, type Zone } from './zone.ts';

const NEEDED = ['time', 'metric', 'value'] as const;
const KNOWN: ReadonlySet<string> = new Set([...NEEDED, 'pid', 'start', 'comm', 'kind', 'cgroup']);
/** Of what we have exported: what the header of the recording says again, or nobody can read back. */
const EXPORTED: ReadonlySet<string> = new Set(['host', 'unit', 'coverage', 'note']);
const KINDS: ReadonlySet<string> = new Set(['delta', 'total', 'gauge', 'max'] satisfies PointKind[]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

type Reader = {
  readonly table: PointTable;
  readonly columns: ReadonlyMap<string, number>;
  readonly isOurs: boolean;
  readonly zone: Zone | null;
  /** Of the first time; the others must be the same. */
  unit: string | null;
};

/** Reads it whole. `zone` is what times without one are in. Throws what reading throws. */
export const readLongCsv = async (chunks: Chunks, zone: Zone | null): Promise<PointTable | Unreadable> => {
  const table = createPoints('line');
  let reader: Reader | null = null;
  let last = 0;
  const refused = await readLines(chunks, (line, number) => {
    last = number;
    if (line.trim() === '') return null;
    const cells = cellsOf(line);
    if (cells === null) return 'its quotes do not close';
    if (reader !== null) return take(reader, cells, number);
    const columns = columnsOf(table, cells);
    if (typeof columns === 'string') return columns;
    reader = { table, columns, isOurs: isExported([...columns.keys()]), zone, unit: null };
    return null;
  });
  if (refused !== null) return refused;
  if (table.times.us.length === 0) return { where: `line ${last}`, why: 'it has no rows' };
  return settle(table) ?? table;
};

/** The header's columns by name, or why it is none. */
const columnsOf = (table: PointTable, cells: readonly string[]): ReadonlyMap<string, number> | string => {
  const names = cells.map((name) => name.trim().toLowerCase());
  const lacking = NEEDED.filter((name) => !names.includes(name));
  if (lacking.length > 0) return `its header lacks ${lacking.join(', ')}`;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `its header names ${twice} twice`;
  const isOurs = isExported(names);
  const unused = names.filter((name) => !KNOWN.has(name) && !(isOurs && EXPORTED.has(name)));
  if (unused.length > 0) table.notes.add(`columns that mean nothing here: ${unused.join(', ')}`);
  return new Map(names.map((name, index) => [name, index]));
};

const isExported = (names: readonly string[]): boolean =>
  names.includes('start') && names.includes('coverage');

/** null when the row was taken, otherwise why not. */
const take = (reader: Reader, cells: readonly string[], place: number): string | null => {
  const { table, columns } = reader;
  if (cells.length !== columns.size) {
    const hint =
      cells.length > columns.size ? ' (decimals take a point, and a text with commas takes quotes)' : '';
    return `${cells.length} cells where the header has ${columns.size}${hint}`;
  }
  const cell = (name: string): string => cells[columns.get(name) ?? -1]?.trim() ?? '';
  if (cell('cgroup') !== '') {
    leaveOut(table, 'numbers of control groups cannot be imported');
    return null;
  }
  const realUs = timeOf(reader, cell('time'));
  if (typeof realUs === 'string') return realUs;
  const startUs = cell('start') === '' ? null : timeOf(reader, cell('start'));
  if (typeof startUs === 'string') return startUs;
  const value = NUMBER.test(cell('value')) ? Number(cell('value')) : Number.NaN;
  if (!Number.isFinite(value)) {
    const hint = /^[+-]?\d+,\d+$/.test(cell('value')) ? ': decimals take a point' : '';
    return `"${cell('value')}" is not a number${hint}`;
  }
  const kind = cell('kind') === '' ? 'gauge' : cell('kind');
  if (!KINDS.has(kind)) return `"${kind}" is not a kind: delta, total, gauge or max`;
  const pid = cell('pid') === '' ? null : Number(cell('pid'));
  if (pid !== null && !(/^\d+$/.test(cell('pid')) && pid <= 2 ** 31)) return `"${cell('pid')}" is not a PID`;
  return addPoint(table, {
    realUs,
    metric: cell('metric'),
    value,
    kind: kind as PointKind,
    pid,
    startUs,
    comm: textOf(reader, cell('comm')) || null,
    place,
  });
};

/** As the process is called; what we have exported has an apostrophe before what a spreadsheet would calculate. */
const textOf = ({ isOurs }: Reader, text: string): string =>
  isOurs ? fromDistinct(text.replace(/^'/, '')) : text;

/** µs since 1970, or why not. */
const timeOf = (reader: Reader, text: string): number | string => {
  const stamp = readStamp(text);
  if (stamp === null) return `"${text}" is neither a time since 1970 nor an ISO time`;
  const unit = stamp.kind === 'local' ? 'local' : stamp.unit;
  reader.unit ??= unit;
  if (reader.unit !== unit) return `"${text}" is of another kind than the times above (${reader.unit})`;
  if (stamp.kind === 'instant') {
    if (unit !== 'seconds' && unit !== 'ISO') reader.table.notes.add(`times are ${unit} since 1970`);
    return stamp.realUs;
  }
  const zone = reader.zone ?? UTC;
  reader.table.notes.add(
    reader.zone === null
      ? 'times carry no zone and were read as UTC (--timezone for another)'
      : `times carry no zone and were read as ${zone.name}`,
  );
  const [instant, second] = zone.instants(stamp.localUs);
  if (instant === undefined) return `there is no "${text}" in ${zone.name}: clocks were set forward over it`;
  if (second !== undefined) return `"${text}" was twice in ${zone.name}: clocks were set back`;
  return instant;
};

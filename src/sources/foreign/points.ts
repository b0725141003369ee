/**
 * From measurements of other tools to a recording of ours. Points are (time, metric, process, value) in any order; what
 * comes out is a header and samples in order of time, as if a tracer had counted them: deltas are summed to cumulative
 * counters, totals pass as they are, gauges are levels. The interval is the usual distance between two times.
 *
 * Where all that is told are deltas, a time at which nothing is told is a sample of zeros; otherwise it is a sample
 * that was missed.
 */
import type { MetricDescriptor, MetricUnit } from '../../core/metric.ts';
import {
  type HeaderRecord,
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type SampleRecord,
  type StreamRecord,
} from '../../core/record.ts';

export type PointKind = 'delta' | 'total' | 'gauge';

export type Point = {
  readonly realMs: number;
  readonly metric: string;
  readonly value: number;
  readonly kind: PointKind;
  readonly pid: number | null;
  readonly comm: string | null;
};

export type ForeignHost = Partial<HeaderRecord['host']>;

export type Foreign = {
  readonly header: HeaderRecord;
  readonly records: Generator<StreamRecord>;
  readonly metrics: number;
  readonly processes: number;
};

/** One series, and its values by the number of their time. */
type Column = {
  readonly metric: string;
  readonly kind: PointKind;
  readonly pid: number | null;
  readonly at: number[];
  readonly values: number[];
};

export type PointTable = {
  readonly columns: Map<string, Column>;
  /** ms since 1970 of each time, in the order in which they were met. */
  readonly times: number[];
  readonly numbers: Map<number, number>;
  /** Name of a PID from a time on. */
  readonly names: Map<number, { readonly realMs: number; readonly comm: string }[]>;
};

const FIRST_BOOT_US = 1_000_000_000;
/** More samples of zeros than this are not made up. */
const MOST_FILLED = 1_000_000;

export const createPoints = (): PointTable => ({
  columns: new Map(),
  times: [],
  numbers: new Map(),
  names: new Map(),
});

export const addPoint = (table: PointTable, { realMs, metric, value, kind, pid, comm }: Point): void => {
  let number = table.numbers.get(realMs);
  if (number === undefined) {
    number = table.times.length;
    table.times.push(realMs);
    table.numbers.set(realMs, number);
  }
  const key = pid === null ? metric : `${metric} ${pid}`;
  let column = table.columns.get(key);
  if (column === undefined) {
    column = { metric, kind, pid, at: [], values: [] };
    table.columns.set(key, column);
  }
  column.at.push(number);
  column.values.push(value);
  if (pid === null || comm === null || comm === '') return;
  const names = table.names.get(pid) ?? [];
  if (names.at(-1)?.comm !== comm) names.push({ realMs, comm });
  table.names.set(pid, names);
};

/** The recording. `tool` is what the points are from. */
export const recordingOf = (table: PointTable, host: ForeignHost, version: string): Foreign => {
  const intervalMs = usualGap(table.times);
  const times = gridOf(table, intervalMs);
  const firstMs = times[0] ?? 0;
  const metrics = describe(table);
  const header: HeaderRecord = {
    type: 'header',
    format: RECORDING_FORMAT,
    version: RECORDING_VERSION,
    tool: { name: 'stallscope', version },
    host: { hostname: 'imported', kernel: 'unknown', arch: 'unknown', cpus: 0, memoryBytes: 0, ...host },
    bpftrace: null,
    // One interval before the first time: what it tells happened in it.
    clock: { bootUs: FIRST_BOOT_US, realMs: firstMs - intervalMs },
    intervalMs,
    mapKeys: table.columns.size + 1,
    selection: { pids: [], comm: null, command: null },
    probes: [{ id: 'import', variant: 'import', state: 'attached' }],
    metrics,
  };
  return {
    header,
    records: recordsOf(table, header, times),
    metrics: metrics.length,
    processes: table.names.size,
  };
};

const usualGap = (times: readonly number[]): number => {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? 0));
  gaps.sort((a, b) => a - b);
  return Math.max(1, Math.round(gaps[gaps.length >> 1] ?? 1000));
};

const gridOf = (table: PointTable, intervalMs: number): number[] => {
  const sorted = [...table.times].sort((a, b) => a - b);
  if ([...table.columns.values()].some(({ kind }) => kind !== 'delta')) return sorted;
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  if ((last - first) / intervalMs > MOST_FILLED) return sorted;
  const filled = new Set(sorted);
  for (let index = 1; index < sorted.length; index += 1) {
    const until = (sorted[index] ?? 0) - intervalMs / 2;
    for (let time = (sorted[index - 1] ?? 0) + intervalMs; time < until; time += intervalMs) filled.add(time);
  }
  return [...filled].sort((a, b) => a - b);
};

const describe = ({ columns }: PointTable): MetricDescriptor[] => {
  const metrics = new Map<string, MetricDescriptor>();
  for (const { metric, kind, pid } of columns.values()) {
    const known = metrics.get(metric);
    if (known !== undefined && (known.scope === 'pid' || pid === null)) continue;
    metrics.set(metric, {
      id: metric,
      probe: pid === null ? 'host' : 'import',
      scope: pid === null ? 'host' : 'pid',
      kind: kind === 'gauge' ? 'gauge' : 'counter',
      unit: unitOf(metric),
      label: (metric.split('.').at(-1) ?? metric).slice(0, 14),
      help: `Imported as ${kind}.`,
    });
  }
  return [...metrics.values()];
};

/** By the names that tracing uses. */
const UNITS: readonly (readonly [RegExp, MetricUnit])[] = [
  [/_ns$/, 'ns'],
  [/_us$/, 'us'],
  [/_ms$/, 'ms'],
  [/bytes$/, 'bytes'],
  [/percent/, 'percent'],
  [/^(mem|swap)\.|kB$|pgpg(in|out)$/, 'KiB'],
  [/^load\./, 'load'],
  [/^vm\.pg(scan|steal)|refault/, 'pages'],
];

const unitOf = (metric: string): MetricUnit =>
  UNITS.find(([pattern]) => pattern.test(metric))?.[1] ?? 'count';

const NO_COST: SampleRecord['self'] = {
  cpuMs: 0,
  rssBytes: 0,
  tracerCpuMs: 0,
  tracerRssBytes: 0,
  mapBytes: 0,
};

function* recordsOf(
  table: PointTable,
  header: HeaderRecord,
  times: readonly number[],
): Generator<StreamRecord> {
  const bootOf = (realMs: number): number =>
    Math.round(header.clock.bootUs + (realMs - header.clock.realMs) * 1000);
  const rows = rowsByTime(table);
  const scopes = new Map(header.metrics.map(({ id, scope }) => [id, scope]));
  const sums = new Map<Column, number>();
  const owners = new Map<number, string>();
  let seq = 0;
  let beforeMs = times[0] ?? 0;
  for (const realMs of times) {
    // What is told per interval belongs to the last one, not to the time since the last sample.
    if (realMs - beforeMs > 1.5 * header.intervalMs) {
      const [fromMs, toMs] = [beforeMs, realMs - header.intervalMs];
      yield {
        type: 'gap',
        bootUs: bootOf(toMs),
        fromBootUs: bootOf(fromMs),
        reason: 'no samples in what was imported',
      };
    }
    beforeMs = realMs;
    const counters: Record<string, [number, number][]> = {};
    const host: Record<string, number> = {};
    for (const [column, value] of rows.get(table.numbers.get(realMs) ?? -1) ?? []) {
      const told = column.kind === 'delta' ? (sums.get(column) ?? 0) + Math.max(0, value) : value;
      if (column.kind === 'delta') sums.set(column, told);
      if (scopes.get(column.metric) === 'host') host[column.metric] = told;
      else {
        counters[column.metric] ??= [];
        counters[column.metric]?.push([column.pid ?? 0, told]);
        if (column.pid !== null) yield* introduce(table, owners, column.pid, realMs, bootOf);
      }
    }
    // A host counter that nothing is told of has not moved; its first reading is what it starts from.
    if (seq === 0)
      for (const { metric, kind } of table.columns.values())
        if (kind === 'delta' && scopes.get(metric) === 'host') host[metric] ??= 0;
    yield {
      type: 'sample',
      seq,
      bootUs: bootOf(realMs),
      epoch: 0,
      counted: true,
      full: false,
      counters,
      host,
      self: NO_COST,
    };
    seq += 1;
  }
  const endUs = bootOf(times.at(-1) ?? 0);
  yield { type: 'trailer', bootUs: endUs, reason: 'imported', samples: seq, records: seq + 2 };
}

const rowsByTime = ({ columns }: PointTable): Map<number, [Column, number][]> => {
  const rows = new Map<number, [Column, number][]>();
  for (const column of columns.values()) {
    column.at.forEach((number, index) => {
      const value = column.values[index] as number;
      const row = rows.get(number);
      if (row === undefined) rows.set(number, [[column, value]]);
      else row.push([column, value]);
    });
  }
  return rows;
};

/** Who a PID is, when it is first told of, and when it bears another name. */
function* introduce(
  { names }: PointTable,
  owners: Map<number, string>,
  pid: number,
  realMs: number,
  bootOf: (realMs: number) => number,
): Generator<StreamRecord> {
  const comm = names.get(pid)?.findLast((name) => name.realMs <= realMs)?.comm;
  const before = owners.get(pid);
  if (comm === undefined || comm === before) return;
  owners.set(pid, comm);
  const bootUs = bootOf(realMs);
  // What has a name from the beginning was there before it; a later name is a later process.
  yield { type: 'process', bootUs, pid, startMs: before === undefined ? 0 : Math.floor(bootUs / 1000), comm };
}

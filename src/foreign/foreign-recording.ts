/**
 * From measurements of other tools to a recording of ours: a header and samples in order of time. Deltas are summed to
 * cumulative counters, so are the growths of totals (one that falls was reset, and all of it is new), gauges are levels.
 * The interval is the usual distance between two times. The header says what it was imported from, what was assumed and
 * how coarse it is; what was left out is a loss.
 *
 * Where all that is reported are deltas, a time at which nothing is reported is a sample of zeros; otherwise it is a sample
 * that was missed.
 */
import type { MetricDescriptor, MetricUnit } from '../core/metric.ts';
import {
  type HeaderRecord,
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type SampleRecord,
  type StreamRecord,
} from '../core/record.ts';
import type { Column, NameRun, PointTable } from './point-table.ts';

export type ForeignHost = Partial<HeaderRecord['host']>;

export type Foreign = {
  readonly header: HeaderRecord;
  readonly records: Generator<StreamRecord>;
  readonly metrics: number;
  readonly processes: number;
};

/** The machine had run for a while by then: what was there before has a start of its own. */
const FIRST_BOOT_US = 1_000_000_000;
/** Of a name as the source has it, in the description of its metric. */
const LONGEST_NAME = 2_000;
/** More samples of zeros than this are not made up. */
const MOST_FILLED = 1_000_000;

/** The recording of a settled table. `source` is what wrote the points. */
export const recordingOf = (
  table: PointTable,
  source: { readonly from: string; readonly host: ForeignHost },
  version: string,
): Foreign => {
  const intervalUs = usualGap(table.times);
  const times = gridOf(table, intervalUs);
  const firstUs = times[0] ?? 0;
  const metrics = describe(table);
  const header: HeaderRecord = {
    type: 'header',
    format: RECORDING_FORMAT,
    version: RECORDING_VERSION,
    tool: { name: 'stallscope', version },
    host: {
      hostname: 'imported',
      kernel: 'unknown',
      arch: 'unknown',
      cpus: 0,
      memoryBytes: 0,
      ...source.host,
    },
    bpftrace: null,
    // One interval before the first time: what it says happened in it.
    clock: { bootUs: FIRST_BOOT_US, realMs: (firstUs - intervalUs) / 1000 },
    intervalMs: Math.max(1, Math.round(intervalUs / 1000)),
    mapKeys: table.columns.size + 1,
    selection: { pids: [], comm: null, command: null },
    imported: { from: source.from, notes: [...table.notes] },
    probes: [{ id: 'import', variant: 'import', state: 'attached' }],
    metrics,
  };
  return {
    header,
    records: recordsOf(table, times, intervalUs),
    metrics: metrics.length,
    processes: table.processes.size,
  };
};

/** The middle one of the distances between times, in µs. */
const usualGap = (times: readonly number[]): number => {
  const sorted = [...times].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? 0));
  gaps.sort((a, b) => a - b);
  return Math.max(1, gaps[gaps.length >> 1] ?? 1_000_000);
};

const gridOf = (table: PointTable, intervalUs: number): number[] => {
  const sorted = [...table.times].sort((a, b) => a - b);
  if ([...table.columns.values()].some(({ kind }) => kind !== 'delta')) return sorted;
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  if ((last - first) / intervalUs > MOST_FILLED) return sorted;
  const filled = new Set(sorted);
  for (let index = 1; index < sorted.length; index += 1) {
    const until = (sorted[index] ?? 0) - intervalUs / 2;
    for (let time = (sorted[index - 1] ?? 0) + intervalUs; time < until; time += intervalUs) filled.add(time);
  }
  return [...filled].sort((a, b) => a - b);
};

const describe = ({ metrics, names }: PointTable): MetricDescriptor[] =>
  [...metrics].map(([id, { kind, ofProcesses }]) => {
    const name = names.nameOf(id);
    return {
      id,
      probe: ofProcesses ? 'import' : 'host',
      scope: ofProcesses ? 'pid' : 'host',
      kind: kind === 'gauge' || kind === 'max' ? kind : 'counter',
      unit: unitOf(id),
      label: (id.split('.').at(-1) ?? id).slice(0, 14),
      help: `Imported as ${kind}${name === id ? '' : `: ${name.slice(0, LONGEST_NAME)}`}.`,
    };
  });

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
  times: readonly number[],
  intervalUs: number,
): Generator<StreamRecord> {
  const firstUs = times[0] ?? 0;
  const bootOf = (realUs: number): number => FIRST_BOOT_US + realUs - (firstUs - intervalUs);
  const rows = rowsByTime(table);
  const levels = new Map<Column, Level>();
  const owners = new Map<number, NameRun>();
  for (const [why, count] of table.leftOut)
    yield { type: 'loss', bootUs: bootOf(firstUs), kind: 'not-imported', count, detail: why };
  let seq = 0;
  // A counter of the host differs from its first reading: what the first interval brought needs one before it.
  const zeros = zerosOf(table);
  if (Object.keys(zeros).length > 0) {
    yield sampleOf(seq, FIRST_BOOT_US, {}, zeros);
    seq += 1;
  }
  let beforeUs = firstUs;
  for (const realUs of times) {
    // What is reported per interval belongs to the last one, not to the time since the last sample.
    if (realUs - beforeUs > 1.5 * intervalUs) {
      const [fromBootUs, bootUs] = [bootOf(beforeUs), bootOf(realUs - intervalUs)];
      yield { type: 'gap', bootUs, fromBootUs, reason: 'no samples in what was imported' };
    }
    beforeUs = realUs;
    const counters: Record<string, [number, number][]> = {};
    const host: Record<string, number> = {};
    const row = rows.get(table.numbers.get(realUs) ?? -1) ?? [];
    for (const pid of new Set(row.map(([column]) => column.pid))) {
      if (pid === null) continue;
      for (const record of introduce(table.processes.get(pid) ?? [], owners, pid, {
        realUs,
        bootUs: bootOf(realUs),
      })) {
        if (record.type === 'forget') beginAnew(levels, pid);
        yield record;
      }
    }
    for (const [column, value] of row) {
      const { metric, pid } = column;
      const reported = accumulate(levels, column, value);
      if (pid === null) {
        host[metric] = reported;
        continue;
      }
      counters[metric] ??= [];
      counters[metric]?.push([pid, reported]);
    }
    yield sampleOf(seq, bootOf(realUs), counters, host);
    seq += 1;
  }
  const endUs = bootOf(times.at(-1) ?? 0);
  yield { type: 'trailer', bootUs: endUs, reason: 'imported', samples: seq, records: seq + 2 };
}

const zerosOf = ({ columns }: PointTable): Record<string, number> =>
  Object.fromEntries(
    [...columns.values()].flatMap(({ metric, kind, pid }) =>
      kind === 'delta' && pid === null ? [[metric, 0] as const] : [],
    ),
  );

const sampleOf = (
  seq: number,
  bootUs: number,
  counters: SampleRecord['counters'],
  host: SampleRecord['host'],
): SampleRecord => ({
  type: 'sample',
  seq,
  bootUs,
  epoch: 0,
  counted: true,
  full: false,
  counters,
  host,
  self: NO_COST,
});

type Level = { sum: number; last: number };

/** What a column comes to. A total counts from its first reading; one that falls was reset, and counts from zero. */
const accumulate = (levels: Map<Column, Level>, column: Column, value: number): number => {
  if (column.kind === 'gauge' || column.kind === 'max') return value;
  const level = levels.get(column) ?? { sum: 0, last: column.kind === 'total' ? value : 0 };
  levels.set(column, level);
  if (column.kind === 'delta') level.sum += value;
  else level.sum += value >= level.last ? value - level.last : value;
  level.last = value;
  return level.sum;
};

/** Another process has the PID: what it counts begins at zero. */
const beginAnew = (levels: Map<Column, Level>, pid: number): void => {
  for (const column of levels.keys()) if (column.pid === pid) levels.set(column, { sum: 0, last: 0 });
};

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

/** Who a PID is, when it is first reported, and when it bears another name. */
function* introduce(
  runs: readonly NameRun[],
  owners: Map<number, NameRun>,
  pid: number,
  { realUs, bootUs }: { readonly realUs: number; readonly bootUs: number },
): Generator<StreamRecord> {
  const before = owners.get(pid);
  const run = runs.findLast(({ fromUs }) => fromUs <= realUs);
  if (run === undefined || run === before) return;
  owners.set(pid, run);
  if (run.comm === before?.comm && run.startUs === before.startUs) return;
  // Where starts are not known it may be the same one, by another name.
  if (before !== undefined && before.startUs !== run.startUs) yield { type: 'forget', bootUs, pid };
  yield {
    type: 'process',
    bootUs,
    pid,
    startMs: startOf(run, before, { realUs, bootUs }),
    comm: run.comm,
  };
}

/** Where nothing is said of it: what has a name from the beginning was there before it, a later name is a later process. */
const startOf = (
  { startUs }: NameRun,
  before: NameRun | undefined,
  { realUs, bootUs }: { readonly realUs: number; readonly bootUs: number },
): number =>
  startUs === null
    ? before === undefined
      ? 0
      : Math.floor(bootUs / 1000)
    : Math.max(0, Math.round((bootUs + startUs - realUs) / 10_000) * 10);

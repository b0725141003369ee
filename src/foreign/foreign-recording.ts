/**
 * From measurements of other tools to a recording of ours: a header and samples in order of time, with marks and losses.
 * The interval is the usual distance between two readings; of logs alone it is a second. The header says what it was
 * imported from, what was assumed and how coarse it is.
 */
import { LONGEST_INTERVAL_MS } from '../core/bounds.ts';
import {
  type HeaderRecord,
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type SampleRecord,
  type StreamRecord,
} from '../core/record.ts';
import { describe } from './describe.ts';
import { type Grid, gridOf, holesOf } from './grid.ts';
import type { NameRun, PointTable } from './point-table.ts';
import { reportedOn } from './reported.ts';

export type ForeignHost = Partial<HeaderRecord['host']>;

export type Foreign = {
  readonly header: HeaderRecord;
  readonly records: Generator<StreamRecord>;
  readonly metrics: number;
  readonly processes: number;
};

/** `from` is what wrote the points, `coarse` how far apart they are where one interval does not say it. */
export type ForeignSource = {
  readonly from: string;
  readonly host: ForeignHost;
  readonly coarse?: string | undefined;
};

/** The machine had run for a while by then: what was there before has a start of its own. */
const FIRST_BOOT_US = 1_000_000_000;
/** What the header of a recording holds. */
const MOST_NOTES = 64;

/** The recording of a settled table. */
export const recordingOf = (
  table: PointTable,
  { from, host, coarse }: ForeignSource,
  version: string,
): Foreign => {
  const grid = gridOf(table);
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
      ...boundedHost(host),
    },
    bpftrace: null,
    // One interval before the first time: what it says happened in it.
    clock: { bootUs: FIRST_BOOT_US, realMs: ((grid.us[0] ?? 0) - grid.everyUs) / 1000 },
    intervalMs: Math.min(LONGEST_INTERVAL_MS, Math.max(1, Math.round(grid.everyUs / 1000))),
    mapKeys: table.columns.size + 1,
    selection: { pids: [], comm: null, command: null },
    imported: {
      from,
      notes: [...table.notes].slice(0, MOST_NOTES),
      ...(coarse === undefined ? {} : { coarse }),
    },
    probes: [{ id: 'import', variant: 'import', state: 'attached' }],
    metrics,
  };
  return {
    header,
    records: recordsOf(table, grid),
    metrics: metrics.length,
    processes: table.processes.size,
  };
};

const LONGEST_FACT = 256;

/** As recordings have it: what a source says of its host can be anything. */
const boundedHost = (host: ForeignHost): ForeignHost =>
  Object.fromEntries(
    Object.entries(host).flatMap(([name, value]): [string, unknown][] => {
      if (typeof value === 'string') return [[name, value.slice(0, LONGEST_FACT)]];
      const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
      return typeof value !== 'number' || isCount ? [[name, value]] : [];
    }),
  );

const NO_COST: SampleRecord['self'] = {
  cpuMs: 0,
  rssBytes: 0,
  tracerCpuMs: 0,
  tracerRssBytes: 0,
  mapBytes: 0,
};

function* recordsOf(table: PointTable, grid: Grid): Generator<StreamRecord> {
  const firstUs = grid.us[0] ?? 0;
  const bootOf = (realUs: number): number => Math.round(FIRST_BOOT_US + realUs - (firstUs - grid.everyUs));
  for (const [why, count] of table.leftOut)
    yield { type: 'loss', bootUs: bootOf(firstUs), kind: 'not-imported', count, detail: why };
  const reported = reportedOn(table, grid);
  const owners = new Map<number, NameRun>();
  const marks = [...table.marks].sort((a, b) => a.realUs - b.realUs);
  const holes = holesOf(table.covered);
  const zeros = zerosOf(table);
  let [seq, marked, passed] = [0, 0, 0];
  // A counter of the host differs from its first reading: what the first interval brought needs one before it.
  if (Object.keys(zeros).length > 0) {
    yield sampleOf(seq, FIRST_BOOT_US, {}, zeros);
    seq += 1;
  }
  for (const [index, realUs] of grid.us.entries()) {
    for (; (marks[marked]?.realUs ?? Infinity) <= realUs; marked += 1) yield markOf(marks[marked], bootOf);
    for (; (holes[passed]?.toUs ?? Infinity) <= realUs; passed += 1) yield gapOf(holes[passed], bootOf);
    for (const pid of reported.dueAt(index)) {
      const now = { realUs, bootUs: bootOf(realUs) };
      for (const record of introduce(table.processes.get(pid) ?? [], owners, pid, now)) {
        if (record.type === 'forget') reported.beginAnew(pid);
        yield record;
      }
    }
    const counters: Record<string, [number, number][]> = {};
    const host: Record<string, number> = {};
    reported.at(index, ({ metric, pid }, value) => {
      if (pid === null) {
        host[metric] = value;
        return;
      }
      counters[metric] ??= [];
      counters[metric]?.push([pid, value]);
    });
    yield sampleOf(seq, bootOf(realUs), counters, host);
    seq += 1;
  }
  for (; marked < marks.length; marked += 1) yield markOf(marks[marked], bootOf);
  const endUs = bootOf(Math.max(grid.us.at(-1) ?? 0, marks.at(-1)?.realUs ?? 0));
  yield { type: 'trailer', bootUs: endUs, reason: 'imported', samples: seq, records: seq + 2 };
}

type BootOf = (realUs: number) => number;

const markOf = (mark: PointTable['marks'][number] | undefined, bootOf: BootOf): StreamRecord => ({
  type: 'mark',
  // What lies before the first sample of all belongs to its interval.
  bootUs: Math.max(FIRST_BOOT_US, bootOf(mark?.realUs ?? 0)),
  text: mark?.text ?? '',
});

const gapOf = (hole: ReturnType<typeof holesOf>[number] | undefined, bootOf: BootOf): StreamRecord => ({
  type: 'gap',
  bootUs: bootOf(hole?.toUs ?? 0),
  fromBootUs: bootOf(hole?.fromUs ?? 0),
  reason: 'no samples in what was imported',
});

const zerosOf = ({ columns }: PointTable): Record<string, number> =>
  Object.fromEntries(
    [...columns.values()].flatMap(({ metric, kind, pid }) =>
      (kind === 'delta' || kind === 'event') && pid === null ? [[metric, 0] as const] : [],
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
): number => {
  if (startUs !== null) return Math.max(0, Math.round((bootUs + startUs - realUs) / 10_000) * 10);
  return before === undefined ? 0 : Math.floor(bootUs / 1000);
};

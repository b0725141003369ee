/** A whole session in one object or one page: totals per process and metric, what was lost, how far it covers. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import {
  amount,
  cellsOf,
  clean,
  dateTime,
  exact,
  exactAmount,
  fitTo,
  longDuration,
  trustMark,
} from '../format.ts';

/** The contract of `summary --json`: additions are allowed, changes are not. */
export const summaryObject = (snapshot: Snapshot): object => {
  const { header, losses } = snapshot;
  return {
    format: 'stallscope-summary',
    version: 1,
    recording: {
      host: header.host,
      bpftrace: header.bpftrace,
      tool: header.tool,
      start: new Date(Math.round(snapshot.realMs - snapshot.elapsedUs / 1000)).toISOString(),
      end: new Date(Math.round(snapshot.realMs)).toISOString(),
      durationMs: Math.round(snapshot.elapsedUs / 1000),
      intervalMs: header.intervalMs,
      samples: snapshot.samples,
      selection: header.selection,
      complete: snapshot.ended !== null,
      endReason: snapshot.ended?.reason ?? null,
    },
    probes: snapshot.probes,
    metrics: header.metrics,
    coverage: snapshot.coverage,
    pids: byPid(snapshot.rows).map((row) => ({
      pid: row.pid,
      startTime: row.startMs,
      comm: row.comm,
      cmdline: row.cmdline,
      cgroup: row.cgroup,
      exited: row.endedBootUs !== null,
      lateStart: row.lateStart,
      metrics: Object.fromEntries(Object.entries(row.metrics).map(([id, reading]) => [id, reading.total])),
      breakdown: breakdownOf(snapshot, row),
      uncovered: row.uncovered,
    })),
    totals: Object.fromEntries(Object.entries(snapshot.totals).map(([id, reading]) => [id, reading.total])),
    others: snapshot.others,
    host: Object.fromEntries(Object.entries(snapshot.host).map(([id, reading]) => [id, reading.total])),
    losses: {
      lostEvents: losses.lostEvents,
      mapFull: losses.mapFull,
      rejectedLines: losses.rejectedLines,
      unknownMessages: losses.unknownMessages,
      byKind: losses.byKind,
      gaps: losses.gaps,
    },
    marks: snapshot.marks,
    self: snapshot.self,
  };
};

const byPid = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => a.pid - b.pid || (a.startMs ?? 0) - (b.startMs ?? 0));

const breakdownOf = (
  snapshot: Snapshot,
  row: Row,
): Record<string, { key: readonly number[]; total: number }[]> =>
  Object.fromEntries(
    snapshot.metrics
      .filter((metric) => metric.dims !== undefined && metric.id in row.metrics)
      .map((metric) => [
        metric.id,
        snapshot.breakdown(row.id, metric.id).map(({ key, total }) => ({ key, total })),
      ]),
  );

/** Rows shown per probe; the rest is summed in one line. */
const MAX_ROWS = 20;

/** The page: recording, a table per probe, what to know about the numbers. Lines without colour. */
export const summaryLines = (snapshot: Snapshot, source: string, sort?: string): string[] => [
  ...recordingLines(snapshot, source),
  ...snapshot.probes.flatMap((probe) => probeLines(snapshot, probe.id, sort)),
  ...memoryLines(snapshot, sort),
  ...honestyLines(snapshot),
];

const recordingLines = (snapshot: Snapshot, source: string): string[] => {
  const { header } = snapshot;
  const traced = header.selection.command?.join(' ') ?? selectionText(snapshot);
  return [
    `${clean(source)}: ${longDuration(snapshot.elapsedUs / 1e6)}, ${exact(snapshot.samples)} samples from ${dateTime(snapshot.realMs - snapshot.elapsedUs / 1000)}`,
    `  host    ${clean(header.host.hostname)}, Linux ${clean(header.host.kernel)} ${header.host.arch}, ${header.host.cpus} CPUs, ${amount(header.host.memoryBytes, 'bytes')}`,
    `  traced  ${clean(traced)}`,
  ];
};

const selectionText = ({ header: { selection } }: Snapshot): string => {
  if (selection.pids.length > 0) return `PID ${selection.pids.join(', ')}`;
  return selection.comm === null ? 'every process' : `processes named ${selection.comm}`;
};

const probeLines = (snapshot: Snapshot, probeId: string, sort: string | undefined): string[] => {
  const probe = snapshot.probes.find(({ id }) => id === probeId);
  const metrics = snapshot.metrics.filter((metric) => metric.probe === probeId);
  const state = probe?.state === 'attached' ? '' : ` ${probe?.state}`;
  const title = `${probeId} (${probe?.variant ?? 'no variant'}${state})`;
  const reason = probe?.reason === undefined ? [] : [`  ${clean(probe.reason)}`];
  const rows = snapshot.rows
    .filter((row) => metrics.some((metric) => metric.id in row.metrics))
    .sort((a, b) => weight(b, metrics, sort) - weight(a, metrics, sort) || a.pid - b.pid);
  if (rows.length === 0) return ['', `${title}: nothing counted`, ...reason];
  const shown = metrics.filter((metric) => rows.some((row) => metric.id in row.metrics));
  return ['', title, ...reason, ...table(snapshot, rows, shown)];
};

/** What the counted processes hold, as last read; older recordings do not tell. */
const memoryLines = (snapshot: Snapshot, sort: string | undefined): string[] => {
  const metrics = snapshot.metrics.filter(({ probe, scope }) => probe === 'host' && scope === 'pid');
  const rows = snapshot.rows
    .filter((row) => metrics.some((metric) => metric.id in row.metrics))
    .sort((a, b) => weight(b, metrics, sort) - weight(a, metrics, sort) || a.pid - b.pid);
  return rows.length === 0 ? [] : ['', 'memory and faults (/proc)', ...table(snapshot, rows, metrics)];
};

/** Rows are ordered by the metric asked for where the probe has it, otherwise by the first one that they have. */
const weight = (row: Row, metrics: readonly MetricDescriptor[], sort: string | undefined): number =>
  metrics.some(({ id }) => id === sort)
    ? (row.metrics[sort ?? '']?.total ?? 0)
    : (metrics.map((metric) => row.metrics[metric.id]?.total ?? 0).find((total) => total > 0) ?? 0);

const table = (snapshot: Snapshot, rows: readonly Row[], metrics: readonly MetricDescriptor[]): string[] => {
  const cell = (row: Row, metric: MetricDescriptor): string => {
    const reading = row.metrics[metric.id];
    if (reading === undefined) return metric.id in row.uncovered ? 'not covered' : '';
    const bound = trustMark(snapshot.coverage[metric.id]?.coverage);
    return bound + exactAmount(reading.total, metric.unit);
  };
  const lines = [
    ['PID', 'COMMAND', ...metrics.map((metric) => metric.label)],
    ...rows
      .slice(0, MAX_ROWS)
      .map((row) => [String(row.pid), clean(row.comm), ...metrics.map((metric) => cell(row, metric))]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => cellsOf(line[column] ?? ''))),
  );
  const rest = rows.length - MAX_ROWS;
  return [
    ...lines.map((line) =>
      `  ${line.map((text, column) => fitTo(text, widths[column] ?? 0, column === 1 ? 'left' : 'right')).join('  ')}`.trimEnd(),
    ),
    ...(rest > 0 ? [`  … and ${exact(rest)} more: --json has them all`] : []),
  ];
};

const honestyLines = (snapshot: Snapshot): string[] => {
  const { losses } = snapshot;
  const late = snapshot.rows.filter((row) => row.lateStart).length;
  const notes = [
    ...Object.entries(losses.byKind).map(([kind, count]) => `${kind.replaceAll('-', ' ')}: ${exact(count)}`),
    ...losses.mapFull.map((metric) => `kernel map full: ${metric} may lack processes (raise --map-keys)`),
    ...losses.gaps.map(
      (gap) => `gap of ${((gap.toBootUs - gap.fromBootUs) / 1e6).toFixed(1)} s: ${clean(gap.reason)}`,
    ),
    ...(snapshot.others.processes > 0
      ? [`${exact(snapshot.others.processes)} exited processes are summed, not listed`]
      : []),
    ...(snapshot.ended === null ? ['the recording is truncated: it has no trailer'] : []),
  ];
  return [
    '',
    notes.length === 0 ? 'Nothing was lost: every count is exact.' : `What is missing: ${notes.join('; ')}.`,
    ...(late > 0
      ? [
          `${late === 1 ? '1 process' : `${exact(late)} processes`} ran before tracing began: what they did is counted from then on.`,
        ]
      : []),
  ];
};

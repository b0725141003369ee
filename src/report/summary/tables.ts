/** A table for each probe, and one of memory: totals per process and metric. */
import { isBreakdown, type MetricDescriptor } from '../../core/metric.ts';
import type { Coverage, Row, Snapshot } from '../../core/snapshot.ts';
import { exact, exactAmount } from '../../screen/format/numbers.ts';
import { cellsOf, clean, fitTo } from '../../screen/format/text.ts';
import { namesOf, trustMark, trustOf } from '../../screen/format/trust.ts';
import { rowsWith } from './rows.ts';

/** Rows shown per probe; the rest is summed in one line. */
const MAX_ROWS = 20;

export const probeLines = (snapshot: Snapshot, probeId: string, sort: string | undefined): string[] => {
  const probe = snapshot.probes.find(({ id }) => id === probeId);
  const state = probe?.state === 'attached' ? '' : ` ${probe?.state}`;
  const title = `${probeId} (${probe?.variant ?? 'no variant'}${state})`;
  const reason = probe?.reason === undefined ? [] : [`  ${clean(probe.reason)}`];
  const { rows, metrics, unseen } = probeTable(snapshot, probeId, sort);
  if (rows.length === 0)
    return [
      '',
      `${title}: ${unseen || probe?.state === 'refused' ? '–, not covered' : 'nothing counted'}`,
      ...reason,
    ];
  return ['', title, ...reason, ...table(snapshot, rows, metrics)];
};

export type ProbeTable = {
  readonly rows: readonly Row[];
  /** Those that a process counted, and those that nobody could. */
  readonly metrics: readonly MetricDescriptor[];
  /** Nobody could count any of it. */
  readonly unseen: boolean;
};

/** What a probe counted of processes; for `host`, what /proc says of them. */
export const probeTable = (snapshot: Snapshot, probeId: string, sort: string | undefined): ProbeTable => {
  const metrics = snapshot.metrics.filter(
    (metric) => metric.probe === probeId && metric.scope === 'pid' && !isBreakdown(metric),
  );
  const rows = rowsWith(snapshot, metrics, sort);
  return {
    rows,
    metrics: metrics.filter(
      (metric) => isUnseen(snapshot, metric) || rows.some((row) => metric.id in row.metrics),
    ),
    unseen: metrics.length > 0 && metrics.every((metric) => isUnseen(snapshot, metric)),
  };
};

const isUnseen = ({ coverage }: Snapshot, { id }: MetricDescriptor): boolean =>
  coverage[id]?.coverage === 'not-covered';

/** What the counted processes hold, as last read; older recordings do not say. */
export const memoryLines = (snapshot: Snapshot, sort: string | undefined): string[] => {
  const metrics = snapshot.metrics.filter(({ probe, scope }) => probe === 'host' && scope === 'pid');
  const rows = rowsWith(snapshot, metrics, sort);
  return rows.length === 0 ? [] : ['', 'CPU, memory and faults (/proc)', ...table(snapshot, rows, metrics)];
};

export type Cell = { readonly total: number; readonly coverage: Coverage | undefined } | 'not covered' | null;

/** What is known of a metric of a process; null where it counted nothing of it. */
export const cellOf = (snapshot: Snapshot, row: Row, metric: MetricDescriptor): Cell => {
  if (isUnseen(snapshot, metric)) return 'not covered';
  const reading = row.metrics[metric.id];
  if (reading === undefined) return metric.id in row.uncovered ? 'not covered' : null;
  return { total: reading.total, coverage: trustOf(row, snapshot.coverage[metric.id]?.coverage) };
};

const table = (snapshot: Snapshot, rows: readonly Row[], metrics: readonly MetricDescriptor[]): string[] => {
  const cell = (row: Row, metric: MetricDescriptor): string => {
    const known = cellOf(snapshot, row, metric);
    if (known === null) return '';
    if (known === 'not covered') return '–';
    return trustMark(known.coverage) + exactAmount(known.total, metric.unit);
  };
  const lines = [
    ['PID', 'COMMAND', ...metrics.map((metric) => metric.label)],
    ...rows
      .slice(0, MAX_ROWS)
      .map((row) => [String(row.pid), clean(namesOf(row)), ...metrics.map((metric) => cell(row, metric))]),
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

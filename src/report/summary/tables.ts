/** A table for each probe, and one of memory: totals per process and metric. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { exact, exactAmount } from '../../screen/format/numbers.ts';
import { cellsOf, clean, fitTo } from '../../screen/format/text.ts';
import { namesOf, trustMark, trustOf } from '../../screen/format/trust.ts';
import { rowsWith } from './rows.ts';

/** Rows shown per probe; the rest is summed in one line. */
const MAX_ROWS = 20;

export const probeLines = (snapshot: Snapshot, probeId: string, sort: string | undefined): string[] => {
  const probe = snapshot.probes.find(({ id }) => id === probeId);
  const metrics = snapshot.metrics.filter((metric) => metric.probe === probeId && metric.scope === 'pid');
  const state = probe?.state === 'attached' ? '' : ` ${probe?.state}`;
  const title = `${probeId} (${probe?.variant ?? 'no variant'}${state})`;
  const reason = probe?.reason === undefined ? [] : [`  ${clean(probe.reason)}`];
  const rows = rowsWith(snapshot, metrics, sort);
  const unseen = metrics.length > 0 && metrics.every((metric) => isUnseen(snapshot, metric));
  if (rows.length === 0)
    return [
      '',
      `${title}: ${unseen || probe?.state === 'refused' ? '–, not covered' : 'nothing counted'}`,
      ...reason,
    ];
  const shown = metrics.filter(
    (metric) => isUnseen(snapshot, metric) || rows.some((row) => metric.id in row.metrics),
  );
  return ['', title, ...reason, ...table(snapshot, rows, shown)];
};

const isUnseen = ({ coverage }: Snapshot, { id }: MetricDescriptor): boolean =>
  coverage[id]?.coverage === 'not-covered';

/** What the counted processes hold, as last read; older recordings do not say. */
export const memoryLines = (snapshot: Snapshot, sort: string | undefined): string[] => {
  const metrics = snapshot.metrics.filter(({ probe, scope }) => probe === 'host' && scope === 'pid');
  const rows = rowsWith(snapshot, metrics, sort);
  return rows.length === 0 ? [] : ['', 'CPU, memory and faults (/proc)', ...table(snapshot, rows, metrics)];
};

const table = (snapshot: Snapshot, rows: readonly Row[], metrics: readonly MetricDescriptor[]): string[] => {
  const cell = (row: Row, metric: MetricDescriptor): string => {
    const reading = row.metrics[metric.id];
    if (isUnseen(snapshot, metric)) return '–';
    if (reading === undefined) return metric.id in row.uncovered ? '–' : '';
    const bound = trustMark(trustOf(row, snapshot.coverage[metric.id]?.coverage));
    return bound + exactAmount(reading.total, metric.unit);
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

/**
 * The shared axis of time: which span the signals show, how much of it one cell covers, and where the cursor stands.
 *
 * Cells lie on whole multiples of their own length, so that a bar does not change as time goes on. A cell shows the
 * largest of its samples: a spike of one sample is as high at "1 h" as at "1 m". Live, the cursor is the end; held or
 * in a replay the span stays where it is while the cursor moves inside it, and follows it beyond.
 */
import { ROW_HISTORY_SAMPLES } from '../../core/entity.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { Zoom } from '../state.ts';
import type { View } from '../view.ts';
import { perSecond, sampleTimes } from './series.ts';

export const ZOOMS: readonly Zoom[] = ['1m', '5m', '1h', 'all'];

const SPAN_US: Readonly<Record<Exclude<Zoom, 'all'>, number>> = { '1m': 60e6, '5m': 300e6, '1h': 3600e6 };

export type Axis = {
  /** Where the values come from: the latest that is known of this session. */
  readonly source: WatchedSnapshot;
  readonly fromUs: number;
  readonly cellUs: number;
  readonly cells: number;
  /** The cell of the moment that is shown. */
  readonly cursor: number;
  /** The moment shown is the end of all that is known. */
  readonly atEnd: boolean;
  /** Samples of `source` that reach back to the beginning. */
  readonly samples: number;
};

export const axisOf = (
  snapshot: WatchedSnapshot,
  { overview, ui }: Pick<View, 'overview' | 'ui'>,
  cells: number,
): Axis => {
  const source = overview !== null && overview.bootUs >= snapshot.bootUs ? overview : snapshot;
  const stepUs = source.header.intervalMs * 1000;
  const held = source.history.times(source.samples);
  const firstUs = held.find((time) => !Number.isNaN(time)) ?? source.bootUs;
  const spanUs = ui.zoom === 'all' ? Math.max(stepUs, source.bootUs - firstUs + stepUs) : SPAN_US[ui.zoom];
  const cellUs = Math.max(1, Math.ceil(spanUs / cells / stepUs)) * stepUs;
  const last = Math.floor(source.bootUs / cellUs);
  const at = Math.floor(snapshot.bootUs / cellUs);
  const oldest = Math.floor(firstUs / cellUs);
  // The cursor may come as near to the left edge as a quarter of the span before the span moves. Live, what is new
  // comes in from the right from the first sample on; a recording begins at the left.
  const wanted = Math.min(last - cells + 1, at - Math.floor(cells / 4));
  const first = ui.mode === 'live' ? Math.max(wanted, oldest - cells + 1) : Math.max(wanted, oldest);
  const fromUs = first * cellUs;
  return {
    source,
    fromUs,
    cellUs,
    cells,
    cursor: Math.min(cells - 1, Math.max(0, at - first)),
    atEnd: snapshot.bootUs >= source.bootUs,
    samples: samplesSince(source, fromUs),
  };
};

const samplesSince = ({ samples, bootUs, header }: Snapshot, fromUs: number): number =>
  Math.max(1, Math.min(samples, Math.ceil((bootUs - fromUs) / (header.intervalMs * 1000)) + 2));

/** The cell a moment falls into; -1 outside. */
export const cellOf = ({ fromUs, cellUs, cells }: Axis, bootUs: number): number => {
  const cell = Math.floor((bootUs - fromUs) / cellUs);
  return cell >= 0 && cell < cells ? cell : -1;
};

/** A signal of the machine, or what all processes counted together. */
export const signalCells = (axis: Axis, metric: MetricDescriptor): Float64Array => {
  const { source, samples } = axis;
  const { history } = source;
  const values = metric.scope === 'host' ? history.host(metric.id, samples) : history.all(metric.id, samples);
  return intoCells(axis, source, values, metric);
};

/** What one process did. Its past is kept for ROW_HISTORY_SAMPLES samples only, before either of the two moments. */
export const processCells = (
  axis: Axis,
  snapshot: Snapshot,
  rowId: string,
  metric: MetricDescriptor,
): Float64Array => {
  const cells = rowCells(axis, axis.source, rowId, metric);
  if (axis.atEnd) return cells;
  const before = rowCells(axis, snapshot, rowId, metric);
  return cells.map((value, index) =>
    Number.isNaN(before[index] ?? Number.NaN) ? value : (before[index] ?? value),
  );
};

const rowCells = (axis: Axis, of: Snapshot, rowId: string, metric: MetricDescriptor): Float64Array => {
  const samples = Math.min(ROW_HISTORY_SAMPLES, samplesSince(of, axis.fromUs));
  return intoCells(axis, of, of.history.row(rowId, metric.id, samples), metric);
};

const intoCells = (
  axis: Axis,
  of: Snapshot,
  values: Float64Array,
  metric: MetricDescriptor,
): Float64Array => {
  const times = sampleTimes(of, values.length);
  const rates = perSecond(values, metric, times);
  const cells = new Float64Array(axis.cells).fill(Number.NaN);
  for (let index = 0; index < rates.length; index += 1) {
    const time = times.bootUs[index] ?? Number.NaN;
    const rate = rates[index] ?? Number.NaN;
    const cell = cellOf(axis, time);
    if (cell < 0 || Number.isNaN(rate)) continue;
    // The machine was watched all the time since the sample before; a process only when the tracer was read.
    const sinceUs = metric.scope === 'host' ? (times.hostUs[index] ?? 0) : 0;
    const first = Math.min(cell, Math.max(0, Math.floor((time - sinceUs - axis.fromUs) / axis.cellUs) + 1));
    for (let at = first; at <= cell; at += 1) {
      const known = cells[at] ?? Number.NaN;
      if (Number.isNaN(known) || rate > known) cells[at] = rate;
    }
  }
  return cells;
};

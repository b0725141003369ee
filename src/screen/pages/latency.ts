/**
 * How long a call took. Where a probe counts calls by their time, that is shown. Where it counts calls and the time in them
 * alone, a line over the samples held, of the mean call of each, says that it is one of means.
 */

import { byDevice } from '../../core/by-device.ts';
import { namedDevices } from '../../core/device-calls.ts';
import { ROW_HISTORY_SAMPLES } from '../../core/entity.ts';
import { callsIn, histogramOf, isHistogram } from '../../core/histogram.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { blank, type Line, span } from '../format/line.ts';
import { duration } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import { trustMark } from '../format/trust.ts';
import { sparkline } from '../signals/series.ts';
import type { View } from '../view.ts';
import { histogramLines } from './histogram-lines.ts';

const LABEL = 14;
const EDGE = 8;

export const latencyLines = (snapshot: Snapshot, row: Row, view: View): readonly Line[] => {
  const counted = countedLines(snapshot, row, view);
  const heading = (note: string): readonly Line[] => [
    blank,
    [span('LATENCY', 'heading'), span(view.size.columns < 60 ? '' : note, 'dim')],
  ];
  const devices = deviceLines(snapshot, row, view);
  const means = meanLines(snapshot, row, view);
  return [
    ...(counted.length === 0 ? [] : [...heading('  calls by the time that each took'), ...counted]),
    ...(devices.length === 0 ? [] : [...heading('  of its devices, whoever asked'), ...devices]),
    ...(means.length === 0
      ? []
      : [...heading('  mean call of each sample, in powers of two; taller is more often'), ...means]),
  ];
};

const countedLines = (snapshot: Snapshot, row: Row, view: View): readonly Line[] =>
  snapshot.metrics
    .filter((metric) => isHistogram(metric) && (row.metrics[metric.id]?.total ?? 0) > 0)
    .flatMap(({ id, label }) =>
      histogramLines(
        label,
        histogramOf(snapshot.breakdown(row.id, id)),
        trustMark(snapshot.coverage[id]?.coverage, view.glyphs),
        view,
      ),
    );

/** How long all that is asked of the devices it uses takes there: whether it is slow for everybody, or for this one. */
const deviceLines = (snapshot: Snapshot, row: Row, view: View): readonly Line[] => {
  const own = new Set(byDevice(snapshot, row.id).map(({ device }) => device));
  return snapshot.metrics
    .filter(({ scope }) => scope === 'device')
    .flatMap(({ id }) =>
      namedDevices(snapshot, id).flatMap(({ name, histogram }) => {
        if (!own.has(name) || callsIn(histogram) === 0) return [];
        const mark = trustMark(snapshot.coverage[id]?.coverage, view.glyphs);
        return histogramLines(clean(name, view.glyphs.charset), histogram, mark, view);
      }),
    );
};

const meanLines = (snapshot: Snapshot, row: Row, { glyphs }: View): readonly Line[] =>
  timedCalls(snapshot.metrics).flatMap(({ time, calls }): Line[] => {
    const means = meansOf(snapshot, row, time, calls);
    if (means.length === 0) return [];
    const { fromUs, toUs, counts } = stretchOf(means);
    const line: Line = [
      span(fitTo(time.label, LABEL, 'left', glyphs.ellipsis)),
      span(` ${fitTo(duration(fromUs), EDGE, 'right')} `, 'dim'),
      span(sparkline(counts, glyphs), 'spark'),
      span(` ${duration(toUs)}`, 'dim'),
    ];
    return [line];
  });

type Timed = { readonly time: MetricDescriptor; readonly calls: readonly MetricDescriptor[] };

/** `inode.create_ns` is the time in `inode.create`; `iomap.seek_ns` that in all of `iomap.seek_…`. */
const timedCalls = (metrics: readonly MetricDescriptor[]): readonly Timed[] =>
  metrics.flatMap((time) => {
    if (time.kind !== 'counter' || time.scope !== 'pid' || !time.id.endsWith('_ns')) return [];
    if (metrics.some((metric) => metric.histogramOf === time.id)) return [];
    const base = time.id.slice(0, -3);
    const counters = metrics.filter(
      ({ kind, unit, dims, scope }) =>
        scope === 'pid' && kind === 'counter' && unit === 'count' && dims === undefined,
    );
    const own = counters.filter(({ id }) => id === base || id === `${base}s`);
    const calls = own.length > 0 ? own : counters.filter(({ id }) => id.startsWith(`${base}_`));
    return calls.length === 0 ? [] : [{ time, calls }];
  });

/** µs a call, of every sample in which there was one. */
const meansOf = (
  { history }: Snapshot,
  { id }: Row,
  time: MetricDescriptor,
  calls: readonly MetricDescriptor[],
): readonly number[] => {
  const spent = history.row(id, time.id, ROW_HISTORY_SAMPLES);
  const counts = calls.map((metric) => history.row(id, metric.id, ROW_HISTORY_SAMPLES));
  return [...spent].flatMap((ns, index) => {
    const called = counts.reduce((sum, values) => sum + (values[index] ?? 0), 0);
    return ns > 0 && called > 0 ? [ns / called / 1000] : [];
  });
};

const stretchOf = (
  meansUs: readonly number[],
): { readonly fromUs: number; readonly toUs: number; readonly counts: readonly number[] } => {
  const bucketOf = (us: number): number => Math.floor(Math.log2(Math.max(us, 2 ** -10)));
  const buckets = meansUs.map(bucketOf);
  const least = Math.min(...buckets);
  const counts = Array.from({ length: Math.max(...buckets) - least + 1 }, () => 0);
  for (const bucket of buckets) counts[bucket - least] = (counts[bucket - least] ?? 0) + 1;
  return { fromUs: 2 ** least, toUs: 2 ** (least + counts.length), counts };
};

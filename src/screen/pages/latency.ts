/**
 * How long a call took, where a probe counts both calls and the time in them: a histogram over the samples held, of the
 * mean call of each. The kernel side keeps sums and the longest, not every call: so the longest stands beside it, and
 * the histogram says that it is one of means.
 */
import { ROW_HISTORY_SAMPLES } from '../../core/entity.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { blank, type Line, span } from '../format/line.ts';
import { duration } from '../format/numbers.ts';
import { fitTo } from '../format/text.ts';
import { sparkline } from '../signals/series.ts';
import type { View } from '../view.ts';

const LABEL = 14;
const EDGE = 8;

export const latencyLines = (snapshot: Snapshot, row: Row, { glyphs, size }: View): readonly Line[] => {
  const lines = timedCalls(snapshot.metrics).flatMap(({ time, calls }): Line[] => {
    const means = meansOf(snapshot, row, time, calls);
    if (means.length === 0) return [];
    const { fromUs, toUs, counts } = histogramOf(means);
    const line: Line = [
      span(fitTo(time.label, LABEL, 'left', glyphs.ellipsis)),
      span(` ${fitTo(duration(fromUs), EDGE, 'right')} `, 'dim'),
      span(sparkline(counts, glyphs), 'spark'),
      span(` ${duration(toUs)}`, 'dim'),
    ];
    return [line];
  });
  if (lines.length === 0) return [];
  const note = size.columns < 60 ? '' : '  mean call of each sample, in powers of two; taller is more often';
  return [blank, [span('LATENCY', 'heading'), span(note, 'dim')], ...lines];
};

type Timed = { readonly time: MetricDescriptor; readonly calls: readonly MetricDescriptor[] };

/** `inode.create_ns` is the time in `inode.create`; `iomap.seek_ns` that in all of `iomap.seek_…`. */
const timedCalls = (metrics: readonly MetricDescriptor[]): readonly Timed[] =>
  metrics.flatMap((time) => {
    if (time.kind !== 'counter' || time.scope !== 'pid' || !time.id.endsWith('_ns')) return [];
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

const histogramOf = (
  meansUs: readonly number[],
): { readonly fromUs: number; readonly toUs: number; readonly counts: readonly number[] } => {
  const bucketOf = (us: number): number => Math.floor(Math.log2(Math.max(us, 2 ** -10)));
  const buckets = meansUs.map(bucketOf);
  const least = Math.min(...buckets);
  const counts = Array.from({ length: Math.max(...buckets) - least + 1 }, () => 0);
  for (const bucket of buckets) counts[bucket - least] = (counts[bucket - least] ?? 0) + 1;
  return { fromUs: 2 ** least, toUs: 2 ** (least + counts.length), counts };
};

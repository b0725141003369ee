/** How long the calls took that a probe counts by their time: of all processes, a line for each histogram. */
import { namedDevices } from '../../core/device-calls.ts';
import { callsIn, type Histogram, isHistogram, shareBelowUs } from '../../core/histogram.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { duration, exact } from '../../screen/format/numbers.ts';
import { clean, fitTo } from '../../screen/format/text.ts';
import { trustMark } from '../../screen/format/trust.ts';

const LABEL = 14;
/** Half of all calls, and all but one in a hundred. */
const SHARES = [0.5, 0.99] as const;

export const latencyLines = (snapshot: Snapshot): string[] => {
  const lines = snapshot.metrics.flatMap((metric) => {
    const text = latencyText(snapshot, metric);
    return text === null ? [] : [`  ${fitTo(metric.label, LABEL)}  ${text}`];
  });
  return lines.length === 0
    ? []
    : [
        '',
        'Latency, of all processes (powers of two; --json has the buckets, also of each process)',
        ...lines,
        ...deviceText(snapshot),
      ];
};

/** Of each device, whoever asked. */
const deviceText = (snapshot: Snapshot): string[] =>
  snapshot.metrics
    .filter(({ scope }) => scope === 'device')
    .flatMap(({ id, label }) =>
      namedDevices(snapshot, id).flatMap(({ name, histogram }) => {
        const text = histogramText(histogram, trustMark(snapshot.coverage[id]?.coverage));
        return text === null ? [] : [`  ${fitTo(label, LABEL)}  ${fitTo(clean(name), LABEL)} ${text}`];
      }),
    );

/** `23 timed, half below 1.02ms, 99 % below 8.19ms`; null where nothing was. */
const latencyText = (snapshot: Snapshot, metric: MetricDescriptor): string | null => {
  if (!isHistogram(metric)) return null;
  const mark = trustMark(snapshot.coverage[metric.id]?.coverage);
  return histogramText(snapshot.histograms[metric.id] ?? [], mark);
};

const histogramText = (histogram: Histogram, mark: string): string | null => {
  const calls = callsIn(histogram);
  if (calls === 0) return null;
  const [half, most] = SHARES.map((share) => belowText(shareBelowUs(histogram, share)));
  return `${mark}${exact(calls)} timed, half ${half}, 99 % ${most}`;
};

const belowText = (us: number | null): string =>
  us === null || !Number.isFinite(us) ? 'not below 34s' : `below ${duration(us)}`;

/** The timeline: one lane per main signal, all on the same time axis, the newest sample at the right. */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Snapshot } from '../../../core/snapshot.ts';
import { amount, clockTime, fitTo, ratePerSecond, rateSuffix, trustMark } from '../../format.ts';
import { type Line, span } from './line.ts';
import { peakOf, perSecond, sampleTimes, sparkline, type Times } from './series.ts';
import type { View } from './view.ts';

const LABEL = 16;
const VALUE = 9;

export const laneMetrics = (snapshot: Snapshot): readonly MetricDescriptor[] =>
  snapshot.metrics.filter(({ lane, dims }) => lane === true && dims === undefined);

/** At most `height` lines: the axis, then lanes. Lanes that were silent all along give way to those that were not. */
export const laneLines = (snapshot: Snapshot, { size, glyphs }: View, height: number): readonly Line[] => {
  const width = size.columns - LABEL - VALUE - VALUE - 3;
  if (height < 2 || width < 8) return [];
  const times = sampleTimes(snapshot, width);
  const lanes = laneMetrics(snapshot).map((metric) => {
    const values = perSecond(valuesOf(snapshot, metric, width), metric, times);
    return { metric, values, peak: peakOf(values) };
  });
  if (lanes.length === 0) return [];
  const room = height - 1;
  const loud = new Set([...lanes].sort((a, b) => Number(b.peak > 0) - Number(a.peak > 0)).slice(0, room));
  const shown = lanes.filter((lane) => loud.has(lane));
  return [
    axisLine(snapshot, times, width, hiddenNote(lanes.filter((lane) => !loud.has(lane)))),
    ...shown.map(({ metric, values, peak }): Line => {
      const coverage = snapshot.coverage[metric.id]?.coverage ?? 'exact';
      const now = values[values.length - 1] ?? Number.NaN;
      const mark = trustMark(coverage, glyphs);
      const covered = coverage !== 'not-covered';
      const label = metric.label + rateSuffix(metric.kind, metric.unit);
      return [
        span(fitTo(label, LABEL, 'left', glyphs.ellipsis), peak > 0 ? 'plain' : 'dim'),
        span(
          fitTo(
            covered ? mark + shortValue(now, metric) : glyphs.notCovered,
            VALUE,
            'right',
            glyphs.ellipsis,
          ),
          now > 0 ? 'title' : 'dim',
        ),
        span(' '),
        span(covered ? sparkline(values, glyphs, peak) : ' '.repeat(width), peak > 0 ? 'spark' : 'dim'),
        span(' '),
        span(
          fitTo(covered && peak > 0 ? mark + shortValue(peak, metric) : '', VALUE, 'right', glyphs.ellipsis),
          'dim',
        ),
      ];
    }),
  ];
};

const valuesOf = (snapshot: Snapshot, { id, scope }: MetricDescriptor, samples: number): Float64Array =>
  scope === 'host' ? snapshot.history.host(id, samples) : snapshot.history.all(id, samples);

const shortValue = (value: number, { kind, unit }: MetricDescriptor): string =>
  Number.isNaN(value) ? '' : kind === 'counter' ? ratePerSecond(value, unit) : amount(value, unit);

/** Lanes without room; said apart when there is nothing to miss in them. */
const hiddenNote = (hidden: readonly { readonly peak: number }[]): string =>
  hidden.length === 0 ? '' : `${hidden.length} ${hidden.every(({ peak }) => peak <= 0) ? 'quiet' : 'more'}`;

/** The wall clock under the first and the last sample shown. */
const axisLine = (snapshot: Snapshot, { bootUs }: Times, width: number, hidden: string): Line => {
  const first = bootUs.findIndex((time) => !Number.isNaN(time));
  const from = first === -1 ? '' : clockTime(realOf(snapshot, bootUs[first] ?? Number.NaN));
  const to = clockTime(snapshot.realMs);
  const start = Math.max(0, first);
  const plainAxis =
    width - start >= from.length + to.length + 1
      ? ' '.repeat(start) + from + ' '.repeat(width - start - from.length - to.length) + to
      : ' '.repeat(Math.max(0, width - to.length)) + to;
  const axis = markSpikes(plainAxis, snapshot, bootUs);
  return [
    span(fitTo(`SIGNALS  ${hidden}`, LABEL), 'heading'),
    span(fitTo('now', VALUE, 'right'), 'heading'),
    span(' '),
    span(axis, 'heading'),
    span(' '),
    span(fitTo('highest', VALUE, 'right'), 'heading'),
  ];
};

/** A score from which on a spike is marked on the axis. */
const MARKED_SCORE = 6;

/** Where spikes began; never over the times. */
const markSpikes = (axis: string, { insight }: Snapshot, bootUs: Float64Array): string => {
  const cells = [...axis];
  for (const { startUs, score } of insight.spikes) {
    if (score < MARKED_SCORE) continue;
    const at = bootUs.findIndex((time) => time >= startUs);
    if (at >= 0 && cells[at] === ' ' && startUs >= (bootUs[0] ?? 0)) cells[at] = '!';
  }
  return cells.join('');
};

const realOf = ({ header: { clock } }: Snapshot, bootUs: number): number =>
  clock.realMs + (bootUs - clock.bootUs) / 1000;

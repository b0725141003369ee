/** The signals of the recording on one axis of time, with findings, gaps and marks behind them. */
import { bootUsAt, realMsAt } from '../../core/clock.ts';
import { exact, longDuration } from '../../screen/format/numbers.ts';
import { type Band, bandList, bandsOf } from './bands.ts';
import { columnUs } from './decimate.ts';
import { axisDrawing, type Break, breaksOf, drawing, rangeOf, stripDrawing, tickTimes } from './drawing.ts';
import { type Html, html, jsonText, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import type { Section } from './parts.ts';
import type { Signal } from './series.ts';
import { metricName, processName, rateOrLevel, rateText } from './values.ts';

export const timelineSection = (page: Page): Section => {
  const signals = page.timeline.signals.filter(moved);
  const still = page.timeline.signals.filter((signal) => !moved(signal));
  const bands = bandsOf(page);
  const body = html`<p>${howDrawn(page)}</p>
${bandList(bands, page)}
${signals.length === 0 ? html`<p>No signal moved.</p>` : charts(signals, bands, page)}
${still.length === 0 ? NOTHING : html`<p class="note">Zero, or not read, all the time: ${still.map((one, index) => html`${index === 0 ? '' : ', '}${nameIn(one)}`)}.</p>`}`;
  return { id: 'timeline', title: 'Timeline', body };
};

const moved = ({ extremes }: Signal): boolean =>
  extremes !== null && (extremes.most.value !== 0 || extremes.least.value !== 0);

const howDrawn = ({ timeline: { axis }, snapshot }: Page): string => {
  const width = columnUs(axis);
  return width === 0
    ? `Every one of ${exact(snapshot.samples)} samples is drawn.`
    : `${exact(snapshot.samples)} samples are drawn in stretches of ${longDuration(width / 1e6)}, each by its least and its most, in their order: no spike is left out.`;
};

const charts = (signals: readonly Signal[], bands: readonly Band[], page: Page): Html =>
  html`<div id="charts" class="charts">
<div class="row head"><div class="label"></div><div class="plot">${stripDrawing(page.timeline.axis, bands)}${timeAxis(page)}</div></div>
${signals.map((signal, index) => row(signal, index, bands, page))}
</div>
<script type="application/json" id="chart-data">${jsonText(chartData(signals, bands, page))}</script>`;

const timeAxis = ({ timeline: { axis }, snapshot: { header } }: Page): Html => {
  const realMs = (us: number): number => realMsAt(header.clock, us);
  const ticks = tickTimes(realMs(axis.startUs), realMs(axis.endUs));
  const inSeconds = ticks.some((ms) => ms % 60_000 !== 0);
  return axisDrawing(
    axis,
    ticks.map((ms) => ({
      us: bootUsAt(header.clock, ms),
      text: new Date(ms).toISOString().slice(11, inSeconds ? 19 : 16),
    })),
  );
};

const nameIn = ({ metric, who }: Signal): Html =>
  who === null ? html`${metric.label}` : html`${metric.label} of ${processName(who)}`;

const row = (signal: Signal, index: number, bands: readonly Band[], page: Page): Html => {
  const { metric, who, extremes } = signal;
  if (extremes === null) return NOTHING;
  const { times, timeline, from } = page;
  const whose =
    who === null ? (metric.scope === 'pid' ? 'all processes' : 'host') : `${who.comm} (${who.pid})`;
  const label = `${metric.label}, ${whose}: from ${rateText(extremes.least.value, metric)} to ${rateText(extremes.most.value, metric)}`;
  return html`<div class="row" data-signal="${index}"><div class="label"><strong>${metric.label}</strong> <span class="whose">${who === null ? whose : processName(who)}</span> <br>${metricName(metric.id)} <br><span class="most">most ${rateOrLevel(extremes.most.value, metric)} at ${times.at(extremes.most.bootUs)} ${from(extremes.most.bootUs)}</span><br><output class="at-cursor"></output></div><div class="plot">${drawing(signal, timeline, bands, label)}</div></div>`;
};

/** Digits that a drawing can show. */
const DIGITS = 5;

const chartData = (
  signals: readonly Signal[],
  bands: readonly Band[],
  { timeline, snapshot }: Page,
): object => {
  const { clock } = snapshot.header;
  const breaks = breaksOf(timeline);
  const seconds = (us: number): number => Number((realMsAt(clock, us) / 1000).toFixed(2));
  return {
    from: seconds(timeline.axis.startUs),
    to: seconds(timeline.axis.endUs),
    times: withBreaks([...timeline.timesUs], breaks, ({ us }) => us).map(seconds),
    bands: bands.map(({ kind, fromUs, toUs, sign }) => ({
      kind,
      sign,
      from: seconds(fromUs),
      to: seconds(toUs),
    })),
    signals: signals.map((signal) => ({
      label: `${signal.metric.label}${signal.who === null ? '' : ` of ${signal.who.comm} (${signal.who.pid})`}`,
      kind: signal.metric.kind,
      unit: signal.metric.unit,
      range: rangeOf(signal),
      values: withBreaks([...signal.values], breaks, () => Number.NaN).map((value) =>
        Number.isNaN(value) ? null : Number(value.toPrecision(DIGITS)),
      ),
    })),
  };
};

/** A line is not drawn across time in which there was no sample: something that is not known stands in between. */
const withBreaks = (
  values: readonly number[],
  breaks: readonly Break[],
  valueAt: (one: Break) => number,
): number[] => {
  const byIndex = new Map(breaks.map((one) => [one.before, one]));
  return values.flatMap((value, index) => {
    const broken = byIndex.get(index);
    return broken === undefined ? [value] : [valueAt(broken), value];
  });
};

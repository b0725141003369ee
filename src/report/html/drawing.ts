/** One signal as a drawing that needs no program: stretches of time behind it, marks, and its least and most. */
import type { Band } from './bands.ts';
import { type Axis, columnUs } from './decimate.ts';
import { type Html, html, NOTHING, verbatim } from './markup.ts';
import type { Signal, Timeline } from './series.ts';

const WIDTH = 720;
const HEIGHT = 56;
/** Pixels that one pair of extremes is drawn in: finer than print, and a quarter of the text of all. */
const PIXELS_A_PAIR = 2;

/** From 0 for what is counted; a level that moves little is drawn between its least and its most. */
export const rangeOf = ({ extremes, metric }: Signal): readonly [number, number] => {
  if (extremes === null) return [0, 1];
  const [least, most] = [extremes.least.value, extremes.most.value];
  if (metric.kind === 'counter' || least <= most / 2) return [Math.min(0, least), most > 0 ? most : 1];
  return most > least ? [least, most] : [least - 1, most + 1];
};

export const drawing = (signal: Signal, timeline: Timeline, bands: readonly Band[], label: string): Html =>
  html`<svg class="signal" role="img" aria-label="${label}" width="100%" height="${HEIGHT}">${bands.map(
    (band) => bandShape(band, timeline.axis),
  )}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" width="100%" height="${HEIGHT}"><path class="line" vector-effect="non-scaling-stroke" d="${verbatim(pathOf(signal, timeline))}"/></svg></svg>`;

const percentAt = ({ startUs, endUs }: Axis, us: number): number =>
  endUs > startUs ? Math.min(100, Math.max(0, (100 * (us - startUs)) / (endUs - startUs))) : 0;

const rounded = (value: number): string => String(Number(value.toFixed(2)));

export const bandShape = ({ kind, fromUs, toUs }: Band, axis: Axis): Html => {
  const from = percentAt(axis, fromUs);
  if (kind === 'mark')
    return html`<line class="mark" x1="${rounded(from)}%" x2="${rounded(from)}%" y1="0" y2="100%"/>`;
  const width = Math.max(0.2, percentAt(axis, toUs) - from);
  return html`<rect class="${kind}" x="${rounded(from)}%" width="${rounded(width)}%" y="0" height="100%"/>`;
};

type Point = { readonly x: number; readonly y: number };

const pathOf = (signal: Signal, { axis, timesUs }: Timeline): string => {
  const [bottom, top] = rangeOf(signal);
  const place = (value: number, us: number): Point => ({
    x: Math.round((percentAt(axis, us) / 100) * WIDTH),
    // A line at the very edge would be cut in half.
    y: Number((HEIGHT - 2 - ((value - bottom) / (top - bottom)) * (HEIGHT - 4)).toFixed(1)),
  });
  const lines: string[] = [];
  let line: Point[] = [];
  const end = (): void => {
    if (line.length > 0) lines.push(textOf(line));
    line = [];
  };
  let lastUs = Number.NaN;
  const widestUs = widestStepUs({ axis, timesUs });
  for (const { value, us } of thinned(signal.values, timesUs)) {
    if (Number.isNaN(value) || us - lastUs > widestUs) end();
    if (Number.isNaN(value)) continue;
    line.push(place(value, us));
    lastUs = us;
  }
  end();
  return lines.join('');
};

/** A single value between two gaps is a dot. */
const textOf = (line: readonly Point[]): string =>
  `M${line.map(({ x, y }) => `${x} ${y}`).join('L')}${line.length === 1 ? 'h1' : ''}`;

/** As many pairs as there are pixels for, of each stretch the least and the most in their order. */
function* thinned(
  values: Float64Array,
  timesUs: Float64Array,
): Generator<{ readonly value: number; readonly us: number }> {
  const pairs = WIDTH / PIXELS_A_PAIR;
  const at = (index: number) => ({ value: values[index] as number, us: timesUs[index] as number });
  if (values.length <= 2 * pairs) {
    for (let index = 0; index < values.length; index += 1) yield at(index);
    return;
  }
  for (let pair = 0; pair < pairs; pair += 1) {
    const from = Math.floor((pair * values.length) / pairs);
    const to = Math.floor(((pair + 1) * values.length) / pairs);
    let [least, most] = [-1, -1];
    for (let index = from; index < to; index += 1) {
      const value = values[index] as number;
      if (Number.isNaN(value)) continue;
      if (least < 0 || value < (values[least] as number)) least = index;
      if (most < 0 || value > (values[most] as number)) most = index;
    }
    if (least < 0) yield { value: Number.NaN, us: timesUs[from] as number };
    else for (const index of least < most ? [least, most] : [most, least]) yield at(index);
  }
}

/** Longer than this, time without a sample is a gap in the line. */
const widestStepUs = ({ axis, timesUs }: Pick<Timeline, 'axis' | 'timesUs'>): number =>
  Math.max(3 * medianStep(timesUs), 3 * columnUs(axis));

/** Before which value there is a gap in the line, and a moment in it. */
export type Break = { readonly before: number; readonly us: number };

export const breaksOf = (timeline: Timeline): readonly Break[] => {
  const widestUs = widestStepUs(timeline);
  const times = [...timeline.timesUs];
  return times.flatMap((us, before) => {
    const lastUs = times[before - 1] ?? us;
    return us - lastUs > widestUs ? [{ before, us: (us + lastUs) / 2 }] : [];
  });
};

const medianStep = (timesUs: Float64Array): number => {
  const steps = timesUs.subarray(1).map((us, index) => us - (timesUs[index] as number));
  return steps.sort()[steps.length >> 1] ?? 0;
};

const MOST_TICKS = 6;
const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** Round moments of wall time along the axis. */
export const tickTimes = (startMs: number, endMs: number): readonly number[] => {
  const spanS = (endMs - startMs) / 1000;
  const stepS =
    STEPS_S.find((step) => spanS / step <= MOST_TICKS) ?? Math.ceil(spanS / MOST_TICKS / 86_400) * 86_400;
  const stepMs = stepS * 1000;
  const first = Math.ceil(startMs / stepMs) * stepMs;
  const count = Math.max(0, Math.floor((endMs - first) / stepMs) + 1);
  return Array.from({ length: count }, (_, index) => first + index * stepMs);
};

export const axisDrawing = (
  axis: Axis,
  ticks: readonly { readonly us: number; readonly text: string }[],
): Html =>
  html`<svg class="axis" width="100%" height="20" aria-hidden="true">${ticks.map(({ us, text }) => {
    const at = percentAt(axis, us);
    const anchor = at < 6 ? 'start' : at > 94 ? 'end' : 'middle';
    return html`<text x="${rounded(at)}%" y="14" text-anchor="${anchor}">${text}</text>`;
  })}</svg>`;

/** Findings and marks with their signs, over the signals. */
export const stripDrawing = (axis: Axis, bands: readonly Band[]): Html =>
  bands.length === 0
    ? NOTHING
    : html`<svg class="strip" width="100%" height="22" aria-hidden="true">${bands.map((band) => {
        const from = percentAt(axis, band.fromUs);
        const middle = (from + percentAt(axis, band.toUs)) / 2;
        const x = rounded(Math.min(98.5, Math.max(1.5, middle)));
        return html`${bandShape(band, axis)}<text x="${x}%" y="15" text-anchor="middle">${band.sign}</text>`;
      })}</svg>`;

/** One histogram as a small chart: a bar for each power of two between the fastest and the slowest call. */
import { belowUs, callsIn, type Histogram, leastUs, shareBelowUs } from '../../core/histogram.ts';
import { type Line, span } from '../format/line.ts';
import { duration, exact } from '../format/numbers.ts';
import { fitTo } from '../format/text.ts';
import type { View } from '../view.ts';

const EDGE = 7;
const LABEL = 14;
const MOST_BAR = 40;

/** @param mark how far its counts are to be trusted */
export const histogramLines = (
  label: string,
  histogram: Histogram,
  mark: string,
  { glyphs, size }: View,
): readonly Line[] => {
  const first = histogram.findIndex((calls) => calls > 0);
  const last = histogram.findLastIndex((calls) => calls > 0);
  const most = Math.max(...histogram);
  const digits = exact(most).length + mark.length;
  const width = Math.max(1, Math.min(MOST_BAR, size.columns - 2 * EDGE - digits - 8));
  const bars = histogram.slice(first, last + 1).map((calls, index): Line => {
    const bucket = first + index;
    const to = belowUs(bucket);
    return [
      span(`  ${fitTo(duration(leastUs(bucket)), EDGE, 'right')}`, 'dim'),
      span(` - ${fitTo(Number.isFinite(to) ? duration(to) : '', EDGE)} `, 'dim'),
      span(`${fitTo(calls === 0 ? '' : mark + exact(calls), digits, 'right')} `),
      span(
        (glyphs.levels.at(-1) ?? '#').repeat(
          calls === 0 ? 0 : Math.max(1, Math.round((calls / most) * width)),
        ),
        'spark',
      ),
    ];
  });
  const half = shareBelowUs(histogram, 0.5) ?? 0;
  const text = ` ${mark}${exact(callsIn(histogram))} timed, half of them ${
    Number.isFinite(half) ? `below ${duration(half)}` : 'not below 34s'
  }`;
  return [[span(fitTo(label, LABEL, 'left', glyphs.ellipsis)), span(text, 'dim')], ...bars];
};

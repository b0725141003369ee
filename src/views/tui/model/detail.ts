/** One process: who it is, every metric of it with total, growth, trust and past, where it sleeps, its files, its links. */

import { containerOf } from '../../../core/container.ts';
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Row, Snapshot } from '../../../core/snapshot.ts';
import {
  amount,
  clean,
  compact,
  dateTime,
  exactAmount,
  fitTo,
  longDuration,
  ratePerSecond,
  trustMark,
} from '../../format.ts';
import { linkLines } from './finding-page.ts';
import { inspectionLines } from './inspection-lines.ts';
import { latencyLines } from './latency.ts';
import { blank, type Line, span, wrapLine } from './line.ts';
import { peakOf, perSecond, rateNow, sampleTimes, sparkline } from './series.ts';
import type { View } from './view.ts';

type Widths = { readonly label: number; readonly total: number; readonly now: number };
/** Below the second width the first is used: it leaves no room for the past, but cuts no number. */
const NARROW: Widths = { label: 14, total: 14, now: 9 };
const WIDE: Widths = { label: 16, total: 16, now: 10 };
const WIDE_FROM = 60;

const widthsOf = ({ size }: View): Widths => (size.columns < WIDE_FROM ? NARROW : WIDE);

/** A command line can fill many screens. */
const FACT_LINES = 6;
/** Parts of one metric listed before the rest is summed up. */
const PARTS = 8;

export const detailLines = (snapshot: Snapshot, row: Row | undefined, view: View): readonly Line[] => {
  if (row === undefined) return [[span('This process is no longer listed. Esc goes back.', 'warn')]];
  const metrics = snapshot.metrics.filter(({ scope }) => scope === 'pid');
  const seen = metrics.filter(({ id }) => row.metrics[id] !== undefined);
  const unseen = metrics.filter(({ id }) => row.metrics[id] === undefined);
  const [name = blank, ...identity] = identityLines(snapshot, row, view);
  const metricTable = [
    metricHeading(view),
    ...seen.flatMap((metric) => metricLines(snapshot, row, metric, view)),
    ...(unseen.length === 0 ? [] : [blank, ...unseenLines(snapshot, row, unseen, view)]),
    ...latencyLines(snapshot, row, view),
    ...inspectionLines(row, view),
    blank,
    [span('Who leads whom', 'title'), span('  which spikes come together: association, not cause', 'dim')],
    ...linkLines(snapshot, view, ({ pid }) => pid === row.pid),
  ];
  // Where all of it cannot be seen at once, the numbers are what was asked for.
  return view.size.rows < 16
    ? [name, ...metricTable, blank, ...identity]
    : [name, ...identity, blank, ...metricTable];
};

const identityLines = (snapshot: Snapshot, row: Row, { glyphs, size, inspection }: View): Line[] => {
  const container = containerOf(row.cgroup);
  const { clock } = snapshot.header;
  const realOf = (bootUs: number): number => clock.realMs + (bootUs - clock.bootUs) / 1000;
  const facts: (readonly [string, string])[] = [
    ['command', row.cmdline === null || row.cmdline === '' ? 'not known' : row.cmdline],
    ['cgroup', `${row.cgroup ?? 'not known'}${container === null ? '' : `, container ${container}`}`],
    ['user', `${userOf(row, inspection)}, parent ${parentOf(snapshot, row)}`],
    [
      'started',
      row.startMs === null
        ? 'not known: it was gone before it could be read'
        : `${longDuration(Math.max(0, snapshot.bootUs / 1e6 - row.startMs / 1000))} ago, ${dateTime(realOf(row.startMs * 1000))}`,
    ],
  ];
  const state =
    row.endedBootUs === null
      ? span('  running', 'good')
      : span(`  ended ${dateTime(realOf(row.endedBootUs))}`, 'warn');
  const lines: Line[] = [
    [span(clean(row.comm, glyphs.charset), 'title'), span(`  pid ${row.pid}`, 'accent'), state],
    ...facts.flatMap(([name, text]) =>
      wrapLine([span(fitTo(name, 9), 'dim')], clean(text, glyphs.charset), 'plain', size.columns).slice(
        0,
        FACT_LINES,
      ),
    ),
  ];
  if (row.lateStart) {
    lines.push(
      ...wrapLine(
        [],
        'It ran before tracing began: its counts cover only the time since.',
        'dim',
        size.columns,
      ),
    );
  }
  return lines;
};

const userOf = ({ uid, pid }: Row, inspection: View['inspection']): string => {
  if (uid === null) return 'uid not known';
  const name = inspection?.pid === pid ? inspection.user : null;
  return name === null ? `uid ${uid}` : `${name} (uid ${uid})`;
};

const parentOf = ({ rows }: Snapshot, { ppid }: Row): string => {
  if (ppid === null) return 'not known';
  const name = rows.find(({ pid }) => pid === ppid)?.comm;
  return name === undefined ? String(ppid) : `${name} (${ppid})`;
};

const sparkWidth = (view: View): number => {
  const { label, total, now } = widthsOf(view);
  return Math.min(120, view.size.columns - label - total - now - now - 4);
};

const metricHeading = (view: View): Line => {
  const width = sparkWidth(view);
  const widths = widthsOf(view);
  return [
    span(
      `${fitTo('METRIC', widths.label)} ${fitTo('total', widths.total, 'right')} ${fitTo('now', widths.now, 'right')} ${
        width >= 8 ? `${fitTo('highest', widths.now, 'right')} ${fitTo(`last ${width} samples`, width)}` : ''
      }`.trimEnd(),
      'heading',
    ),
  ];
};

const metricLines = (snapshot: Snapshot, row: Row, metric: MetricDescriptor, view: View): Line[] => {
  const { glyphs } = view;
  const widths = widthsOf(view);
  const reading = row.metrics[metric.id];
  const coverage = snapshot.coverage[metric.id];
  const mark = trustMark(coverage?.coverage, glyphs);
  if (reading === undefined || coverage?.coverage === 'not-covered') {
    return [
      [
        span(fitTo(metric.label, widths.label)),
        span(` ${fitTo(glyphs.notCovered, widths.total, 'right')}  not covered`, 'dim'),
      ],
    ];
  }
  const width = sparkWidth(view);
  const past =
    width >= 8
      ? perSecond(snapshot.history.row(row.id, metric.id, width), metric, sampleTimes(snapshot, width))
      : null;
  const show = (value: number): string =>
    metric.kind === 'counter' ? perSecondText(value, metric) : amount(value, metric.unit);
  const now = metric.kind === 'counter' ? show(rateNow(snapshot, reading.delta)) : '';
  const line: Line = [
    span(fitTo(metric.label, widths.label)),
    span(
      ` ${fitTo(mark + exactAmount(reading.total, metric.unit), widths.total, 'right', glyphs.ellipsis)}`,
      'title',
    ),
    span(` ${fitTo(now === '' ? '' : mark + now, widths.now, 'right', glyphs.ellipsis)}`),
    ...(past === null || metric.kind === 'max'
      ? []
      : [
          span(` ${fitTo(mark + show(peakOf(past)), widths.now, 'right', glyphs.ellipsis)}`, 'dim'),
          span(` ${sparkline(past, glyphs)}`, 'spark'),
        ]),
  ];
  const lines: Line[] = [line];
  for (const reason of mark === '' ? [] : (coverage?.reasons ?? [])) {
    lines.push(
      ...wrapLine([span(`  ${mark} `, 'warn')], clean(reason, glyphs.charset), 'warn', view.size.columns),
    );
  }
  return [...lines, ...partLines(snapshot, row, metric, widths)];
};

const partLines = (snapshot: Snapshot, row: Row, metric: MetricDescriptor, widths: Widths): Line[] => {
  const { dims } = metric;
  if (dims === undefined) return [];
  const parts = snapshot.breakdown(row.id, metric.id);
  const rest = parts.slice(PARTS);
  const lines = parts.slice(0, PARTS).map(({ key, total, delta }): Line => {
    const name = key.map((value, index) => `${dims[index] ?? '?'} ${value}`).join(' ');
    const rate = metric.kind === 'counter' ? perSecondText(rateNow(snapshot, delta), metric) : '';
    return [
      span(`  ${fitTo(name, widths.label - 2)}`, 'dim'),
      span(` ${fitTo(exactAmount(total, metric.unit), widths.total, 'right')}`),
      span(` ${fitTo(rate, widths.now, 'right')}`, 'dim'),
    ];
  });
  if (rest.length > 0) {
    const total = rest.reduce((sum, part) => sum + part.total, 0);
    lines.push([span(`  ${compact(rest.length)} more parts: ${exactAmount(total, metric.unit)}`, 'dim')]);
  }
  return lines;
};

const perSecondText = (value: number, { unit }: MetricDescriptor): string => {
  const text = ratePerSecond(value, unit);
  return text === '' || text.endsWith('%') ? text : `${text}/s`;
};

/** Never seen for it is zero only where the metric is covered, for all and for this process; a level is never zero. */
const unseenLines = (
  snapshot: Snapshot,
  row: Row,
  metrics: readonly MetricDescriptor[],
  { glyphs, size }: View,
): Line[] => {
  const isCovered = ({ id, kind }: MetricDescriptor): boolean =>
    kind !== 'gauge' && snapshot.coverage[id]?.coverage !== 'not-covered' && !(id in row.uncovered);
  const labels = (covered: boolean): string =>
    metrics
      .filter((metric) => isCovered(metric) === covered)
      .map(({ label }) => label)
      .join(', ');
  const line = (title: string, text: string, style: 'plain' | 'warn' = 'plain'): readonly Line[] =>
    text === '' ? [] : wrapLine([span(title, 'dim')], clean(text, glyphs.charset), style, size.columns);
  const reasons = new Set(
    metrics.flatMap(({ id }) => (row.uncovered[id] === undefined ? [] : [row.uncovered[id]])),
  );
  return [
    ...line('zero         ', labels(true)),
    ...line('not covered  ', labels(false)),
    ...[...reasons].flatMap((reason) => line('  because    ', reason, 'warn')),
  ];
};

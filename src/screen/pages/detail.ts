/** One process: who it is, every metric of it with total, growth, trust and past, where it sleeps, its files, its links. */

import { realMsAt } from '../../core/clock.ts';
import { containerOf } from '../../core/container.ts';
import { isBreakdown, type MetricDescriptor } from '../../core/metric.ts';
import type { Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { accountsOf } from '../finding/accounts.ts';
import { linkLines } from '../finding/finding-page.ts';
import { blank, type Line, span, wrapLine } from '../format/line.ts';
import {
  amount,
  compact,
  dateTime,
  exactAmount,
  longDuration,
  ratePerSecond,
  rateSuffix,
} from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import { namesOf, trustMark } from '../format/trust.ts';
import { peakOf, perSecond, rateNow, sampleTimes, sparkline, trustIn } from '../signals/series.ts';
import type { View } from '../view.ts';
import { cgroupLines } from './cgroup-lines.ts';
import { deviceLines } from './device-lines.ts';
import { inspectionLines } from './inspection-lines.ts';
import { latencyLines } from './latency.ts';

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

export const detailLines = (snapshot: WatchedSnapshot, row: Row | undefined, view: View): readonly Line[] => {
  if (row === undefined) return [[span('This process is no longer listed. Esc goes back.', 'warn')]];
  const metrics = snapshot.metrics.filter((metric) => metric.scope === 'pid' && !isBreakdown(metric));
  const seen = metrics.filter(({ id }) => row.metrics[id] !== undefined);
  const unseen = metrics.filter(({ id }) => row.metrics[id] === undefined);
  const { doubtful, zeroes } = unseenLines(snapshot, row, unseen, view);
  const [name = blank, ...identity] = identityLines(snapshot, row, view);
  const metricTable = [
    metricHeading(view),
    ...seen.flatMap((metric) => metricLines(snapshot, row, metric, view)),
    ...(doubtful.length === 0 ? [] : [blank, ...doubtful]),
    ...deviceLines(snapshot, row, view),
    ...latencyLines(snapshot, row, view),
    ...inspectionLines(row, view),
    ...(zeroes.length === 0 ? [] : [blank, ...zeroes]),
    blank,
    [
      span('Correlated signals', 'title'),
      span('  which spikes coincide, and in which order: association, not cause', 'dim'),
    ],
    ...linkLines(snapshot, view, ({ pid }) => pid === row.pid),
  ];
  // Where all of it cannot be seen at once, the numbers are what was asked for.
  return view.size.rows < 16
    ? [name, ...metricTable, blank, ...identity]
    : [name, ...identity, blank, ...metricTable];
};

const identityLines = (snapshot: WatchedSnapshot, row: Row, view: View): Line[] => {
  const { glyphs, size, inspection } = view;
  const container = containerOf(row.cgroup);
  const { clock } = snapshot.header;
  const facts: (readonly [string, string])[] = [
    ['command', row.cmdline === null || row.cmdline === '' ? 'not known' : row.cmdline],
    ['cgroup', `${row.cgroup ?? 'not known'}${container === null ? '' : `, container ${container}`}`],
    ['user', `${userOf(row, inspection)}, parent ${parentOf(snapshot, row)}`],
    ...(row.shared === undefined ? [] : [['counts', `not exact: ${row.shared}`] as const]),
    [
      'started',
      row.startMs === null
        ? 'not known: it was gone before it could be read'
        : `${longDuration(Math.max(0, snapshot.bootUs / 1e6 - row.startMs / 1000))} ago, ${dateTime(realMsAt(clock, row.startMs * 1000))}`,
    ],
  ];
  const state =
    row.endedBootUs === null
      ? span('  running', 'good')
      : span(`  ended ${dateTime(realMsAt(clock, row.endedBootUs))}`, 'warn');
  const accused = accountsOf(snapshot, view)
    .filter(({ rowId, when }) => rowId === row.id && when === 'now')
    .map(({ title, file, about }) =>
      [title.split(': ')[0], about === null ? null : `${about.label} ${about.name}`, file]
        .filter((part) => part !== null)
        .join(', '),
    );
  const lines: Line[] = [
    [
      span(clean(namesOf(row, glyphs.charset === 'ascii' ? '->' : '→'), glyphs.charset), 'title'),
      span(`  pid ${row.pid}`, 'accent'),
      state,
    ],
    // What it is accused of, and the file or the device that it is about, before who it is.
    ...accused.flatMap((text) =>
      wrapLine([span(fitTo('finding', 9), 'dim')], clean(text, glyphs.charset), 'bad', size.columns),
    ),
    ...facts.flatMap(([name, text]) =>
      wrapLine([span(fitTo(name, 9), 'dim')], clean(text, glyphs.charset), 'plain', size.columns).slice(
        0,
        FACT_LINES,
      ),
    ),
  ];
  lines.push(...cgroupLines(snapshot, row, view));
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

const parentOf = ({ rows }: WatchedSnapshot, { ppid }: Row): string => {
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

const metricLines = (snapshot: WatchedSnapshot, row: Row, metric: MetricDescriptor, view: View): Line[] => {
  const { glyphs } = view;
  const widths = widthsOf(view);
  const reading = row.metrics[metric.id];
  const coverage = snapshot.coverage[metric.id];
  const mark = trustMark(coverage?.coverage, glyphs);
  const lately = trustIn(snapshot, metric, 'rate');
  const markNow = trustMark(lately, glyphs);
  if (reading === undefined || coverage?.coverage === 'not-covered') {
    return [
      [
        span(fitTo(metric.label, widths.label)),
        span(` ${fitTo(glyphs.notCovered, widths.total, 'right')}  not covered`, 'dim'),
      ],
      ...reasonLines(glyphs.notCovered, coverage?.reasons ?? [], view),
    ];
  }
  const width = sparkWidth(view);
  const past =
    width >= 8
      ? perSecond(snapshot.history.row(row.id, metric.id, width), metric, sampleTimes(snapshot, width))
      : null;
  const show = (value: number): string =>
    metric.kind === 'counter' ? perSecondText(value, metric) : amount(value, metric.unit);
  const rate = metric.kind === 'counter' ? show(rateNow(snapshot, metric.id, reading.delta)) : '';
  const now = rate === '' ? '' : lately === 'not-covered' ? glyphs.notCovered : markNow + rate;
  const line: Line = [
    span(fitTo(metric.label, widths.label)),
    span(
      ` ${fitTo(mark + exactAmount(reading.total, metric.unit), widths.total, 'right', glyphs.ellipsis)}`,
      'title',
    ),
    span(` ${fitTo(now, widths.now, 'right', glyphs.ellipsis)}`),
    ...(past === null || metric.kind === 'max'
      ? []
      : [
          span(` ${fitTo(markNow + show(peakOf(past)), widths.now, 'right', glyphs.ellipsis)}`, 'dim'),
          span(` ${sparkline(past, glyphs)}`, 'spark'),
        ]),
  ];
  return [
    line,
    ...(lately === 'not-covered'
      ? reasonLines(glyphs.notCovered, ['not counted now: over the budget'], view)
      : []),
    ...(mark === '' ? [] : reasonLines(mark, coverage?.reasons ?? [], view)),
    ...partLines(snapshot, row, metric, widths),
  ];
};

const reasonLines = (mark: string, reasons: readonly string[], { glyphs, size }: View): Line[] =>
  reasons.flatMap((reason) =>
    wrapLine([span(`  ${mark} `, 'warn')], clean(reason, glyphs.charset), 'warn', size.columns),
  );

const partLines = (snapshot: WatchedSnapshot, row: Row, metric: MetricDescriptor, widths: Widths): Line[] => {
  const { dims } = metric;
  if (dims === undefined) return [];
  const parts = snapshot.breakdown(row.id, metric.id);
  const rest = parts.slice(PARTS);
  const lines = parts.slice(0, PARTS).map(({ key, total, delta }): Line => {
    const name = key.map((value, index) => `${dims[index] ?? '?'} ${value}`).join(' ');
    const rate = metric.kind === 'counter' ? perSecondText(rateNow(snapshot, metric.id, delta), metric) : '';
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

const perSecondText = (value: number, metric: MetricDescriptor): string => {
  const text = ratePerSecond(value, metric);
  return text === '' ? text : text + rateSuffix('counter', metric.unit);
};

/**
 * Never seen for it is zero only where the metric is covered, for all and for this process; a level is never zero. What may
 * not be zero at all is worth more of the page than what is.
 */
const unseenLines = (
  snapshot: WatchedSnapshot,
  row: Row,
  metrics: readonly MetricDescriptor[],
  { glyphs, size }: View,
): { readonly doubtful: readonly Line[]; readonly zeroes: readonly Line[] } => {
  const standingOf = (metric: MetricDescriptor): 'zero' | 'at least' | 'about' | 'none' => {
    const { id, kind } = metric;
    const unseen = id in row.uncovered || trustIn(snapshot, metric, 'rate') === 'not-covered';
    const trust = snapshot.coverage[id]?.coverage ?? 'exact';
    if (kind === 'gauge' || unseen || trust === 'not-covered') return 'none';
    return trust === 'exact' ? 'zero' : trust === 'estimate' ? 'about' : 'at least';
  };
  const labels = (standing: ReturnType<typeof standingOf>): string =>
    metrics
      .filter((metric) => standingOf(metric) === standing)
      .map(({ label }) => label)
      .join(', ');
  const line = (title: string, text: string, style: 'plain' | 'warn' = 'plain'): readonly Line[] =>
    text === '' ? [] : wrapLine([span(title, 'dim')], clean(text, glyphs.charset), style, size.columns);
  const reasons = new Set(
    metrics.flatMap((metric) => [
      ...(row.uncovered[metric.id] === undefined ? [] : [row.uncovered[metric.id] ?? '']),
      ...(metric.kind !== 'gauge' && standingOf(metric) === 'none'
        ? (snapshot.coverage[metric.id]?.reasons ?? [])
        : []),
    ]),
  );
  const bounds = new Set(
    metrics
      .filter((metric) => standingOf(metric) === 'at least' || standingOf(metric) === 'about')
      .flatMap(({ id }) => snapshot.coverage[id]?.reasons ?? []),
  );
  const doubtful = [
    ...line('about 0      ', labels('about')),
    ...line('at least 0   ', labels('at least')),
    ...[...bounds].flatMap((reason) => line('  because    ', reason, 'warn')),
    ...line('not covered  ', labels('none')),
    ...[...reasons].flatMap((reason) => line('  because    ', reason, 'warn')),
  ];
  return { doubtful, zeroes: line('zero         ', labels('zero')) };
};

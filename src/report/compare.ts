/** What `compare` has found, as a page or as one JSON object. */

import type { MetricDescriptor } from '../core/metric.ts';
import { type Change, sizeOf, THOUSANDFOLD } from '../insight/compare.ts';
import { KEY_SEPARATOR } from '../insight/period.ts';
import { amount, dateTime, exact } from '../screen/format/numbers.ts';
import { cellsOf, clean, fitTo } from '../screen/format/text.ts';

export type Stretch = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly samples: number;
  /** Series that were too many, and the least. */
  readonly leftOut: number;
  readonly host: string;
};

/**
 * A change that is reported on the page is as sure as this, and at least so many times, or it is a thousandfold, which is
 * never left out; `--json` has them all.
 */
const SURE = 0.95;
const LEAST_TIMES = 1.05;
const MAX_LINES = 40;

/** The contract of `compare --json`: additions are allowed, changes are not. */
export const changesObject = (
  before: Stretch,
  after: Stretch,
  changes: readonly Change[],
  metrics: ReadonlyMap<string, MetricDescriptor>,
): object => ({
  format: 'stallscope-comparison',
  version: 1,
  before: stretchObject(before),
  after: stretchObject(after),
  changes: changes.map((change) => {
    const { metric, who } = partsOf(change.key);
    const [, pid, comm] = /^(\d+) (.*)$/s.exec(who) ?? [];
    return {
      metric,
      unit: metrics.get(metric)?.unit ?? 'count',
      perSecond: (metrics.get(metric)?.kind ?? 'counter') === 'counter',
      pid: pid === undefined ? null : Number(pid),
      comm: comm ?? (who === '' ? null : who),
      before: change.before,
      after: change.after,
      ratio: Number.isFinite(change.ratio) ? change.ratio : null,
      confidence: change.confidence,
      thousandfold: change.moved >= THOUSANDFOLD,
      surprise: change.surprise,
      shift: change.shift,
      shiftWithin: change.shiftWithin,
      usualSpread: change.spread,
      commonFactor: change.common,
    };
  }),
});

const stretchObject = ({ fromMs, toMs, samples, leftOut, host }: Stretch): object => ({
  host,
  from: new Date(Math.round(fromMs)).toISOString(),
  to: new Date(Math.round(toMs)).toISOString(),
  samples,
  leftOut,
});

/** Of a series that is compared. */
export const partsOf = (key: string): { readonly metric: string; readonly who: string } => {
  const [metric = '', who = ''] = key.split(KEY_SEPARATOR);
  return { metric, who };
};

export const changeLines = (
  before: Stretch,
  after: Stretch,
  changes: readonly Change[],
  metrics: ReadonlyMap<string, MetricDescriptor>,
): string[] => {
  const { sure, reported } = reportedOf(changes);
  const rows = reported.map((change) => {
    const { metric, who } = partsOf(change.key);
    const descriptor = metrics.get(metric);
    const rate = (descriptor?.kind ?? 'counter') === 'counter' ? '/s' : '';
    const value = (number: number): string => amount(number, descriptor?.unit ?? 'count') + rate;
    return [
      who === '' ? 'host' : clean(who),
      clean(descriptor?.label ?? metric),
      value(change.before),
      value(change.after),
      timesText(change),
      surpriseText(change),
      sureText(change),
    ];
  });
  return [
    `before  ${line(before)}`,
    `after   ${line(after)}`,
    '',
    ...(rows.length === 0
      ? [`No significant change (${exact(changes.length)} series compared).`]
      : [
          ...table([['WHO', 'WHAT', 'BEFORE', 'AFTER', 'CHANGE', 'SURPRISE', 'SURE'], ...rows]),
          '',
          'SURPRISE: the shift of the median, in spreads that were usual before.',
          ...togetherLines(changes, metrics),
          ...(reported.some(({ confidence }) => confidence < SURE)
            ? [
                '"seen": a thousand times as much for a while, or from shortly before; too short, or on both sides, for a percentage.',
              ]
            : []),
          '',
          `${exact(sure.length)} of ${exact(changes.length)} series changed${sure.length > reported.length ? '; --json has them all' : ''}.`,
        ]),
  ];
};

/** Those that are worth a line, by what really moved: from none to one is no large change. */
export const reportedOf = (
  changes: readonly Change[],
): { readonly sure: readonly Change[]; readonly reported: readonly Change[] } => {
  const sure = changes.filter(
    (one) => one.moved >= THOUSANDFOLD || (one.confidence >= SURE && sizeOf(one) >= Math.log10(LEAST_TIMES)),
  );
  return {
    sure,
    reported: sure.filter(({ moved }, index) => index < MAX_LINES || moved >= THOUSANDFOLD),
  };
};

export const sureText = ({ confidence }: Change): string =>
  confidence >= SURE ? `${Math.floor(confidence * 100)} %` : 'seen';

const line = ({ fromMs, toMs, samples, leftOut, host }: Stretch): string =>
  `${dateTime(fromMs)} to ${dateTime(toMs)}, ${exact(samples)} samples, ${clean(host)}${leftOut > 0 ? `; without ${exact(leftOut)} of the smallest series` : ''}`;

export const surpriseText = ({ surprise }: Change): string =>
  surprise >= 10_000 ? '> 9,999' : surprise >= 10 ? exact(Math.round(surprise)) : surprise.toFixed(1);

/** What most series of a metric did together is news once, and not of each. */
export const togetherLines = (
  changes: readonly Change[],
  metrics: ReadonlyMap<string, MetricDescriptor>,
): string[] => {
  const factors = new Map(
    changes.filter(({ common }) => common !== 1).map(({ key, common }) => [partsOf(key).metric, common]),
  );
  return [...factors].map(([metric, factor]) => {
    const times = factor > 1 ? `× ${round(factor)}` : `÷ ${round(1 / factor)}`;
    return `"${clean(metrics.get(metric)?.label ?? metric)}" moved together, ${times} for most: each is ranked by what it moved beyond that.`;
  });
};

export const timesText = ({ before, after, ratio }: Change): string => {
  if (before === 0) return 'new';
  if (after === 0) return 'gone';
  return ratio >= 1 ? `× ${round(ratio)}` : `÷ ${round(1 / ratio)}`;
};

const round = (value: number): string => (value >= 10 ? exact(Math.round(value)) : value.toFixed(1));

const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cellsOf(cells[column] ?? ''))),
  );
  return rows.map((cells) =>
    `  ${cells.map((text, column) => fitTo(text, widths[column] ?? 0, column < 2 ? 'left' : 'right')).join('  ')}`.trimEnd(),
  );
};

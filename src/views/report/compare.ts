/** What `compare` has found, as a page or as one JSON object. */
import { type Change, sizeOf } from '../../core/compare.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import { KEY_SEPARATOR } from '../../core/side.ts';
import { amount, cellsOf, clean, dateTime, exact, fitTo } from '../format.ts';

export type Stretch = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly samples: number;
  /** Series that were too many, and the least. */
  readonly leftOut: number;
  readonly host: string;
};

/** A change that is told on the page is as sure as this, and at least so many times; `--json` has them all. */
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

const partsOf = (key: string): { readonly metric: string; readonly who: string } => {
  const [metric = '', who = ''] = key.split(KEY_SEPARATOR);
  return { metric, who };
};

export const changeLines = (
  before: Stretch,
  after: Stretch,
  changes: readonly Change[],
  metrics: ReadonlyMap<string, MetricDescriptor>,
): string[] => {
  const sure = changes.filter((one) => one.confidence >= SURE && sizeOf(one) >= Math.log10(LEAST_TIMES));
  sure.sort((a, b) => sizeOf(b) - sizeOf(a));
  const rows = sure.slice(0, MAX_LINES).map((change) => {
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
      `${Math.floor(change.confidence * 100)} %`,
    ];
  });
  return [
    `before  ${line(before)}`,
    `after   ${line(after)}`,
    '',
    ...(rows.length === 0
      ? [`Nothing changed that chance cannot explain (${exact(changes.length)} series compared).`]
      : [
          ...table([['WHO', 'WHAT', 'BEFORE', 'AFTER', 'CHANGE', 'SURE'], ...rows]),
          '',
          `${exact(sure.length)} of ${exact(changes.length)} series changed${sure.length > MAX_LINES ? '; --json has them all' : ''}.`,
        ]),
  ];
};

const line = ({ fromMs, toMs, samples, leftOut, host }: Stretch): string =>
  `${dateTime(fromMs)} to ${dateTime(toMs)}, ${exact(samples)} samples, ${clean(host)}${leftOut > 0 ? `; without ${exact(leftOut)} of the smallest series` : ''}`;

const timesText = ({ before, after, ratio }: Change): string => {
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

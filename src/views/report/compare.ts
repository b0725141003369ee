/** What `compare` has found, as a page or as one JSON object. */
import { type Change, sizeOf } from '../../core/compare.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import { amount, cellsOf, clean, dateTime, exact, fitTo } from '../format.ts';

export type Stretch = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly samples: number;
  readonly host: string;
};

/** From here on a change is told on the page; `--json` has them all. */
const SURE = 0.95;
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

const stretchObject = ({ fromMs, toMs, samples, host }: Stretch): object => ({
  host,
  from: new Date(Math.round(fromMs)).toISOString(),
  to: new Date(Math.round(toMs)).toISOString(),
  samples,
});

const partsOf = (key: string): { readonly metric: string; readonly who: string } => {
  const [metric = '', who = ''] = key.split('\u0000');
  return { metric, who };
};

export const changeLines = (
  before: Stretch,
  after: Stretch,
  changes: readonly Change[],
  metrics: ReadonlyMap<string, MetricDescriptor>,
): string[] => {
  const sure = changes.filter((change) => change.confidence >= SURE && change.before !== change.after);
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

const line = ({ fromMs, toMs, samples, host }: Stretch): string =>
  `${dateTime(fromMs)} to ${dateTime(toMs)}, ${exact(samples)} samples, ${clean(host)}`;

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

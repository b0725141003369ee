/** Counts by size, order or kind, where a probe recorded them, and the free blocks of the page allocator. */
import { namedDevices } from '../../core/device-calls.ts';
import { belowUs, isHistogram, leastUs } from '../../core/histogram.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { amount, duration, exact } from '../../screen/format/numbers.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import { type Section, tableOf } from './parts.ts';
import { BUDDY, type Levels } from './series.ts';
import { commandLine, totalOf } from './values.ts';

/** null where nothing of the kind was recorded. */
export const distributions = (page: Page): Section | null => {
  const { snapshot, command } = page;
  const histograms = snapshot.metrics.flatMap((metric) => histogram(metric, snapshot));
  const buddies = buddyTable(page.timeline.levels);
  if (histograms.length === 0 && buddies === NOTHING) return null;
  const body = html`<p>${commandLine(command('summary', '--json'))}</p>
${histograms}
${buddies}`;
  return { id: 'distributions', title: 'By size and order', body };
};

const MOST_BARS = 27;

/** Over all processes, by the first part of what it is counted by. */
const histogram = (metric: MetricDescriptor, snapshot: Snapshot): Html[] => {
  const [by] = metric.dims ?? [];
  if (by === undefined) return [];
  if (metric.scope === 'device')
    return namedDevices(snapshot, metric.id).flatMap(({ name, histogram: calls }) =>
      barsOf({ metric, by, of: `of ${name}`, totals: new Map(calls.entries()) }, snapshot),
    );
  return isHistogram(metric)
    ? barsOf(
        {
          ...{ metric, by, of: 'of all processes' },
          totals: new Map((snapshot.histograms[metric.id] ?? []).entries()),
        },
        snapshot,
      )
    : barsOf({ metric, by, of: `by ${by}`, totals: partsOf(metric, snapshot) }, snapshot);
};

type Bars = {
  readonly metric: MetricDescriptor;
  readonly by: string;
  /** Whose, in words. */
  readonly of: string;
  readonly totals: ReadonlyMap<number, number>;
};

const barsOf = ({ metric, by, of, totals }: Bars, snapshot: Snapshot): Html[] => {
  const bars = [...totals].filter(([, total]) => total > 0).sort((a, b) => a[0] - b[0]);
  if (bars.length === 0) return [];
  const most = Math.max(...bars.map(([, total]) => total));
  const coverage = snapshot.coverage[metric.id]?.coverage;
  return [
    tableOf({
      name: 'histogram',
      caption: `${metric.label}, ${of} (${metric.id})`,
      columns: [
        { title: isHistogram(metric) ? 'Each took' : by, isNumber: true },
        { title: 'Count', isNumber: true },
        { title: 'Beside the largest' },
      ],
      rows: bars
        .slice(0, MOST_BARS)
        .map(
          ([key, total]) =>
            html`<tr><th scope="row" class="num">${keyText(metric, by, key)}</th><td class="num">${totalOf(total, metric.unit, coverage)}</td><td>${bar(total / most)}</td></tr>`,
        ),
      more: bars.length - MOST_BARS,
    }),
  ];
};

const partsOf = ({ id }: MetricDescriptor, { rows, breakdown }: Snapshot): Map<number, number> => {
  const totals = new Map<number, number>();
  for (const row of rows)
    if (id in row.metrics)
      for (const { key, total } of breakdown(row.id, id))
        totals.set(key[0] ?? 0, (totals.get(key[0] ?? 0) ?? 0) + total);
  return totals;
};

const keyText = (metric: MetricDescriptor, by: string, key: number): string => {
  if (by === 'bytes') return amount(key, 'bytes');
  if (!isHistogram(metric)) return exact(key);
  const to = belowUs(key);
  return Number.isFinite(to)
    ? `${duration(leastUs(key))} to ${duration(to)}`
    : `${duration(leastUs(key))} or more`;
};

const bar = (share: number): Html =>
  html`<svg class="bar" width="160" height="12" aria-hidden="true"><rect width="${Math.max(1, Math.round(share * 160))}" height="12"/></svg>`;

/** Free blocks of each zone by order, at the beginning, at the least, and at the end. */
const buddyTable = (levels: ReadonlyMap<string, Levels>): Html => {
  const zones = new Map<string, { order: number; levels: Levels }[]>();
  for (const [id, level] of levels) {
    const [, node, zone, order] = BUDDY.exec(id) ?? [];
    const name = `node ${node}, ${zone}`;
    zones.set(name, [...(zones.get(name) ?? []), { order: Number(order), levels: level }]);
  }
  const orders = [...new Set([...zones.values()].flatMap((own) => own.map(({ order }) => order)))].sort(
    (a, b) => a - b,
  );
  if (zones.size === 0) return NOTHING;
  return tableOf({
    name: 'buddy',
    caption:
      'Buddy lists, free blocks of 2^order pages: the least of the recording, and below it first → last',
    columns: [{ title: 'Zone' }, ...orders.map((order) => ({ title: `order ${order}`, isNumber: true }))],
    rows: [...zones].map(
      ([name, own]) =>
        html`<tr><th scope="row">${name}</th>${orders.map((order) => blocks(own.find((one) => one.order === order)?.levels))}</tr>`,
    ),
  });
};

const blocks = (levels: Levels | undefined): Html =>
  levels === undefined
    ? html`<td></td>`
    : html`<td class="num">${exact(levels.least)}<br><span class="detail">${exact(levels.first)} → ${exact(levels.last)}</span></td>`;

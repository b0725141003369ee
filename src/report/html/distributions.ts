/** Counts by size, order or kind, where a probe recorded them, and the free blocks of the page allocator. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { amount, exact } from '../../screen/format/numbers.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import { BUDDY, type Levels } from './series.ts';
import { commandLine, metricName, totalOf } from './values.ts';

export const distributions = (page: Page): Html => {
  const { snapshot, command } = page;
  const histograms = snapshot.metrics.flatMap((metric) => histogram(metric, snapshot));
  const buddies = buddyTable(page.timeline.levels);
  if (histograms.length === 0 && buddies === NOTHING) return NOTHING;
  return html`<section id="distributions" aria-labelledby="h-distributions"><h2 id="h-distributions">By size and order</h2>
<p>${commandLine(command('summary', '--json'))}</p>
${histograms}
${buddies}
</section>`;
};

const MOST_BARS = 24;

/** Over all processes, by the first part of what it is counted by. */
const histogram = (metric: MetricDescriptor, snapshot: Snapshot): Html[] => {
  const [by] = metric.dims ?? [];
  if (by === undefined) return [];
  const totals = new Map<number, number>();
  for (const row of snapshot.rows)
    if (metric.id in row.metrics)
      for (const { key, total } of snapshot.breakdown(row.id, metric.id))
        totals.set(key[0] ?? 0, (totals.get(key[0] ?? 0) ?? 0) + total);
  const bars = [...totals].filter(([, total]) => total > 0).sort((a, b) => a[0] - b[0]);
  if (bars.length === 0) return [];
  const most = Math.max(...bars.map(([, total]) => total));
  const title = `${metric.label}, by ${by}`;
  const coverage = snapshot.coverage[metric.id]?.coverage;
  return [
    html`<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table class="histogram"><caption>${title} ${metricName(metric.id)}</caption><thead><tr><th scope="col" class="num">${by}</th><th scope="col" class="num">Count</th><th scope="col">Part of the largest</th></tr></thead><tbody>${bars
      .slice(0, MOST_BARS)
      .map(
        ([key, total]) =>
          html`<tr><th scope="row" class="num">${by === 'bytes' ? amount(key, 'bytes') : exact(key)}</th><td class="num">${totalOf(total, metric.unit, coverage)}</td><td>${bar(total / most)}</td></tr>`,
      )}</tbody></table></div>`,
  ];
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
  return html`<div class="scroll" role="region" aria-label="Free blocks" tabindex="0"><table class="buddy"><caption>Buddy lists: free blocks of 2 to the power of the order pages; at the beginning, the least, at the end</caption><thead><tr><th scope="col">Zone</th>${orders.map((order) => html`<th scope="col" class="num">order ${order}</th>`)}</tr></thead><tbody>${[
    ...zones,
  ].map(
    ([name, own]) =>
      html`<tr><th scope="row">${name}</th>${orders.map((order) => {
        const found = own.find((one) => one.order === order)?.levels;
        return found === undefined
          ? html`<td></td>`
          : html`<td class="num">${exact(found.first)} <span class="detail">${exact(found.least)}</span> ${exact(found.last)}</td>`;
      })}</tr>`,
  )}</tbody></table></div>`;
};

/** Which signals come before which, what spiked, and what is different after a moment. */

import type { SeriesIdentity } from '../../insight/series.ts';
import { exact } from '../../screen/format/numbers.ts';
import { loudestFirst, reportedLinks } from '../analysis.ts';
import { partsOf, reportedOf, sureText, timesText } from '../compare.ts';
import { byChanceText, inOrder, linkOrder, peakText, supportOf } from '../words.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Comparison, Page } from './material.ts';
import { commandLine, metricName, processName, rateOrLevel } from './values.ts';

const MOST_LINKS = 20;
const MOST_SPIKES = 20;

const table = (caption: string, head: Html, rows: readonly Html[]): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead>${head}</thead><tbody>${rows}</tbody></table></div>`;

const series = (identity: SeriesIdentity | undefined): Html =>
  identity === undefined
    ? html`a series no longer known`
    : html`${metricName(identity.metric)}${identity.pid === null ? NOTHING : html` of ${processName(identity)}`}`;

export const leadAndLag = (page: Page): Html =>
  html`<section id="order" aria-labelledby="h-order"><h2 id="h-order">What came first</h2>
<p>Spikes that coincide more often than chance, and in which order: association, not cause. ${commandLine(page.command('analyze'))}</p>
${links(page)}
${spikes(page)}
</section>`;

const links = ({ analysis, snapshot }: Page): Html => {
  const all = reportedLinks(analysis);
  if (all.length === 0)
    return html`<p>No two of ${exact(analysis.tested)} pairs of signals coincide often enough to say so.</p>`;
  const rows = all.slice(0, MOST_LINKS).map((link) => {
    const [first, second] = inOrder(link);
    const { seen, of } = supportOf(link);
    return html`<tr><td>${series(analysis.identityOf(first))}</td><td>${series(analysis.identityOf(second))}</td><td>${linkOrder(link, snapshot.header)}</td><td class="num">${seen} of ${of}</td><td class="num">${byChanceText(link)}</td></tr>`;
  });
  return html`${table(
    `Of ${exact(analysis.tested)} pairs compared`,
    html`<tr><th scope="col">First</th><th scope="col">Second</th><th scope="col">Order</th><th scope="col" class="num">Times</th><th scope="col" class="num">Such pairs by chance</th></tr>`,
    rows,
  )}${more(all.length - MOST_LINKS)}`;
};

const spikes = ({ analysis, times, offset }: Page): Html => {
  if (analysis.spikes.length === 0) return html`<p>Nothing spiked.</p>`;
  const rows = loudestFirst(analysis.spikes)
    .slice(0, MOST_SPIKES)
    .map(
      (spike) =>
        html`<tr><td>${times.at(spike.startUs)}</td><td class="num"><data value="${Number(spike.score.toFixed(3))}">${spike.score.toFixed(1)}</data></td><td>${series(spike.identity)}</td><td>${peakText(spike)}</td><td><code>${offset(spike.startUs)}</code></td></tr>`,
    );
  return html`${table(
    'Spikes, the least likely first: 10 to the power of minus the score is how often a sample would be so large',
    html`<tr><th scope="col">At (UTC)</th><th scope="col" class="num">Score</th><th scope="col">Signal</th><th scope="col">How far</th><th scope="col">replay --from</th></tr>`,
    rows,
  )}${more(analysis.spikes.length - MOST_SPIKES)}`;
};

const more = (count: number): Html =>
  count > 0 ? html`<p class="note">… and ${exact(count)} more: analyze --json has them all.</p>` : NOTHING;

/** Nothing where nothing divides the recording. */
export const beforeAndAfter = (page: Page): Html => {
  const { comparison, marks } = page;
  if (comparison === null)
    return marks.length < 2
      ? NOTHING
      : html`<section id="change" aria-labelledby="h-change"><h2 id="h-change">Before and after</h2><p>The recording has ${marks.length} marks: report --mark TEXT compares before and after one of them.</p></section>`;
  return html`<section id="change" aria-labelledby="h-change"><h2 id="h-change">Before and after${comparison.mark === null ? '' : ` “${comparison.mark}”`}</h2>
<p>${page.times.inFull(comparison.momentUs)}; ${exact(comparison.before.samples)} samples before, ${exact(comparison.after.samples)} after. ${commandLine(page.command('compare', `--at ${page.isoOf(comparison.momentUs)}`))}</p>
${changes(comparison, page)}
</section>`;
};

const changes = ({ changes: all }: Comparison, { snapshot }: Page): Html => {
  const { sure, reported } = reportedOf(all);
  if (reported.length === 0)
    return html`<p>No significant change, of ${exact(all.length)} series compared.</p>`;
  const metrics = new Map(snapshot.metrics.map((metric) => [metric.id, metric]));
  const rows = reported.map((change) => {
    const { metric: id, who } = partsOf(change.key);
    const metric = metrics.get(id) ?? { label: id, kind: 'counter', unit: 'count' };
    return html`<tr><td>${who === '' ? 'host' : html`<bdi class="who">${who}</bdi>`}</td><td>${metric.label} ${metricName(id)}</td><td class="num">${rateOrLevel(change.before, metric)}</td><td class="num">${rateOrLevel(change.after, metric)}</td><td class="num">${timesText(change)}</td><td class="num">${sureText(change)}</td></tr>`;
  });
  return html`${table(
    `What changed: ${exact(sure.length)} of ${exact(all.length)} series`,
    html`<tr><th scope="col">Who</th><th scope="col">What</th><th scope="col" class="num">Before</th><th scope="col" class="num">After</th><th scope="col" class="num">Change</th><th scope="col" class="num">Sure</th></tr>`,
    rows,
  )}<p class="note">“seen”: a thousand times as much for a while, or from shortly before; too short, or on both sides, for a percentage.</p>`;
};

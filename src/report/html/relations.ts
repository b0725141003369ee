/** Which signals come before which, what spiked, and what is different after a moment. */

import type { SeriesIdentity } from '../../insight/series.ts';
import { exact } from '../../screen/format/numbers.ts';
import { loudestFirst, reportedLinks } from '../analysis.ts';
import { partsOf, reportedOf, sureText, surpriseText, timesText, togetherLines } from '../compare.ts';
import { byChanceText, inOrder, linkOrder, peakText, supportOf } from '../words.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Comparison, Page } from './material.ts';
import { FROM, type Section, tableOf } from './parts.ts';
import { commandLine, metricName, processName, rateOrLevel } from './values.ts';

const MOST_LINKS = 20;
const MOST_SPIKES = 20;

const series = (identity: SeriesIdentity | undefined): Html =>
  identity === undefined
    ? html`a series no longer known`
    : html`${metricName(identity.metric)}${identity.pid === null ? NOTHING : html` of ${processName(identity)}`}`;

export const leadAndLag = (page: Page): Section => {
  const body = html`<p>Spikes that coincide more often than chance, and in which order: association, not cause. ${commandLine(page.command('analyze'))}</p>
${links(page)}
${spikes(page)}`;
  return { id: 'order', title: 'What came first', body };
};

const links = ({ analysis, snapshot }: Page): Html => {
  const all = reportedLinks(analysis);
  if (all.length === 0)
    return html`<p>No two of ${exact(analysis.tested)} pairs of signals coincide often enough to say so.</p>`;
  const rows = all.slice(0, MOST_LINKS).map((link) => {
    const [first, second] = inOrder(link);
    const { seen, of } = supportOf(link);
    return html`<tr><td>${series(analysis.identityOf(first))}</td><td>${series(analysis.identityOf(second))}</td><td>${linkOrder(link, snapshot.header)}</td><td class="num">${seen} of ${of}</td><td class="num">${byChanceText(link)}</td></tr>`;
  });
  return tableOf({
    caption: `Of ${exact(analysis.tested)} pairs compared`,
    columns: [
      { title: 'First' },
      { title: 'Second' },
      { title: 'Order' },
      { title: 'Times', isNumber: true },
      { title: 'Such pairs by chance', isNumber: true },
    ],
    rows,
    more: all.length - MOST_LINKS,
  });
};

const spikes = ({ analysis, times, from }: Page): Html => {
  if (analysis.spikes.length === 0) return html`<p>Nothing spiked.</p>`;
  const rows = loudestFirst(analysis.spikes)
    .slice(0, MOST_SPIKES)
    .map(
      (spike) =>
        html`<tr><td>${times.at(spike.startUs)}</td><td class="num"><data value="${Number(spike.score.toFixed(3))}">${spike.score.toFixed(1)}</data></td><td>${series(spike.identity)}</td><td>${peakText(spike)}</td><td>${from(spike.startUs)}</td></tr>`,
    );
  return tableOf({
    caption:
      'Spikes, the least likely first: 10 to the power of minus the score is how often a sample is so large',
    columns: [
      { title: 'At (UTC)' },
      { title: 'Score', isNumber: true },
      { title: 'Signal' },
      { title: 'How far' },
      FROM,
    ],
    rows,
    more: analysis.spikes.length - MOST_SPIKES,
  });
};

/** null where nothing divides the recording. */
export const beforeAndAfter = (page: Page): Section | null => {
  const { comparison, marks } = page;
  const id = 'change';
  if (comparison !== null) {
    const title = `Before and after${comparison.mark === null ? '' : ` “${titleOf(comparison.mark)}”`}`;
    return { id, title, body: compared(comparison, page) };
  }
  if (marks.length < 2) return null;
  const body = html`<p>The recording has ${marks.length} marks: report --mark TEXT compares before and after one of them.</p>`;
  return { id, title: 'Before and after', body };
};

/** Marks may be long; all of it stands in the table of marks. */
const titleOf = (mark: string): string => (mark.length > 60 ? `${mark.slice(0, 59)}…` : mark);

const compared = (comparison: Comparison, page: Page): Html => {
  const { momentUs, before, after } = comparison;
  return html`<p>${page.times.inFull(momentUs)}; ${exact(before.samples)} samples before, ${exact(after.samples)} after. ${commandLine(page.command('compare', `--at ${page.isoOf(momentUs)}`))}</p>
${changes(comparison, page)}`;
};

const changes = ({ changes: all }: Comparison, { snapshot }: Page): Html => {
  const { sure, reported } = reportedOf(all);
  if (reported.length === 0)
    return html`<p>No significant change, of ${exact(all.length)} series compared.</p>`;
  const metrics = new Map(snapshot.metrics.map((metric) => [metric.id, metric]));
  const rows = reported.map((change) => {
    const { metric: id, who } = partsOf(change.key);
    const metric = metrics.get(id) ?? { label: id, kind: 'counter', unit: 'count' };
    return html`<tr><td>${who === '' ? 'host' : html`<bdi class="who">${who}</bdi>`}</td><td>${metric.label} ${metricName(id)}</td><td class="num">${rateOrLevel(change.before, metric)}</td><td class="num">${rateOrLevel(change.after, metric)}</td><td class="num">${timesText(change)}</td><td class="num">${surpriseText(change)}</td><td class="num">${sureText(change)}</td></tr>`;
  });
  return html`${tableOf({
    caption: `What changed: ${exact(sure.length)} of ${exact(all.length)} series`,
    columns: [
      { title: 'Who' },
      { title: 'What' },
      { title: 'Before', isNumber: true },
      { title: 'After', isNumber: true },
      { title: 'Change', isNumber: true },
      { title: 'Surprise', isNumber: true },
      { title: 'Sure', isNumber: true },
    ],
    rows,
    more: sure.length - reported.length,
  })}<p class="note">Surprise: the shift of the median, in spreads that were usual before. ${togetherLines(all, metrics).join(' ')}</p><p class="note">“seen”: a thousand times as much for a while, or from shortly before; too short, or on both sides, for a percentage.</p>`;
};

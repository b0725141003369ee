/** How far every number of the page can be trusted, by which probes it was counted, and what that cost. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Coverage, Snapshot } from '../../core/snapshot.ts';
import { bytes, duration, exact, longDuration, percent } from '../../screen/format/numbers.ts';
import { doubtsOf, importedLines, missingOf, nothingMissing } from '../summary/doubts.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import { FROM, type Section, tableOf } from './parts.ts';
import { commandLine } from './values.ts';

export const completeness = (page: Page): Section => {
  const { snapshot, command } = page;
  const missing = missingOf(snapshot);
  const doubts = doubtsOf(snapshot);
  const late = snapshot.rows.filter(({ lateStart }) => lateStart).length;
  const body = html`<p class="lead">${missing.length > 0 ? 'Something is missing.' : doubts.length > 0 ? 'Nothing was lost, but some counts are not exact.' : nothingMissing(snapshot)}</p>
${list(importedLines(snapshot).map((line) => line.trim()))}
${list([...missing, ...doubts])}
${late === 0 ? NOTHING : html`<p>${exact(late)} ${late === 1 ? 'process' : 'processes'} ran before tracing began: what they did is counted from then on.</p>`}
<p class="note">≥ is a lower bound, ≈ an estimate, – is not covered: not zero, but not known. ${commandLine(command('summary'))}</p>
${coverageTable(snapshot)}
${probeTable(snapshot)}
${gapTable(page)}
${ownCost(snapshot)}`;
  return { id: 'completeness', title: 'How complete it is', body };
};

const list = (lines: readonly string[]): Html =>
  lines.length === 0 ? NOTHING : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;

const LEVELS: readonly (readonly [Coverage, string])[] = [
  ['exact', 'Exact'],
  ['estimate', '≈ Estimate'],
  ['sampled', '≈ As another tool reported it'],
  ['lower-bound', '≥ Lower bound'],
  ['not-covered', '– Not covered'],
];

/** By how far it can be trusted, so that what is exact takes one line. */
const coverageTable = ({ metrics, coverage }: Snapshot): Html => {
  const counted = metrics.filter(({ id, scope }) => scope === 'pid' && id in coverage);
  const rows = LEVELS.flatMap(([level, words]) => {
    const own = counted.filter(({ id }) => coverage[id]?.coverage === level);
    return own.length === 0
      ? []
      : [
          html`<tr><th scope="row">${words}</th><td class="num">${own.length}</td><td data-coverage="${level}">${own.map(metricIn)}</td></tr>`,
        ];
  });
  if (rows.length === 0) return NOTHING;
  return tableOf({
    caption: 'What was counted of processes, by how far it can be trusted',
    columns: [{ title: 'Trust' }, { title: 'Metrics', isNumber: true }, { title: 'Which' }],
    rows,
  });
};

const metricIn = ({ id, help }: MetricDescriptor): Html =>
  html`<code class="metric" title="${help}">${id}</code> `;

const probeTable = ({ probes }: Snapshot): Html =>
  probes.length === 0
    ? NOTHING
    : tableOf({
        caption: 'Probes, and the variant that counted here',
        columns: [{ title: 'Probe' }, { title: 'Variant' }, { title: 'State' }, { title: 'Why' }],
        rows: probes.map(
          ({ id, variant, state, reason }) =>
            html`<tr><th scope="row">${id}</th><td>${variant ?? '–'}</td><td>${state}</td><td>${reason ?? ''}</td></tr>`,
        ),
      });

const MOST_GAPS = 50;

const gapTable = ({ snapshot: { losses }, times, from }: Page): Html => {
  const { gaps } = losses;
  if (gaps.length === 0) return NOTHING;
  return tableOf({
    caption: 'Gaps: nothing was counted then',
    columns: [
      { title: 'From (UTC)' },
      { title: 'To' },
      { title: 'For', isNumber: true },
      { title: 'Why' },
      FROM,
    ],
    rows: gaps
      .slice(0, MOST_GAPS)
      .map(
        ({ fromBootUs, toBootUs, reason }) =>
          html`<tr><td>${times.at(fromBootUs)}</td><td>${times.at(toBootUs)}</td><td class="num">${duration(toBootUs - fromBootUs)}</td><td>${reason}</td><td>${from(fromBootUs)}</td></tr>`,
      ),
    more: gaps.length - MOST_GAPS,
  });
};

/** Over all of the recording; nobody measured what was imported. */
const ownCost = ({ self, elapsedUs, header }: Snapshot): Html => {
  if (header.imported !== undefined) return NOTHING;
  const share = (cpuMs: number): string => percent(elapsedUs > 0 ? (cpuMs * 1e5) / elapsedUs : 0);
  const probes = Object.values(self.probeMs ?? {}).reduce((sum, ms) => sum + ms, 0);
  const limit =
    header.budget === null || header.budget === undefined
      ? NOTHING
      : html` of a budget of ${percent(header.budget * 100)} of each CPU at work`;
  return html`<h3>What tracing cost</h3><dl class="facts">
<dt>Traced processes</dt><dd>${self.probeMs === undefined ? 'not known' : html`${share(probes)} of one CPU over ${longDuration(elapsedUs / 1e6)}, in the time of those who ran into probes${limit}`}</dd>
<dt>bpftrace</dt><dd>${share(self.tracerCpuMs)} of one CPU${held(self.tracerRssBytes)}; kernel maps ${bytes(self.mapBytes)}</dd>
<dt>stallscope</dt><dd>${share(self.cpuMs)} of one CPU${held(self.rssBytes)}</dd>
</dl>`;
};

/** At the end, when bpftrace may have ended already. */
const held = (rssBytes: number): string => (rssBytes > 0 ? `, ${bytes(rssBytes)} of memory` : '');

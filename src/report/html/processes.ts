/** Who suffers and who does it: as findings and incidents name them, and as each metric counts them. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { suspectsIn } from '../../insight/findings/finding.ts';
import { namesOf } from '../../screen/format/trust.ts';
import { worstFirst } from '../analysis.ts';
import { cellOf, type ProbeTable, probeTable } from '../summary/tables.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import { type Column, FROM, type Section, tableOf } from './parts.ts';
import { commandLine, metricName, processName, shareOf, totalOf } from './values.ts';

export const processes = (page: Page): Section => {
  const { snapshot, command } = page;
  const body = html`${partyTable(page)}
${sufferers(page)}
<h3>Totals by process</h3>
<p>Over all of the recording, the largest part of any one metric first. ${commandLine(command('summary', '--sort METRIC'))}</p>
${[...snapshot.probes.map(({ id }) => id), 'host'].map((id) => totals(page, id))}
${groups(snapshot)}`;
  return { id: 'processes', title: 'Who does it, and who suffers', body };
};

type Part = { readonly pid: number; readonly startMs: number | null; readonly comm: string };

/** Those whom findings name, with what is known of them. */
const partyTable = ({ analysis, snapshot, times, from }: Page): Html => {
  const named = analysis.findings.flatMap((finding, index) => {
    const row = (part: string, who: Part): Html => {
      const known = snapshot.rows.find(({ pid, startMs }) => pid === who.pid && startMs === who.startMs);
      return html`<tr><td>${part}</td><td>${processName(who)}</td><td><a href="#finding-${index + 1}">${finding.id}</a></td><td>${times.at(finding.startUs)}</td><td>${from(finding.startUs)}</td><td><code>${known?.cmdline ?? ''}</code></td><td>${known?.cgroup ?? ''}</td></tr>`;
    };
    return [
      ...suspectsIn(finding)
        .slice(0, MOST_ROWS)
        .map((who) => row('suspect', who)),
      ...finding.victims.slice(0, MOST_ROWS).map((who) => row('victim', who)),
    ];
  });
  if (named.length === 0) return html`<p>No finding names a process.</p>`;
  return tableOf({
    caption: 'Named by findings',
    columns: [
      { title: 'Part' },
      { title: 'Process' },
      { title: 'Finding' },
      { title: 'Since (UTC)' },
      FROM,
      { title: 'Command line' },
      { title: 'Control group' },
    ],
    rows: named,
  });
};

const MOST_ROWS = 20;
const MOST_INCIDENTS = 6;

/** Of what rose together: who did most of it, and who waited for it. */
const sufferers = ({ analysis, times, from }: Page): Html => {
  const rows = worstFirst(analysis.incidents)
    .slice(0, MOST_INCIDENTS)
    .map(
      ({ startUs, endUs, suspect, share, nobody, sufferers, named }) =>
        html`<tr><td>${times.at(startUs)}</td><td>${times.at(endUs)}</td><td>${named.length === 0 ? 'not a known failure' : named.join(', ')}</td><td>${
          suspect === null ? (nobody ?? '–') : processName(suspect)
        }${share === null ? NOTHING : html`: ${shareOf(share)} of ${metricName(suspect?.metric ?? '')}`}</td><td>${sufferers.map(
          ({ identity, threads }, index) =>
            html`${index === 0 ? '' : ', '}${processName(identity)} <span class="detail">${threads.toFixed(2)} threads in ${metricName(identity.metric)}</span>`,
        )}</td><td>${from(startUs)}</td></tr>`,
    );
  if (rows.length === 0) return NOTHING;
  return tableOf({
    caption: 'Incidents, the worst first: several signals rose together',
    columns: [
      { title: 'From (UTC)' },
      { title: 'To' },
      { title: 'Failure' },
      { title: 'Who did most' },
      { title: 'Who waited most' },
      FROM,
    ],
    rows,
    more: analysis.incidents.length - rows.length,
  });
};

const totals = ({ snapshot }: Page, probe: string): Html => {
  const { rows, metrics, unseen }: ProbeTable = probeTable(snapshot, probe, undefined);
  const state = snapshot.probes.find(({ id }) => id === probe)?.state;
  const title = probe === 'host' ? 'CPU, memory and faults, from /proc' : probe;
  if (rows.length === 0) {
    if (probe === 'host') return NOTHING;
    return html`<p><strong>${title}</strong>: ${unseen || state === 'refused' ? '–, not covered' : 'nothing counted'}</p>`;
  }
  return tableOf({
    caption: title,
    columns: [{ title: 'PID', isNumber: true }, { title: 'Command' }, ...metrics.map(columnOf)],
    rows: rows
      .slice(0, MOST_ROWS)
      .map(
        (row) =>
          html`<tr data-process="${row.id}"><td class="num">${row.pid}</td><th scope="row"><bdi class="who">${namesOf(row)}</bdi></th>${metrics.map((metric) => cell(snapshot, row, metric))}</tr>`,
      ),
    more: rows.length - MOST_ROWS,
  });
};

const columnOf = ({ label, help }: MetricDescriptor): Column => ({ title: label, isNumber: true, help });

const cell = (snapshot: Snapshot, row: Row, metric: MetricDescriptor): Html => {
  const known = cellOf(snapshot, row, metric);
  if (known === null) return html`<td></td>`;
  if (known === 'not covered') return html`<td class="num"><abbr title="not covered">–</abbr></td>`;
  return html`<td class="num" data-metric="${metric.id}">${totalOf(known.total, metric.unit, known.coverage)}</td>`;
};

/** Control groups with a limit. */
const groups = ({ cgroups = [], metrics }: Snapshot): Html => {
  const own = metrics.filter(
    ({ id, scope }) => scope === 'cgroup' && cgroups.some((one) => id in one.metrics),
  );
  if (cgroups.length === 0 || own.length === 0) return NOTHING;
  return tableOf({
    caption: 'Control groups with a limit',
    columns: [{ title: 'Control group' }, ...own.map(columnOf)],
    rows: cgroups.slice(0, MOST_ROWS).map(
      (one) =>
        html`<tr><th scope="row"><bdi>${one.path}</bdi></th>${own.map(({ id, unit }) => {
          const reading = one.metrics[id];
          return reading === undefined
            ? html`<td></td>`
            : html`<td class="num">${totalOf(reading.total, unit)}</td>`;
        })}</tr>`,
    ),
    more: cgroups.length - MOST_ROWS,
  });
};

/** The verdict: what is wrong, who, since when, how surely, the numbers that prove it, what helps and what that may cost. */
import type { CountedFile } from '../../core/file-extents.ts';
import { type Evidence, type Finding, signsOf, suspectsIn } from '../../insight/findings/finding.ts';
import { bytes, extents, longDuration } from '../../screen/format/numbers.ts';
import { worstFirst } from '../analysis.ts';
import { aboutIncident } from '../words.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import { FROM, type Section, tableOf } from './parts.ts';
import { amountOf, commandLine, metricName, processName, shareOf } from './values.ts';

const MOST_NAMED = 12;

export const verdict = (page: Page): Section => {
  const { findings, learning } = page.analysis;
  const body =
    findings.length === 0
      ? nothingFound(page)
      : findings.map((finding, index) => card(finding, index + 1, page));
  return { id: 'verdict', title: 'Verdict', body: html`${body}${learningNote(learning)}` };
};

const nothingFound = ({ analysis, times, replayFrom, command }: Page): Html => {
  const [worst] = worstFirst(analysis.incidents);
  return html`<p class="lead">No known failure was recognised.</p>${
    worst === undefined
      ? html`<p>Nothing stood out together either. <code class="command">${command('analyze')}</code></p>`
      : html`<p>What stood out most, from ${times.inFull(worst.startUs)} to ${times.at(worst.endUs)}: ${aboutIncident(worst)}. ${commandLine(replayFrom(worst.startUs))}</p>`
  }`;
};

const learningNote = (learning: boolean): Html =>
  learning
    ? html`<p class="note">The recording is short: the baseline was still being learnt, so treat its spikes with caution.</p>`
    : NOTHING;

const card = (finding: Finding, number: number, page: Page): Html => {
  const { times, replayFrom } = page;
  const { seen, of } = signsOf(finding);
  const lasted = longDuration((finding.endUs - finding.startUs) / 1e6);
  return html`<article class="finding ${finding.severity}" id="finding-${number}" data-finding="${finding.id}">
<h3><span class="key finding">${number}</span> <span class="severity">${finding.severity}</span> ${finding.title}</h3>
<dl class="facts">
<dt>Suspect</dt><dd data-part="suspects">${suspects(finding)}</dd>
${finding.cgroup === undefined ? NOTHING : html`<dt>Control group</dt><dd><code>${finding.cgroup}</code></dd>`}
${finding.files === undefined || finding.files.length === 0 ? NOTHING : html`<dt>It has open</dt><dd data-part="files">${openFiles(finding.files)}</dd>`}
<dt>Victims</dt><dd data-part="victims">${finding.victims.length === 0 ? 'none seen' : names(finding.victims)}</dd>
<dt>Since</dt><dd>${times.inFull(finding.startUs)}</dd>
<dt>Until</dt><dd>${times.inFull(finding.endUs)}, for ${lasted}${stillOpen(finding, page)}</dd>
<dt>Confidence</dt><dd data-part="confidence">${shareOf(finding.confidence)}: <span data-part="signs">${seen} of ${of} signs</span> seen</dd>
<dt>Finding</dt><dd><code>${finding.id}</code></dd>
<dt>See it</dt><dd>${commandLine(replayFrom(finding.startUs))}</dd>
</dl>
${proof(finding, page)}
${finding.missing.length === 0 ? NOTHING : html`<p class="note">Not measured here: ${finding.missing.join(', ')}.</p>`}
<h4>What helps, and what it risks</h4>
<ul class="advice">${finding.advice.map(
    ({ text, command, risk }) =>
      html`<li>${text}${command === undefined ? NOTHING : html`<br>${commandLine(command)}`}${
        risk === undefined ? NOTHING : html`<br><span class="risk"><strong>Risk:</strong> ${risk}</span>`
      }</li>`,
  )}</ul>
</article>`;
};

const suspects = (finding: Finding): Html => {
  const all = suspectsIn(finding);
  if (all.length === 0) return html`none: no process that did it was counted here`;
  return html`${names(all)}${all.length > 1 ? html`; the numbers are their sum` : NOTHING}`;
};

const openFiles = (files: readonly CountedFile[]): Html =>
  html`${files.map(
    (file, index) =>
      html`${index === 0 ? '' : html`<br>`}<code>${file.path}</code>: ${extents(file)}${file.sizeBytes === undefined ? '' : `, ${bytes(file.sizeBytes)}`}`,
  )}`;

const names = (parties: readonly { readonly pid: number; readonly comm: string }[]): Html => {
  const rest = parties.length - MOST_NAMED;
  return html`${parties
    .slice(0, MOST_NAMED)
    .map(
      (one, index) => html`${index === 0 ? '' : ', '}${processName(one)}`,
    )}${rest > 0 ? ` and ${rest} more` : ''}`;
};

/** Whether it goes on at the end of the recording, as far as that is known. */
const stillOpen = ({ endUs, uncountedSinceUs }: Finding, { snapshot, times }: Page): Html => {
  if (uncountedSinceUs !== undefined)
    return html`; not counted since ${times.at(uncountedSinceUs)}: whether it goes on is not known`;
  const { bootUs, header } = snapshot;
  return bootUs - endUs <= 2 * header.intervalMs * 1000
    ? html`: it went on to the end of the recording`
    : NOTHING;
};

const proof = ({ evidence }: Finding, page: Page): Html =>
  tableOf({
    name: 'evidence',
    caption: 'Numbers that prove it: over the time it held, and when each was strongest',
    columns: [
      { title: 'Value', isNumber: true },
      { title: 'What' },
      { title: 'Metric' },
      { title: 'At (UTC)' },
      FROM,
    ],
    rows: evidence.map((one) => proofRow(one, page)),
  });

const proofRow = ({ metric, value, unit, what, atUs }: Evidence, { times, from }: Page): Html =>
  html`<tr data-metric="${metric}"><td class="num">${amountOf(value, unit)}</td><td>${what}</td><td>${metricName(metric)}</td><td>${times.at(atUs)}</td><td>${from(atUs)}</td></tr>`;

/**
 * A recording as one page: everything on it can be read without a program, and nothing is fetched from anywhere. With
 * one, the drawings become charts that can be zoomed. What may run or style is named by its checksum in the policy of the
 * page; whatever else a hostile name would bring in is refused by the browser, too.
 *
 * The same recording gives the same page, to the byte.
 */

import { realMsAt } from '../../core/clock.ts';
import { exact, longDuration } from '../../screen/format/numbers.ts';
import { hostFacts } from '../words.ts';
import { offsetText, shellWord } from './command.ts';
import { completeness } from './completeness.ts';
import { distributions } from './distributions.ts';
import { html, verbatim } from './markup.ts';
import type { Material, Page } from './material.ts';
import { contentsOf, sectionOf } from './parts.ts';
import { processes } from './processes.ts';
import { heading, provenance } from './provenance.ts';
import { beforeAndAfter, leadAndLag } from './relations.ts';
import { timelineSection } from './timeline.ts';
import { timesOf } from './times.ts';
import { troubleNotice } from './trouble.ts';
import { verdict } from './verdict.ts';

/** What a page carries with it. */
export type Assets = {
  readonly style: string;
  readonly programs: readonly string[];
  /** SHA-256 in base64, as a policy names it. */
  readonly checksum: (text: string) => string;
};

/** `zone` is that of the local times. */
export const pageText = (material: Material, assets: Assets, zone: string): string => {
  const page = pageOf(material, zone);
  const sections = [
    verdict(page),
    completeness(page),
    timelineSection(page),
    processes(page),
    leadAndLag(page),
    beforeAndAfter(page),
    distributions(page),
    provenance(page),
  ].filter((section) => section !== null);
  return html`${DOCTYPE}<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${titleOf(page)}</title>
<style>${verbatim(assets.style)}</style>
</head>
<body>
<a class="skip" href="#verdict">To the verdict</a>
<header>
<h1>${titleOf(page)}</h1>
<p class="about">${aboutText(page)}</p>
${troubleNotice(page)}
<p class="zones"><span id="zone-note">${page.times.zoneNote}</span></p>
<nav aria-label="Sections">${contentsOf(sections)}</nav>
</header>
<main>
${sections.map(sectionOf)}</main>
${assets.programs.map((program) => html`<script>${verbatim(program)}</script>\n`)}</body>
</html>
`.html;
};

const DOCTYPE = verbatim('<!DOCTYPE html>\n');

const policyOf = ({ style, programs, checksum }: Assets): string =>
  [
    "default-src 'none'",
    `script-src ${programs.map((program) => `'sha256-${checksum(program)}'`).join(' ')}`,
    `style-src 'sha256-${checksum(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

const pageOf = (material: Material, zone: string): Page => {
  const { snapshot, timeline, recorded } = material;
  const { clock } = snapshot.header;
  const { startUs, endUs } = timeline.axis;
  const name = recorded.redacted ? 'FILE' : shellWord(recorded.name);
  const offset = (bootUs: number): string => offsetText(Math.min(bootUs, endUs) - clock.bootUs);
  return {
    ...material,
    times: timesOf({ clock, startUs, endUs }, zone),
    from: (bootUs) => html`<code class="from">--from ${offset(bootUs)}</code>`,
    replayFrom: (bootUs) => `stallscope replay ${name} --from ${offset(bootUs)}`,
    command: (what, more) => `stallscope ${what} ${name}${more === undefined ? '' : ` ${more}`}`,
    isoOf: (bootUs) => new Date(Math.ceil(realMsAt(clock, bootUs))).toISOString(),
  };
};

const titleOf = (page: Page): string => `Incident report: ${heading(page)}`;

const aboutText = ({ snapshot, recorded }: Page): string => {
  const { host, imported } = snapshot.header;
  const by = imported === undefined ? 'counted by stallscope' : `imported from ${imported.from}`;
  const redacted = recorded.redacted ? '; names are pseudonyms' : '';
  return `${longDuration(snapshot.elapsedUs / 1e6)} of ${host.hostname} (${hostFacts(host)}), ${exact(snapshot.samples)} samples, ${by}${redacted}.`;
};

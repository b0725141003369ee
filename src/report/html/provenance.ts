/** Where all of it comes from: host, versions, what was traced, and which file, so that nobody holds it against another. */
import { realMsAt } from '../../core/clock.ts';
import { exact, longDuration } from '../../screen/format/numbers.ts';
import { selectionText } from '../summary/page.ts';
import { hostFacts } from '../words.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';
import { FROM, type Section, tableOf } from './parts.ts';
import { commandLine } from './values.ts';

export const provenance = (page: Page): Section => {
  const { snapshot, recorded, version, times, timeline, replayFrom } = page;
  const { header } = snapshot;
  const { host } = header;
  const body = html`<dl class="facts">
<dt>Host</dt><dd>${host.hostname}: ${hostFacts(host)}</dd>
${host.filesystems === undefined ? NOTHING : html`<dt>File systems</dt><dd>${host.filesystems.join(', ')}</dd>`}
<dt>Traced</dt><dd>${header.selection.command?.join(' ') ?? selectionText(snapshot)}</dd>
<dt>Recorded</dt><dd>${times.inFull(timeline.axis.startUs)} to ${times.inFull(timeline.axis.endUs)}: ${longDuration(snapshot.elapsedUs / 1e6)}, ${exact(snapshot.samples)} samples, one every ${header.intervalMs / 1000} s</dd>
<dt>Ended</dt><dd>${snapshot.ended?.reason ?? 'without a trailer'}</dd>
<dt>Recorded by</dt><dd>${header.tool.name} ${header.tool.version}, ${header.imported === undefined ? `bpftrace ${header.bpftrace ?? 'not used'}` : `imported from ${header.imported.from}`}</dd>
<dt>Reported by</dt><dd>stallscope ${version}</dd>
${recorded.redacted ? html`<dt>Redacted</dt><dd>Names of host, processes and users, command lines and paths are pseudonyms.</dd>` : NOTHING}
${recorded.files.length === 0 ? html`<dt>File</dt><dd>read from a pipe: nobody kept its bytes</dd>` : recorded.files.map(file)}
<dt>Play it</dt><dd>${commandLine(replayFrom(timeline.axis.startUs))}</dd>
</dl>
${marksTable(page)}`;
  return { id: 'recording', title: 'Recording', body };
};

const file = ({ name, bytes: size, sha256 }: Page['recorded']['files'][number]): Html =>
  html`<dt>File</dt><dd><bdi>${name}</bdi>, ${exact(size)} bytes<br>SHA-256 <code class="hash">${sha256}</code></dd>`;

const marksTable = ({ marks, times, from }: Page): Html =>
  marks.length === 0
    ? NOTHING
    : tableOf({
        caption: 'Marks',
        columns: [{ title: 'At (UTC)' }, { title: 'Text' }, FROM],
        rows: marks
          .slice(0, MOST_MARKS)
          .map(
            ({ bootUs, text }) =>
              html`<tr><td>${times.at(bootUs)}</td><td>${text}</td><td>${from(bootUs)}</td></tr>`,
          ),
        more: marks.length - MOST_MARKS,
      });

const MOST_MARKS = 200;

/** The first line of a page. */
export const heading = ({ snapshot: { header }, timeline }: Page): string => {
  const day = new Date(Math.round(realMsAt(header.clock, timeline.axis.startUs))).toISOString().slice(0, 10);
  return `${header.host.hostname}, ${day}`;
};

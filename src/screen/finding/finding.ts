/**
 * The top of the screen, for somebody woken at three: what is wrong, who, since when, by which numbers, what to do.
 * Where nothing is wrong one line says so, and how much that is worth.
 */
import { realMsAt } from '../../core/clock.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import {
  type Line,
  packSegments,
  type Segment,
  type Span,
  segment,
  span,
  type Tone,
} from '../format/line.ts';
import { clockTime, longDuration } from '../format/numbers.ts';
import { cellsOf, clean } from '../format/text.ts';
import { earlierText } from '../hosts/among.ts';
import type { View } from '../view.ts';
import { type Account, accountShown, accountsOf } from './accounts.ts';
import { LABEL, quietLines } from './quiet.ts';

/** How many lines it is given at most; what else is wrong has lines of its own. */
export const mostFindingLines = (snapshot: WatchedSnapshot, view: View): number => {
  const { rows } = view.size;
  const shown = rows < 24 ? null : accountShown(snapshot, view);
  const also = shown === null ? 0 : Math.min(MOST_ALSO, othersReported(snapshot, shown, view).length);
  return also + mostLines(view.size);
};

const mostLines = ({ rows }: View['size']): number => {
  if (rows < 16) return Math.min(2, Math.max(1, rows - 8));
  if (rows < 24) return rows < 20 ? 3 : 5;
  return rows < 36 ? 6 : 7;
};

/** At most `height` lines, the most important first. */
export const findingLines = (snapshot: WatchedSnapshot, view: View, height: number): readonly Line[] => {
  if (height < 1) return [];
  const account = accountShown(snapshot, view);
  if (account === null || isLongOver(snapshot, account, view))
    return quietLines(snapshot, overText(snapshot, account, view), view, height);
  const { glyphs, size } = view;
  const label = (text: string): Span => span(text.padEnd(LABEL), 'dim');
  if (height <= 2) {
    const who = packSegments(whoSegments(snapshot, account), size.columns, glyphs);
    const whole = titleLine(snapshot, account, view, whoSegments(snapshot, account));
    return height === 2 ? [titleLine(snapshot, account, view, []), who] : [whole];
  }
  const advice = adviceLines(account, view, label, height);
  const also = alsoLines(snapshot, account, view, height);
  const proofs = proofLines(account, view, height - advice.length - also.length);
  const optional: Line[] = [
    ...partyLine('first', earlierText(snapshot, account, view) ?? '', view),
    ...partyLine('suffers', account.sufferers.join(', '), view),
    ...also,
    ...partyLine('who', whoElse(account), view),
    [label('what'), span(explanationOf(account, view))],
  ];
  const must: Line[] = [titleLine(snapshot, account, view, whoSegments(snapshot, account))];
  const room = Math.max(0, height - must.length - advice.length - proofs.length);
  return [...must, ...optional.slice(0, room), ...proofs, ...advice].slice(0, height);
};

/** Who else, or why nobody. Of one name the title says how many there are. */
const whoElse = ({ comm, nobody, doers }: Account): string =>
  comm === null ? nobody : doers.length > 1 ? doers.join(', ') : '';

/** What else is wrong, a line each: who and whom, so that what stands first does not hide it. */
const alsoLines = (snapshot: WatchedSnapshot, shown: Account, view: View, height: number): Line[] => {
  if (height < LEAST_FOR_ALSO) return [];
  return othersReported(snapshot, shown, view)
    .slice(0, MOST_ALSO)
    .map((account) => {
      const { comm, pid, about, sufferers, when, endUs } = account;
      const doer = comm === null ? 'no suspect' : `${comm} (${pid})`;
      return packSegments(
        [
          segment(0, span('also'.padEnd(LABEL - 2), 'dim')),
          segment(0, span(nameOf(account, view), 'title')),
          segment(1, span(about === null ? doer : comm === null ? `${about.label} ${about.name}` : doer)),
          ...sufferers.map((name, at) =>
            segment(2 + at / (at + 1), span(at === 0 ? `suffers: ${name}` : name)),
          ),
          segment(
            3,
            span(
              when === 'over' ? `over ${longDuration((snapshot.bootUs - endUs) / 1e6)} ago` : '',
              'accent',
            ),
          ),
        ],
        view.size.columns,
        view.glyphs,
      );
    });
};

const LEAST_FOR_ALSO = 6;
const MOST_ALSO = 2;
/** What is over is reported beside something else for so long. */
const ALSO_OVER_US = 60e6;

const othersReported = (snapshot: WatchedSnapshot, shown: Account, view: View): readonly Account[] =>
  accountsOf(snapshot, view).filter(
    ({ key, id, when, endUs }) =>
      key !== shown.key &&
      id !== null &&
      (when === 'now' || (when === 'over' && snapshot.bootUs - endUs <= ALSO_OVER_US)),
  );

/** Who else, or why nobody; nothing where there is nothing to report. */
const partyLine = (name: string, who: string, { glyphs }: View): Line[] =>
  who === '' ? [] : [[span(name.padEnd(LABEL), 'dim'), span(clean(who, glyphs.charset))]];

/** What was over long before the moment shown is reported in passing, unless it was asked for. */
const LONG_OVER_US = 300e6;
const isLongOver = (snapshot: WatchedSnapshot, { when, endUs, key }: Account, { ui }: View): boolean =>
  when === 'over' && ui.account !== key && snapshot.bootUs - endUs > LONG_OVER_US;

export const TONE_OF: Readonly<Record<Account['severity'], Tone>> = {
  critical: 'alarm',
  high: 'alarm',
  medium: 'banner',
  unknown: 'banner',
};

const badge = ({ severity, when, uncountedSinceUs }: Account): Span => {
  const word = severity === 'unknown' ? 'UNUSUAL' : severity.toUpperCase();
  if (when === 'now' && uncountedSinceUs !== null) return span(` ${word}, NOT COUNTED NOW `, 'banner');
  if (when === 'ahead') return span(` ${word}, AHEAD `, 'banner');
  return when === 'over' ? span(` ${word}, OVER `, 'banner') : span(` ${word} `, TONE_OF[severity]);
};

/** What it is called, who, how surely, since when. */
const titleLine = (
  snapshot: WatchedSnapshot,
  account: Account,
  view: View,
  who: readonly Segment[],
): Line => {
  const accounts = accountsOf(snapshot, view);
  const more =
    accounts.length > 1
      ? `${accounts.findIndex(({ key }) => key === account.key) + 1} of ${accounts.length}`
      : '';
  return packSegments(
    [
      segment(0, badge(account), span(` ${nameOf(account, view)}`, 'title')),
      ...who,
      segment(2, span(more, 'accent')),
    ],
    view.size.columns,
    view.glyphs,
  );
};

/** `SEEK_HOLE storm: each search …` is a name and what it means. */
const nameOf = ({ title }: Account, { glyphs }: View): string =>
  clean(title.split(': ')[0] ?? '', glyphs.charset);
const explanationOf = ({ title }: Account, { glyphs }: View): string => {
  const [name = '', ...meaning] = title.split(': ');
  return clean(meaning.length === 0 ? name : meaning.join(': '), glyphs.charset);
};

const whoSegments = (snapshot: WatchedSnapshot, account: Account): Segment[] => {
  const { pid, comm, about, others, known, file, startUs, endUs, when, uncountedSinceUs } = account;
  const at = (bootUs: number): string => clockTime(realMsAt(snapshot.header.clock, bootUs));
  const ago = (us: number): string => longDuration(Math.abs(us) / 1e6);
  const since: Readonly<Record<Account['when'], string>> = {
    now: `since ${at(startUs)}`,
    over: `${at(startUs)} to ${at(endUs)}`,
    ahead: `from ${at(startUs)}`,
  };
  const long: Readonly<Record<Account['when'], string>> = {
    now: `for ${ago(snapshot.bootUs - startUs)}`,
    over: `${ago(snapshot.bootUs - endUs)} ago`,
    ahead: `in ${ago(startUs - snapshot.bootUs)}`,
  };
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const doer = comm === null ? 'no suspect' : `${comm} (${pid})${more}`;
  // A long name of a control group must not take the suspect off the line.
  const who = [
    segment(1.5, span(about === null ? '' : `${about.label} ${about.name}`, 'bad')),
    segment(
      1,
      span(about === null ? doer : comm === null ? '' : `most by ${doer}`, comm === null ? 'plain' : 'bad'),
    ),
  ];
  if (uncountedSinceUs !== null && when === 'now') {
    return [
      ...who,
      ...(file === null ? [] : [segment(2, span(file, 'bad'))]),
      segment(4, span(known)),
      segment(3, span(`since ${at(startUs)}`, 'accent')),
      segment(2, span(`not counted since ${at(uncountedSinceUs)}`, 'warn')),
    ];
  }
  return [
    ...who,
    ...(file === null ? [] : [segment(2, span(file, 'bad'))]),
    segment(4, span(known)),
    segment(3, span(since[when], when === 'now' ? 'warn' : 'accent')),
    segment(5, span(long[when], when === 'now' ? 'warn' : 'accent')),
  ];
};

/** The numbers, on two lines where there is room for them. */
const proofLines = ({ proof }: Account, { size, glyphs }: View, height: number): Line[] => {
  const lines: Line[] = [];
  let left = proof.map((text) => clean(text, glyphs.charset));
  const most = height >= 5 ? 2 : 1;
  while (left.length > 0 && lines.length < most) {
    const label = span(lines.length === 0 ? 'evidence ' : ' '.repeat(LABEL), 'dim');
    const room = size.columns - LABEL;
    let count = 1;
    while (count < left.length && cellsOf(left.slice(0, count + 1).join(BETWEEN)) <= room) count += 1;
    lines.push([label, span(left.slice(0, count).join(BETWEEN))]);
    left = left.slice(count);
  }
  return lines;
};

const BETWEEN = '; ';

/** What can be typed, if there is something, and always what it risks: who types it has no time for another page. */
const adviceLines = (
  { advice }: Account,
  { size, glyphs }: View,
  label: (text: string) => Span,
  height: number,
): Line[] => {
  const [first] = advice;
  if (first === undefined) return [[label('fix'), span('no fix is known', 'dim')]];
  const { text, command, risk } = first;
  if (command === undefined)
    return [
      packSegments(
        [segment(0, label('fix'), span(clean(text, glyphs.charset))), segment(1, span('(f)', 'accent'))],
        size.columns,
        glyphs,
      ),
    ];
  const typed = clean(command, glyphs.charset);
  const what = segment(1, span(`(${clean(text, glyphs.charset)}; F has all)`, 'dim'));
  if (risk === undefined) return [pack([segment(0, label('fix'), span(typed, 'good')), what], size, glyphs)];
  const cost = `risk: ${clean(risk, glyphs.charset)}`;
  // The line is cut at its end: what it costs must not be the part that is.
  if (height < 4) return [[label('fix'), span(cost, 'warn'), span('  '), span(typed, 'good')]];
  return [
    pack([segment(0, label('fix'), span(typed, 'good')), what], size, glyphs),
    [span(' '.repeat(LABEL)), span(cost, 'warn')],
  ];
};

const pack = (segments: readonly Segment[], { columns }: View['size'], glyphs: View['glyphs']): Line =>
  packSegments(segments, columns, glyphs, ' ');

/** What was found before and has ended. */
const overText = (snapshot: WatchedSnapshot, last: Account | null, view: View): string =>
  last === null
    ? ''
    : `${nameOf(last, view)} ended ${longDuration((snapshot.bootUs - last.endUs) / 1e6)} ago (f)`;

/**
 * The top of the screen, for somebody woken at three: what is wrong, who, since when, by which numbers, what to do.
 * Where nothing is wrong one line says so, and how much that is worth.
 */
import type { Snapshot } from '../../../core/snapshot.ts';
import { cellsOf, clean, clockTime, longDuration } from '../../format.ts';
import { type Account, accountShown, accountsOf, learningSamples } from './accounts.ts';
import { type Line, packSegments, type Segment, type Span, segment, span, type Tone } from './line.ts';
import type { View } from './view.ts';

/** Lines it would like to have. */
export const findingWanted = (snapshot: Snapshot, view: View): number => {
  const account = accountShown(snapshot, view);
  if (account === null || isLongOver(snapshot, account, view)) return 1;
  const { rows } = view.size;
  if (rows < 16) return Math.min(2, Math.max(1, rows - 8));
  return findingLines(snapshot, view, rows < 20 ? 3 : rows < 36 ? 5 : 7).length;
};

/** At most `height` lines, the most important first. */
export const findingLines = (snapshot: Snapshot, view: View, height: number): readonly Line[] => {
  const account = accountShown(snapshot, view);
  if (account === null || isLongOver(snapshot, account, view)) return [quietLine(snapshot, account, view)];
  const { glyphs, size } = view;
  const label = (text: string): Span => span(text.padEnd(LABEL), 'dim');
  if (height <= 2) {
    const who = packSegments(whoSegments(snapshot, account), size.columns, glyphs);
    const whole = titleLine(snapshot, account, view, whoSegments(snapshot, account));
    return height === 2 ? [titleLine(snapshot, account, view, []), who] : [whole];
  }
  const proofs = proofLines(account, view, height);
  const optional: Line[] = [
    [label('what'), span(explanationOf(account, view))],
    ...(account.victims.length === 0
      ? []
      : [[label('hurts'), span(account.victims.join(', '))] satisfies Line]),
  ];
  const must: Line[] = [titleLine(snapshot, account, view, whoSegments(snapshot, account))];
  const advice = adviceLine(account, view, label('do'));
  const room = Math.max(0, height - must.length - 1 - proofs.length);
  return [...must, ...optional.slice(0, room), ...proofs, advice].slice(0, height);
};

const LABEL = 7;

/** What was over long before the moment shown is told in passing, unless it was asked for. */
const LONG_OVER_US = 300e6;
const isLongOver = (snapshot: Snapshot, { when, endUs, key }: Account, { ui }: View): boolean =>
  when === 'over' && ui.account !== key && snapshot.bootUs - endUs > LONG_OVER_US;

export const TONE_OF: Readonly<Record<Account['severity'], Tone>> = {
  critical: 'alarm',
  high: 'alarm',
  medium: 'banner',
  unknown: 'banner',
};

const badge = ({ severity, when }: Account): Span => {
  const word = severity === 'unknown' ? 'UNUSUAL' : severity.toUpperCase();
  if (when === 'ahead') return span(` ${word}, AHEAD `, 'banner');
  return when === 'over' ? span(` ${word}, OVER `, 'banner') : span(` ${word} `, TONE_OF[severity]);
};

/** What it is called, who, how surely, since when. */
const titleLine = (snapshot: Snapshot, account: Account, view: View, who: readonly Segment[]): Line => {
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

const whoSegments = (snapshot: Snapshot, account: Account): Segment[] => {
  const { pid, comm, confidence, startUs, endUs, when } = account;
  const at = (bootUs: number): string =>
    clockTime(snapshot.header.clock.realMs + (bootUs - snapshot.header.clock.bootUs) / 1000);
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
  const who = comm === null ? 'nobody in particular' : `${comm} (${pid})`;
  return [
    segment(1, span(who, comm === null ? 'plain' : 'bad')),
    segment(
      4,
      span(
        confidence === null ? (comm === null ? '' : 'rose first') : `${Math.round(confidence * 100)}% sure`,
      ),
    ),
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
    const label = span(lines.length === 0 ? 'proof  ' : ' '.repeat(LABEL), 'dim');
    const room = size.columns - LABEL;
    let count = 1;
    while (count < left.length && cellsOf(left.slice(0, count + 1).join(BETWEEN)) <= room) count += 1;
    lines.push([label, span(left.slice(0, count).join(BETWEEN))]);
    left = left.slice(count);
  }
  return lines;
};

const BETWEEN = '; ';

/** What can be typed, if there is something; what it risks stands on the page of the finding. */
const adviceLine = ({ advice }: Account, { size, glyphs }: View, label: Span): Line => {
  const [first] = advice;
  if (first === undefined) return [label, span('nothing is known that helps', 'dim')];
  if (first.command === undefined)
    return packSegments(
      [segment(0, label, span(first.text)), segment(1, span('(f)', 'accent'))],
      size.columns,
      glyphs,
    );
  return packSegments(
    [segment(0, label, span(first.command, 'good')), segment(1, span(`(${first.text}; F has all)`, 'dim'))],
    size.columns,
    glyphs,
    ' ',
  );
};

/** A quiet screen is only worth something when it says how quiet is known. */
const quietLine = (snapshot: Snapshot, last: Account | null, view: View): Line => {
  const { size, glyphs } = view;
  const left = learningSamples(snapshot);
  const learning = longDuration((left * snapshot.header.intervalMs) / 1000);
  const ago = last === null ? '' : longDuration((snapshot.bootUs - last.endUs) / 1e6);
  return packSegments(
    [
      segment(0, span(last === null ? 'Nothing stands out' : 'Nothing stands out now', 'good')),
      segment(1, span(last === null ? '' : `${nameOf(last, view)} ended ${ago} ago (f)`, 'warn')),
      segment(
        2,
        left === 0
          ? span('known failures and unusual rises are looked for', 'dim')
          : span(`still learning what is usual, ${learning} more`, 'dim'),
      ),
    ],
    size.columns,
    glyphs,
  );
};

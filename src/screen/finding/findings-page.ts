/** All findings of the session as a list: which go on, since when, how long, what, who. The cursor goes to one of them. */
import { realMsAt } from '../../core/clock.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { type Line, span } from '../format/line.ts';
import { clockTime, longDuration } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import type { ListEntry } from '../pages/list.ts';
import type { View } from '../view.ts';
import { type Account, accountShown, accountsOf } from './accounts.ts';
import { TONE_OF } from './finding.ts';

const STATES: Readonly<Record<Account['when'], string>> = { now: 'now', over: 'over', ahead: 'ahead' };

const WHEN_CELLS = 6;
const SEVERITY_CELLS = 8;
const LONG_CELLS = 6;
const LEAST_NAME_CELLS = 12;
const NAME_CELLS = 30;

export const findingEntries = (snapshot: WatchedSnapshot, view: View): readonly ListEntry[] =>
  accountsOf(snapshot, view).map((account) => ({
    id: account.key,
    line: lineOf(snapshot, account, view),
  }));

/** Where there is none. */
export const NO_FINDINGS: Line = [span('Nothing has stood out so far.', 'dim')];

const lineOf = (snapshot: WatchedSnapshot, account: Account, { glyphs, size }: View): Line => {
  const { when, severity, startUs, endUs, title, comm, pid, about, others, uncountedSinceUs } = account;
  const since = clockTime(realMsAt(snapshot.header.clock, startUs));
  const longUs = (when === 'now' ? snapshot.bootUs : endUs) - startUs;
  const word = severity === 'unknown' ? 'UNUSUAL' : severity.toUpperCase();
  const state = when === 'now' && uncountedSinceUs !== null ? 'now?' : STATES[when];
  const name = clean(title.split(': ')[0] ?? '', glyphs.charset);
  const nameCells = Math.max(LEAST_NAME_CELLS, Math.min(NAME_CELLS, size.columns - 58));
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const doer = comm === null ? 'no suspect' : `${comm} (${pid})${more}`;
  return [
    span(` ${fitTo(state, WHEN_CELLS)}`, when === 'now' ? 'warn' : 'dim'),
    span(fitTo(word, SEVERITY_CELLS), when === 'now' ? TONE_OF[severity] : 'plain'),
    span(` ${since} ${fitTo(longDuration(Math.max(0, longUs) / 1e6), LONG_CELLS, 'right')}`, 'accent'),
    span(`  ${fitTo(name, nameCells, 'left', glyphs.ellipsis)}`, 'title'),
    span(` ${about === null ? doer : `${about.label} ${about.name}, ${doer}`}`),
  ];
};

/** Where the cursor is when the list is opened. */
export const findingOpened = (snapshot: WatchedSnapshot, view: View): string | null =>
  accountShown(snapshot, view)?.key ?? null;

/** What a session's screen knows of the other hosts that are watched with it: their trouble, on one clock. */
import { clockUnsureMs, commonMsAt } from '../../core/common-clock.ts';
import { type Elsewhere, firstElsewhere, type Trouble } from '../../insight/elsewhere.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { type Account, accountsOf } from '../finding/accounts.ts';
import type { Glyphs } from '../format/glyphs.ts';
import { duration, longDuration } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import type { View } from '../view.ts';

/** All that has begun on a host by the moment shown. */
export const troublesOf = (
  name: string,
  snapshot: WatchedSnapshot,
  view: Pick<View, 'overview' | 'ui' | 'glyphs'>,
): readonly Trouble[] =>
  accountsOf(snapshot, view)
    .filter(({ when }) => when !== 'ahead')
    .map((account) => troubleOf(name, snapshot, account));

const troubleOf = (
  host: string,
  { header }: WatchedSnapshot,
  { title, comm, pid, startUs, endUs }: Account,
): Trouble => ({
  host,
  title: title.split(': ')[0] ?? title,
  who: comm === null ? null : `${comm} (${pid})`,
  startMs: commonMsAt(header, startUs),
  endMs: commonMsAt(header, endUs),
  stepMs: header.intervalMs,
  clockMs: clockUnsureMs(header),
});

/** In words, for this account of this host; null where it was the first, or the only one. */
export const earlierText = (
  snapshot: WatchedSnapshot,
  account: Account,
  { among, glyphs }: Pick<View, 'among' | 'glyphs'>,
): string | null => {
  if (among === null) return null;
  const found = firstElsewhere(troubleOf(among.name, snapshot, account), among.troubles);
  return found === null ? null : clean(wordsOf(found, glyphs), glyphs.charset);
};

export const wordsOf = (
  { trouble, order, byMs, unsureMs, isCompared }: Elsewhere,
  { charset }: Glyphs,
): string => {
  const what = `${trouble.title}${trouble.who === null ? '' : `, ${trouble.who}`}`;
  const unsure = `${charset === 'ascii' ? '+-' : '±'}${duration(unsureMs * 1_000)}`;
  const clocks = isCompared ? '' : '; by clocks that nobody compared';
  return order === 'before'
    ? `${trouble.host} was in trouble ${longDuration(byMs / 1_000)} before (${unsure}${clocks}): ${what}`
    : `${trouble.host} at the same time, which first cannot be said (${unsure}${clocks}): ${what}`;
};

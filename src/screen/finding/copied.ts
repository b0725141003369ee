/** A finding as text to be passed on: into a ticket, or, its command alone, into a shell. */
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { clockTime } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import type { View } from '../view.ts';
import { type Account, accountShown, accountsOf } from './accounts.ts';
import { factLines } from './finding-page.ts';

/** No line of it is broken for the width of a screen. */
const UNBROKEN = { columns: 10_000, rows: 100 } as const;

/** null where there is nothing to copy. */
export const copiedText = (
  snapshot: WatchedSnapshot,
  view: View,
  what: 'finding' | 'command',
): string | null => {
  const account = accountOf(snapshot, view);
  if (account === null) return null;
  if (what === 'command') {
    const command = account.advice.find((one) => one.command !== undefined)?.command;
    return command === undefined ? null : clean(command, view.glyphs.charset);
  }
  const { host } = snapshot.header;
  const place = `${host.hostname}, Linux ${host.kernel}, at ${clockTime(snapshot.realMs)}`;
  const lines = factLines(snapshot, account, { ...view, size: UNBROKEN });
  return [
    clean(place, view.glyphs.charset),
    ...lines.map((line) =>
      line
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    ),
  ].join('\n');
};

/** The one under the cursor of the list, otherwise the one at the top of the screen. */
const accountOf = (snapshot: WatchedSnapshot, view: View): Account | null =>
  (view.ui.page === 'findings'
    ? accountsOf(snapshot, view).find(({ key }) => key === view.ui.chosen)
    : undefined) ?? accountShown(snapshot, view);

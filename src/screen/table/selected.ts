/** Which line of the table a key would act on, and the process behind it. */
import type { Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { View } from '../view.ts';
import type { Entry } from './groups.ts';
import { orderRows } from './rows.ts';

export const selectedEntry = (snapshot: WatchedSnapshot, { ui }: Pick<View, 'ui'>): Entry | undefined => {
  const { entries } = orderRows(snapshot, ui);
  return ui.selectedId === null ? entries[0] : entries.find(({ id }) => id === ui.selectedId);
};

/** undefined for a group, and for a process that is no longer listed. */
export const selectedRow = (snapshot: WatchedSnapshot, view: Pick<View, 'ui'>): Row | undefined => {
  const { selectedId } = view.ui;
  // The page of a process is about this one, whatever the table shows.
  const own = selectedId === null ? undefined : snapshot.rows.find(({ id }) => id === selectedId);
  if (own !== undefined || selectedId !== null) return own;
  const entry = selectedEntry(snapshot, view);
  return entry?.group === null ? entry.row : undefined;
};

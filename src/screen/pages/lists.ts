/** Which pages are lists, and of what. */
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { findingEntries, findingOpened } from '../finding/findings-page.ts';
import type { View } from '../view.ts';
import { columnEntries, columnOpened } from './columns-page.ts';
import type { ListEntry } from './list.ts';

/** null where the page that is open is no list. */
export const listOf = (snapshot: WatchedSnapshot, view: View): readonly ListEntry[] | null => {
  switch (view.ui.page) {
    case 'columns':
      return columnEntries(snapshot, view);
    case 'findings':
      return findingEntries(snapshot, view);
    default:
      return null;
  }
};

/** Where the cursor of a list is when it is opened. */
export const openedAt = (
  snapshot: WatchedSnapshot,
  view: View,
  page: 'columns' | 'findings',
): string | null => (page === 'columns' ? columnOpened(snapshot, view.ui) : findingOpened(snapshot, view));

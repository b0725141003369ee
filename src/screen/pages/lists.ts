/** Which pages are lists, and of what. */
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { View } from '../view.ts';
import { columnEntries } from './columns-page.ts';
import type { ListEntry } from './list.ts';

/** null where the page that is open is no list. */
export const listOf = (snapshot: WatchedSnapshot, view: View): readonly ListEntry[] | null =>
  view.ui.page === 'columns' ? columnEntries(snapshot, view) : null;

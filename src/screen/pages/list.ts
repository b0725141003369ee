/** Pages whose lines are chosen from: which line the cursor is on, which are seen, and where a movement leads. */
import { type Line, span } from '../format/line.ts';
import type { Action } from '../keys/keys.ts';
import type { UiState } from '../state.ts';
import type { View } from '../view.ts';

export type ListEntry = { readonly id: string; readonly line: Line };

/** The line with the cursor; what it was on may be gone. */
export const chosenIndex = (entries: readonly ListEntry[], { chosen }: Pick<UiState, 'chosen'>): number =>
  Math.max(
    0,
    entries.findIndex(({ id }) => id === chosen),
  );

/** The first line seen: the cursor is in the middle where there are lines on both sides. */
export const listTop = (entries: readonly ListEntry[], ui: Pick<UiState, 'chosen'>, height: number): number =>
  Math.max(0, Math.min(chosenIndex(entries, ui) - (height >> 1), entries.length - height));

export const listLines = (
  entries: readonly ListEntry[],
  { ui }: Pick<View, 'ui'>,
  height: number,
): readonly Line[] => {
  const top = listTop(entries, ui, height);
  const cursor = chosenIndex(entries, ui);
  return entries.slice(top, top + height).map(({ line }, index): Line => {
    const marked: Line = [span(top + index === cursor ? '>' : ' '), ...line];
    return top + index === cursor ? [span(marked.map(({ text }) => text).join(''), 'selected')] : marked;
  });
};

export const moveInList = (
  entries: readonly ListEntry[],
  ui: UiState,
  { by, direction }: Extract<Action, { type: 'move' }>,
  height: number,
): Partial<UiState> => {
  const last = entries.length - 1;
  const distance = by === 'line' ? 1 : by === 'page' ? Math.max(1, height - 1) : last;
  const target = Math.min(last, Math.max(0, chosenIndex(entries, ui) + direction * distance));
  return { chosen: entries[target]?.id ?? null };
};

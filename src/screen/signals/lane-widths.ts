/** How the width of the timeline is shared, and which spikes are loud enough to be marked in it. */
import type { View } from '../view.ts';

export type LaneWidths = {
  readonly label: number;
  readonly value: number;
  /** Of time, a cell of the terminal each. */
  readonly cells: number;
  /** Correlated signals; 0 where there is no room for it, or nothing to say. */
  readonly link: number;
};

/** A score from which on a spike is marked. */
export const MARKED_SCORE = 6;

/** From this width on there is room for who leads whom. */
export const LINKS_FROM_COLUMNS = 116;
const LINK = 30;
const VALUE = 9;
/** Whole names where they cost the bars little. */
const LONG_LABEL_FROM_COLUMNS = 100;
const LABEL = { short: 16, long: 21 };

export const laneWidths = ({ size, links }: Pick<View, 'size' | 'links'>): LaneWidths => {
  const label = size.columns >= LONG_LABEL_FROM_COLUMNS ? LABEL.long : LABEL.short;
  const link = size.columns >= LINKS_FROM_COLUMNS && (links ?? []).length > 0 ? LINK : 0;
  return { label, value: VALUE, link, cells: size.columns - label - VALUE - VALUE - 3 - link };
};

/** What else happened by a sample: marks, gaps, losses, each kind once. */
import type { Snapshot } from '../core/snapshot.ts';

export type News = {
  /** `mark`, `gap_us`, `lost.<kind>`. */
  readonly what: string;
  readonly count: number;
  readonly note: string;
};

/** Since the snapshot before; `from` is the first of these. */
export const createNews = (from: Snapshot | null): { of(snapshot: Snapshot): News[] } => {
  let marks = from?.marks.length ?? 0;
  let gaps = from?.losses.gaps.length ?? 0;
  let losses: Snapshot['losses']['byKind'] = from?.losses.byKind ?? {};
  return {
    of: (snapshot) => {
      const newMarks = snapshot.marks.slice(marks);
      const newGaps = snapshot.losses.gaps.slice(gaps);
      const newLosses = Object.entries(snapshot.losses.byKind)
        .map(([kind, count]) => ({ kind, count: (count ?? 0) - (losses[kind as keyof typeof losses] ?? 0) }))
        .filter(({ count }) => count > 0);
      marks = snapshot.marks.length;
      gaps = snapshot.losses.gaps.length;
      losses = snapshot.losses.byKind;
      return [
        ...listed(
          'mark',
          newMarks.length,
          newMarks.map(({ text }) => text),
        ),
        ...listed(
          'gap_us',
          newGaps.reduce((sum, { fromBootUs, toBootUs }) => sum + toBootUs - fromBootUs, 0),
          newGaps.map(({ reason }) => reason),
        ),
        ...newLosses.map(({ kind, count }) => ({ what: `lost.${kind}`, count, note: '' })),
      ];
    },
  };
};

/** Of two times that are written as one, each kind once again. */
export const mergedNews = (first: readonly News[], second: readonly News[]): News[] => {
  const merged = new Map(first.map((one) => [one.what, one]));
  for (const { what, count, note } of second) {
    const before = merged.get(what);
    const notes = [before?.note ?? '', note].filter((text) => text !== '');
    merged.set(what, { what, count: count + (before?.count ?? 0), note: notes.join('; ') });
  }
  return [...merged.values()];
};

const listed = (what: string, count: number, notes: readonly string[]): News[] =>
  count === 0 ? [] : [{ what, count, note: notes.join('; ') }];

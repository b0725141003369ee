/**
 * Looks ahead through a timeline, so that a replay can show the whole of it from its first frame on: the signals to their
 * end, and what was found later. Folds in slices between which keys and frames have their turn, with a cursor of its own.
 * One longer than MAX_SAMPLES is not looked through: what is known then is what was played.
 */
import { type CursorOptions, createCursor } from './cursor.ts';
import type { SnapshotStore } from './store.ts';
import type { Timeline } from './timeline.ts';

const MAX_SAMPLES = 20_000;
const SLICE_MS = 12;

/** Puts the last snapshot of the timeline into `overview` when it is known; the way out stops the looking. */
export const lookAhead = (
  timeline: Timeline,
  overview: SnapshotStore,
  watching: CursorOptions = {},
): (() => void) => {
  const count = timeline.samples();
  let timer: NodeJS.Immediate | null = null;
  if (count === 0 || count > MAX_SAMPLES) return () => undefined;
  const cursor = createCursor(timeline, watching);
  const slice = (): void => {
    const untilMs = performance.now() + SLICE_MS;
    while (cursor.position() < count - 1 && performance.now() < untilMs) cursor.foldTo(cursor.position() + 1);
    if (cursor.position() < count - 1) timer = setImmediate(slice);
    else overview.set(cursor.moveTo(count));
  };
  timer = setImmediate(slice);
  return () => {
    if (timer !== null) clearImmediate(timer);
  };
};

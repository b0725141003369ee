/**
 * How much time the numbers of a running screen are of: a multiple of the interval at which everything is read. Reading,
 * recording and recognising go on at that interval; only what is shown waits, and is then of all the time waited.
 */
import { widened } from '../core/widen.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';

/** In samples. */
export const PACES: readonly number[] = [1, 2, 5, 10, 30, 60];

export type Pacer = {
  /** What to show when `latest` is known. */
  show(latest: WatchedSnapshot | null, pace: number): WatchedSnapshot | null;
};

export const createPacer = (): Pacer => {
  /** Where the time begins that is shown next. */
  let since: WatchedSnapshot | null = null;
  let shown: WatchedSnapshot | null = null;
  return {
    show: (latest, pace) => {
      const isOver = latest === null || latest.ended !== null;
      const samples = isOver || since === null ? 0 : latest.samples - since.samples;
      // After a time that nobody watched, it begins anew.
      if (pace === 1 || isOver || since === null || samples < 0 || samples >= 2 * pace) {
        since = latest;
        shown = latest;
      } else if (samples >= pace) {
        shown = widened(since, latest);
        since = latest;
      }
      return shown;
    },
  };
};

/** Marks on their way into the stream: set at any time, reported before the next record. */
import type { Mark } from '../core/snapshot.ts';

export type MarkQueue = {
  add(mark: Mark): void;
  /** Those that wait, in order of time. */
  take(): Mark[];
};

export const createMarkQueue = (): MarkQueue => {
  let waiting: Mark[] = [];
  return {
    add: (mark) => {
      waiting.push(mark);
    },
    take: () => {
      const taken = waiting.sort((a, b) => a.bootUs - b.bootUs);
      waiting = [];
      return taken;
    },
  };
};

/**
 * What we hold ourselves is a cost too. Over the limit the heap is made dense first; where that is not enough, less past is kept to
 * step back in, and that is said. What was counted stays. Resident memory swings by what waits to be collected, by a quarter
 * where thousands of processes end a second: what counts is what it is half of the time. By the least of it the limit would
 * hold for moments only.
 */
import { median } from '../insight/statistics.ts';
import type { Memory } from './memory.ts';

export const MOST_OWN_BYTES = 200 * 1024 * 1024;
/** Below this share of it past is kept again. */
const EASY_SHARE = 3 / 4;
const WINDOW_SAMPLES = 30;
/** Less than this of the past gives nothing back. */
const LEAST_PAST_BYTES = 2 * 1024 * 1024;

export type OwnMemoryStep = {
  readonly heldBytes: number;
  /** `least`: no less past can be kept. */
  readonly kept: 'less' | 'least' | 'more';
};

export type OwnMemory = {
  /** To be called with every sample, and what is resident then; what became of the past. */
  sampled(residentBytes: number): OwnMemoryStep | null;
};

export type OwnMemoryOptions = {
  /** null where no past is kept. */
  readonly memory: Pick<Memory, 'bytes' | 'mostBytes' | 'keepAtMost'> | null;
  /** Gives back what is free between what is held. */
  readonly makeDense: () => void;
};

export const createOwnMemory = ({ memory, makeDense }: OwnMemoryOptions): OwnMemory => {
  const usualBytes = memory?.mostBytes() ?? 0;
  let window: number[] = [];
  /** Windows in a row that were over the limit. */
  let over = 0;
  let isLeast = false;

  const keepLess = (held: number): OwnMemoryStep | null => {
    const past = memory?.mostBytes() ?? 0;
    // Of what is allowed and not held nothing would be given back.
    const half = Math.max(LEAST_PAST_BYTES, Math.min(past, memory?.bytes() ?? 0) / 2);
    if (half < past) {
      memory?.keepAtMost(half);
      return { heldBytes: held, kept: 'less' };
    }
    if (isLeast) return null;
    isLeast = true;
    return { heldBytes: held, kept: 'least' };
  };

  const keepMore = (held: number): OwnMemoryStep | null => {
    isLeast = false;
    const past = memory?.mostBytes() ?? 0;
    if (held > MOST_OWN_BYTES * EASY_SHARE || past >= usualBytes) return null;
    memory?.keepAtMost(Math.min(usualBytes, 2 * past));
    return { heldBytes: held, kept: 'more' };
  };

  const judge = (held: number): OwnMemoryStep | null => {
    over = held > MOST_OWN_BYTES ? over + 1 : 0;
    if (over === 0) return keepMore(held);
    const step = over === 1 ? null : keepLess(held);
    makeDense();
    return step;
  };

  return {
    sampled: (residentBytes) => {
      window.push(residentBytes);
      if (window.length < WINDOW_SAMPLES) return null;
      const held = median(window);
      window = [];
      return judge(held);
    },
  };
};

/**
 * When the events of one tracer count, where one follows another. Before its turn its maps are passed over (what they
 * hold is a part of what its next maps hold anyway), and what it says of processes is kept while the one before it
 * still reports. When the next one may have begun to count, its maps are passed over again: nothing counts twice.
 */
import type { TracerEvents } from './batches.ts';

export type Turn = {
  readonly events: TracerEvents;
  /** Somebody else counts: keep what is reported of processes for later. */
  wait(): void;
  /** Its maps count from now on, until they are asked not to. */
  begin(): void;
  /** Its maps count no more from the first of them for which this says so. */
  endWhen(isOver: () => boolean): void;
  /** Nothing of it counts any more. */
  end(): void;
};

/** Lines of processes that are kept while waiting: the frame reports no more than so many in a few seconds. */
const MAX_HELD = 10_000;

export const createTurn = (events: TracerEvents): Turn => {
  let stage: 'before' | 'waiting' | 'counting' | 'ending' | 'ended' = 'before';
  let isOver: () => boolean = () => false;
  let held: Parameters<TracerEvents['process']>[0][] = [];

  return {
    events: {
      batch: (batch) => {
        if (stage === 'counting' && isOver()) stage = 'ending';
        if (stage === 'counting') events.batch(batch);
      },
      process: (event) => {
        if (stage === 'ended') return;
        if (stage !== 'waiting') events.process(event);
        else if (held.length < MAX_HELD) held.push(event);
      },
      loss: (kind, count, detail) => {
        if (stage !== 'ended') events.loss(kind, count, detail);
      },
    },
    wait: () => {
      stage = 'waiting';
    },
    begin: () => {
      stage = 'counting';
      isOver = () => false;
      for (const event of held) events.process(event);
      held = [];
    },
    endWhen: (over) => {
      isOver = over;
    },
    end: () => {
      stage = 'ended';
    },
  };
};

/** Exact anchors that a cursor leaves on its way through a recording, which has none: few, and spread over the way. */
import { type Frozen, freeze, type Session } from './session.ts';
import type { ExactAnchor } from './timeline.ts';

const MAX_ANCHORS = 6;
const FIRST_DISTANCE_SAMPLES = 300;
/** Above this many processes an anchor costs more than folding again. */
const MAX_ANCHOR_ENTITIES = 5_000;

export type Anchors = {
  /** After a sample was folded. */
  pass(session: Session): void;
  /** The last at or before sample `number`. */
  at(number: number): ExactAnchor | null;
};

export const createAnchors = (): Anchors => {
  let distance = FIRST_DISTANCE_SAMPLES;
  const left = new Map<number, Frozen>();
  return {
    pass: (session) => {
      const { samples: sample, owners, former } = session.state;
      if ((sample - 1) % distance !== 0 || left.has(sample)) return;
      if (owners.size + former.size > MAX_ANCHOR_ENTITIES) return;
      left.set(sample, freeze(session));
      if (left.size <= MAX_ANCHORS) return;
      distance *= 2;
      for (const old of left.keys()) if ((old - 1) % distance !== 0) left.delete(old);
    },
    at: (number) => {
      const sample = Math.max(...[...left.keys()].filter((one) => one <= number));
      const frozen = left.get(sample);
      return frozen === undefined ? null : { sample, frozen };
    },
  };
};

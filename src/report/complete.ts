/** Whether a recording holds all of its session: it ended in order, and nothing of it is missing. */
import type { Snapshot } from '../core/snapshot.ts';

export const isComplete = ({ ended, losses }: Pick<Snapshot, 'ended' | 'losses'>): boolean =>
  ended !== null && losses.gaps.every(({ unrecorded }) => unrecorded === undefined);

/**
 * What live tracing holds in memory, as the stream that a recorder would have had from there: first the state where memory
 * begins, then its records, sample by sample, and after each the state that a checkpoint is made of.
 *
 * Memory goes on, and drops its oldest while this is read. What is dropped before it was read is a gap in the stream.
 */
import type { GapRecord, StreamRecord } from '../core/record.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import type { Memory } from './memory.ts';
import type { Held } from './ports.ts';
import { checkpointOf, foldInto, type Session, thaw } from './session.ts';

export const heldIn = (memory: Memory): Held => {
  let next = memory.first();
  let session = sessionBefore(memory, next);

  /** Where memory has dropped what comes next: at its first sample now. */
  const skip = (): GapRecord[] => {
    const first = memory.first();
    if (next >= first) return [];
    const fromBootUs = session.state.bootUs;
    session = sessionBefore(memory, first);
    next = first;
    const bootUs = Math.max(fromBootUs, session.state.bootUs);
    return [{ type: 'gap', bootUs, fromBootUs, reason: DROPPED, unrecorded: 'counts' }];
  };

  const take = (records: readonly StreamRecord[]): readonly StreamRecord[] => {
    for (const record of records) foldInto(session, record);
    return records;
  };

  return {
    checkpoint: (): WatchedCheckpoint[] => checkpointOf(session),
    next: () => {
      const gap = skip();
      if (next >= memory.samples()) return null;
      next += 1;
      return take([...gap, ...memory.recordsOf(next - 1)]);
    },
    rest: () => take(memory.tail()),
  };
};

const DROPPED = 'memory dropped it before it was written: the disk was too slow';

const sessionBefore = (memory: Memory, number: number): Session => {
  const anchor = memory.anchorAt(number);
  if (anchor === null) throw new Error('memory has not begun');
  return thaw(anchor.frozen);
};

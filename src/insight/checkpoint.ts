/**
 * A checkpoint with what had been recognised by then. What insight had learnt is not in it: who begins there shows what it
 * says, and learns anew.
 */
import type { CheckpointRecord } from '../core/checkpoint-record.ts';
import type { Recognised } from './recognised.ts';

export type WatchedCheckpoint = CheckpointRecord<{ readonly insight: Recognised }>;

export const withRecognised = (
  parts: readonly CheckpointRecord[],
  insight: Recognised,
): WatchedCheckpoint[] =>
  parts.map((part) => {
    const { session, ...rest } = part;
    return session === undefined ? rest : { ...part, session: { ...session, insight } };
  });

/**
 * A stream of records that can be entered in the middle. Where it can be entered there is an anchor: the session as it was
 * there. A recording has checkpoints, which are lossy: what counts is exact, the past before them is unknown, and insight
 * has only what it had said. The memory of live tracing has serialised sessions, which are exact in everything.
 */
import type { GapRecord, HeaderRecord, StreamRecord } from '../core/record.ts';
import type { Mark } from '../core/snapshot.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import type { Frozen } from './session.ts';

/** What is missing of a stream right before sample `number`: it is part of the records of that sample, too. */
export type Hole = { readonly number: number; readonly record: GapRecord };

/** The session where sample `sample` is about to be folded. */
export type LossyAnchor = { readonly sample: number; readonly parts: readonly WatchedCheckpoint[] };
export type ExactAnchor = { readonly sample: number; readonly frozen: Frozen };

export type Timeline<Anchor = LossyAnchor | ExactAnchor> = {
  /** Where it has not begun yet, nothing may be asked for. */
  readonly header: HeaderRecord;
  /** All its anchors are exact ones. */
  readonly isExact: boolean;
  /** Number of the first sample that it still has. */
  first(): number;
  /** One more than the number of the last. */
  samples(): number;
  /** `bootUs` of a sample. */
  timeOf(number: number): number;
  /** When it begins, and `bootUs` of the last sample. */
  startUs(): number;
  endUs(): number;
  /** The last sample at or before a time; the first when it lies before it. */
  sampleAt(bootUs: number): number;
  /** What stands after sample `number - 1`, up to and including sample `number`. */
  recordsOf(number: number): readonly StreamRecord[];
  /** What stands after the last sample. */
  tail(): readonly StreamRecord[];
  /** The last readable anchor at or before sample `number`. */
  anchorAt(number: number): Anchor | null;
  /** An anchor stands right before sample `number`. */
  hasAnchor(number: number): boolean;
  /** So it does, and what came before was not kept: whoever comes from there has to begin anew. */
  resumesAt(number: number): boolean;
  /** Where more than a few samples are missing, so that whoever jumps over it knows. */
  holes(): readonly Hole[];
  /** Bytes of text from one sample to another: what it costs to fold them. */
  weightOf(from: number, to: number): number;
  /** Marks set beside the stream, in order of time. */
  addedMarks(): readonly Mark[];
};

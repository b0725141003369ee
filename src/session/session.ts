/**
 * A session: what the records of a stream have counted so far, and, beside it, what somebody who watches has made of it.
 * Counting knows nothing of watching. Where nobody asks what it means (import, redact, compare), nobody watches.
 */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { checkpointOf as checkpointOfState } from '../core/checkpoint.ts';
import { count, settle } from '../core/fold.ts';
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import { restoreState } from '../core/restore.ts';
import { createState, type SessionState } from '../core/state.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import { type WatchedCheckpoint, withRecognised } from '../insight/checkpoint.ts';
import { observe } from '../insight/observe.ts';
import type { Recognised, WatchedSnapshot } from '../insight/recognised.ts';
import { insightView, recognised } from '../insight/view.ts';
import { createWatch, type Watch, type WatchOptions } from '../insight/watch.ts';

export type Session = {
  readonly state: SessionState;
  readonly watch: Watch | null;
  /** What had been recognised where it began, if it began at a checkpoint. */
  readonly before: Recognised | null;
};

export type SessionOptions = WatchOptions & {
  /** false: nobody does. */
  readonly watched?: boolean | undefined;
  /** How many of the ended keep a row of their own, apart from those who did most. */
  readonly endedRows?: number | undefined;
};

export const createSession = (header: HeaderRecord, options: SessionOptions = {}): Session => ({
  state: createState(header, options.endedRows),
  watch: options.watched === false ? null : createWatch(header, options),
  before: null,
});

/** The session that these parts of a checkpoint report, watched by nobody yet; null when they are not the whole of one. */
export const restoreSession = (header: HeaderRecord, parts: readonly WatchedCheckpoint[]): Session | null => {
  const state = restoreState(header, parts);
  return state && { state, watch: null, before: parts[0]?.session?.insight ?? null };
};

/** Somebody watches from now on, and has everything to learn. */
export const watchedFromNow = (session: Session, options: WatchOptions = {}): Session => ({
  ...session,
  watch: createWatch(session.state.header, options, latestOf(session.state)),
});

/** A mark may stand behind the last sample. */
const latestOf = ({ bootUs, marks }: SessionState): number => Math.max(bootUs, marks.at(-1)?.bootUs ?? 0);

/** Applies one record, in place. Records must come in stream order. */
export const foldInto = ({ state, watch }: Session, record: StreamRecord): void => {
  count(state, record);
  if (watch !== null && record.type === 'sample') observe(watch, state);
  settle(state, record);
};

/** The session as it is now; it does not change when the session goes on. */
export const snapshotOf = ({ state, watch, before }: Session): WatchedSnapshot => ({
  ...takeSnapshot(state),
  insight: insightView(state, watch, before),
});

/** The session after what was folded last, as records in order. */
export const checkpointOf = ({ state, watch, before }: Session): WatchedCheckpoint[] =>
  withRecognised(checkpointOfState(state), recognised(state, watch, before));

/** A session as it was, in few bytes: all of it, to the last digit. */
export type Frozen = Uint8Array;

/** Fast rather than small: this runs beside the tracing. */
export const EFFORT = { level: 1 };

export const freeze = (session: Session): Frozen => deflateRawSync(serialize(session), EFFORT);

export const thaw = (frozen: Frozen): Session => deserialize(inflateRawSync(frozen)) as Session;

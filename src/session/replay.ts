/**
 * Moves through a recording in time. The state at a moment is the fold of everything before it: forward folds on, back
 * begins again at the nearest clone of the state and folds from there. Both are exact in everything.
 *
 * Where that would be far (`FAR_BYTES` of lines), it begins at a checkpoint of the recording instead and folds the last
 * stretch: everything counted is as exact; the past before the checkpoint is unknown; insight tells what the recorder
 * had recognised by then, and learns anew. With `exact` it never does so.
 *
 * Snapshots shown lately are kept: a step back shows what was shown. Memory is bounded by the constants here.
 */
import { restoreState } from '../core/checkpoint.ts';
import { fold } from '../core/fold.ts';
import type { StreamRecord } from '../core/record.ts';
import type { Mark, Snapshot } from '../core/snapshot.ts';
import { createState, type SessionState } from '../core/state.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import type { Recording } from './ports.ts';

const MAX_CHECKPOINTS = 6;
const FIRST_DISTANCE_SAMPLES = 300;
/** Above this many processes a clone costs more than folding again. */
const MAX_CHECKPOINT_ENTITIES = 5_000;
/** Snapshots made on the way to a moment that was jumped to. */
const STEPS_BACK = 3;
const MAX_SHOWN = 32;
const MAX_SHOWN_ROWS = 20_000;

const FAR_BYTES = 1024 * 1024;
/** What is folded between a checkpoint and the moment asked for, so that there is some past: as many as are cheap. */
const WARM_BYTES = 512 * 1024;
const WARM_SAMPLES = [120, 60, 30, 15, 8, 3, 0];
/** Of what a step back folds, the records are kept: the next one folds most of them again. */
const WALKED_BYTES = 2 * 1024 * 1024;
const SHORT_WAY_BACK = 8;

export type Cursor = {
  /** Sample shown, from -1 (nothing yet) to the last. */
  position(): number;
  /** Folds up to sample `number`, without the cost of a snapshot that nobody looks at. */
  foldTo(number: number): void;
  /** The snapshot after sample `number`; beyond the last one the end of the stream is folded too. */
  moveTo(number: number): Snapshot;
  /** Everything folded so far. */
  state(): SessionState;
  /** Forgets snapshots that no longer tell all: the recording has grown, or got a mark. */
  renew(): void;
};

export type CursorOptions = {
  /** Every sample is folded, however far it is. */
  readonly exact?: boolean;
  /** Without insight, where nobody asks what it all means. */
  readonly unwatched?: boolean;
  /** From which score on something is a spike, unless the usual one. */
  readonly eventScore?: number;
  /** From when on nothing is learnt any more, in ms after the beginning. */
  readonly freezeAfterMs?: number | undefined;
  /** How many of the ended keep a row of their own, apart from those who did most; only where all is folded. */
  readonly endedRows?: number;
};

export const createCursor = (recording: Recording, options: CursorOptions = {}): Cursor => {
  const fresh = (): SessionState =>
    createState(recording.header, options.eventScore, options.freezeAfterMs, options.endedRows);
  let state = fresh();
  /** Sample folded last, and sample shown. */
  let position = -1;
  let shown = -1;
  let tailFolded = false;
  let distance = FIRST_DISTANCE_SAMPLES;
  let clones: { readonly position: number; readonly state: SessionState }[] = [];
  const snapshots = new Map<number, Snapshot>();
  let walked = new Map<number, readonly StreamRecord[]>();
  /** Something is missing before `position`: the next checkpoint knows better. */
  let wounded = false;
  /** Damage found on the way; a checkpoint that was written before it was found knows nothing of it. */
  const damage = new Map<string, { readonly number: number; readonly record: StreamRecord }>();

  const keepClone = (): void => {
    if (wounded || options.exact === true || position % distance !== 0 || state.told !== null) return;
    if (state.owners.size + state.former.size > MAX_CHECKPOINT_ENTITIES) return;
    if (clones.some((clone) => clone.position === position)) return;
    clones.push({ position, state: structuredClone(state) });
    if (clones.length <= MAX_CHECKPOINTS) return;
    distance *= 2;
    clones = clones.filter((clone) => clone.position % distance === 0);
  };

  /** Begins where `target` can be folded to: where we are, at a clone, at a checkpoint, or at the start. */
  const reach = (target: number, ahead: boolean): void => {
    const clone = clones.filter((one) => one.position <= target).at(-1);
    const from = ahead ? position : (clone?.position ?? -1);
    if (options.exact !== true && recording.weightOf(from + 1, target + 1) > FAR_BYTES && leap(target, from))
      return;
    if (ahead) return;
    wounded = false;
    snapshots.clear();
    state = clone === undefined ? fresh() : structuredClone(clone.state);
    position = clone?.position ?? -1;
    tailFolded = false;
  };

  const leap = (target: number, from: number): boolean => {
    const warm = WARM_SAMPLES.find((count) => recording.weightOf(target - count, target) <= WARM_BYTES) ?? 0;
    const checkpoint = recording.checkpointAt(Math.max(0, target - warm));
    return checkpoint !== null && checkpoint.sample > from + 1 && beginAt(checkpoint);
  };

  const beginAt = ({ sample, parts }: NonNullable<ReturnType<Recording['checkpointAt']>>): boolean => {
    const restored = restoreState(recording.header, parts);
    if (restored === null) return false;
    state = restored;
    // Snapshots hold the state they were taken of: only one is to be held.
    snapshots.clear();
    walked = new Map(
      [...walked].filter(
        ([number]) => number >= sample && recording.weightOf(sample, number) <= WALKED_BYTES,
      ),
    );
    wounded = false;
    position = sample - 1;
    tailFolded = false;
    for (const { number, record } of damage.values()) if (number < sample) fold(state, record);
    return true;
  };

  const foldOne = (number: number): readonly StreamRecord[] => {
    const records = walked.get(number) ?? recording.recordsOf(number);
    noteDamage(records, number);
    // What is told at this very place is folded on top of it.
    const resumes = recording.resumesAt(number) || (wounded && recording.hasCheckpoint(number));
    const checkpoint = resumes ? recording.checkpointAt(number) : null;
    if (checkpoint?.sample === number) beginAt(checkpoint);
    for (const record of records) fold(state, record);
    position = number;
    return records;
  };

  const noteDamage = (records: readonly StreamRecord[], number: number): void => {
    for (const record of records) {
      if (record.type !== 'loss' || record.kind !== 'damaged') continue;
      damage.set(record.detail ?? '', { number, record });
      wounded = true;
    }
  };

  const view = (): Snapshot => withMarks(takeSnapshot(state), recording.addedMarks());

  const foldTo = (number: number): void => {
    const count = recording.samples();
    const target = Math.min(Math.max(0, number), count - 1);
    const isStepBack = target < shown && shown - target <= SHORT_WAY_BACK;
    const ahead = target >= position && !(tailFolded && (number < count || target > position));
    if (!ahead || target > position) reach(target, ahead);
    const learning = position < target && state.told !== null && state.watch.insight.ticks === 0;
    state.unwatched = learning || options.unwatched === true;
    while (position < target) {
      const records = foldOne(position + 1);
      keepClone();
      if (learning && isStepBack && recording.weightOf(position, target) <= WALKED_BYTES)
        walked.set(position, records);
      // Who jumps somewhere often looks back a little.
      if (learning && position >= target - STEPS_BACK && position < target) keepSnapshot(position, view());
    }
    state.unwatched = options.unwatched === true;
    if (number >= count && !tailFolded) {
      for (const record of recording.tail()) fold(state, record);
      tailFolded = true;
    }
    shown = position;
  };

  const keepSnapshot = (number: number, snapshot: Snapshot): void => {
    snapshots.delete(number);
    snapshots.set(number, snapshot);
    let rows = 0;
    for (const kept of snapshots.values()) rows += kept.rows.length;
    for (const [oldest, kept] of snapshots) {
      if (oldest === number || (snapshots.size <= MAX_SHOWN && rows <= MAX_SHOWN_ROWS)) break;
      snapshots.delete(oldest);
      rows -= kept.rows.length;
    }
  };

  return {
    position: () => shown,
    foldTo,
    moveTo: (number) => {
      const count = recording.samples();
      const key = number >= count ? count : Math.max(0, number);
      const kept = snapshots.get(key);
      if (kept !== undefined) {
        shown = Math.min(key, count - 1);
        return kept;
      }
      foldTo(number);
      const snapshot = view();
      keepSnapshot(key, snapshot);
      return snapshot;
    },
    state: () => state,
    renew: () => {
      snapshots.clear();
      walked.clear();
    },
  };
};

/** Marks that were set beside the recording belong to it from their time on. */
const withMarks = (snapshot: Snapshot, added: readonly Mark[]): Snapshot => {
  const late = added.filter(
    ({ bootUs, text }) =>
      bootUs <= snapshot.bootUs &&
      !snapshot.marks.some((mark) => mark.bootUs === bootUs && mark.text === text),
  );
  if (late.length === 0) return snapshot;
  return { ...snapshot, marks: [...snapshot.marks, ...late].sort((a, b) => a.bootUs - b.bootUs) };
};

/**
 * Moves through a timeline. The session at a moment is the fold of everything before it: forward folds on, back begins again
 * at an exact anchor, or at the start, and folds from there. Both are exact in everything.
 *
 * Where that would be far (`FAR_BYTES` of lines), it begins at a lossy anchor instead, a checkpoint of the recording, and
 * folds the last stretch: everything counted is as exact; the past before the checkpoint is unknown; insight reports what the
 * recorder had recognised by then, and learns anew. With `exact` it never does so.
 *
 * Snapshots shown lately are kept: a step back shows what was shown. Memory is bounded.
 */
import { gapOf } from '../core/fold.ts';
import type { StreamRecord } from '../core/record.ts';
import { MAX_GAPS } from '../core/state.ts';
import type { Gap } from '../core/trust.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { createAnchors } from './anchors.ts';
import { withMarks } from './marks.ts';
import {
  createSession,
  foldInto,
  restoreSession,
  type Session,
  type SessionOptions,
  snapshotOf,
  thaw,
  watchedFromNow,
} from './session.ts';
import { createSnapshotCache, RECENT } from './snapshot-cache.ts';
import type { ExactAnchor, LossyAnchor, Timeline } from './timeline.ts';

/** Ahead, less is folded faster than an anchor is read. */
const LEAST_LEAP_SAMPLES = 30;
/** Snapshots made on the way to a moment that was jumped to: who jumps somewhere often looks back a little. */
const STEPS_BACK = 30;
const STEPS_BACK_AFTER_FAR = 3;

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
  moveTo(number: number): WatchedSnapshot;
  /** The end of the timeline is folded by somebody else already: this is what it shows, and where we are now. */
  moveToEnd(latest: WatchedSnapshot): void;
  /** Everything folded so far. */
  session(): Session;
  /** Forgets snapshots that no longer report all: the timeline has grown, or got a mark. */
  renew(): void;
};

/** `endedRows` only where all is folded. */
export type CursorOptions = SessionOptions & {
  /** Every sample is folded, however far it is. */
  readonly exact?: boolean;
};

/** What a reader found missing is in no checkpoint. */
const addGap = ({ state: { gaps } }: Session, gap: Gap): void => {
  const isKnown = gaps.some(
    ({ fromBootUs, toBootUs }) => fromBootUs === gap.fromBootUs && toBootUs === gap.toBootUs,
  );
  if (isKnown || gaps.length >= MAX_GAPS) return;
  gaps.push(gap);
  gaps.sort((a, b) => a.fromBootUs - b.fromBootUs);
};

export const createCursor = (timeline: Timeline, options: CursorOptions = {}): Cursor => {
  let session: Session | null = null;
  /** Sample folded last, and sample shown. */
  let position = -1;
  let shown = -1;
  let tailFolded = false;
  const anchors = createAnchors();
  const snapshots = createSnapshotCache();
  let walked = new Map<number, readonly StreamRecord[]>();
  /** Something is missing before `position`: the next checkpoint knows better. */
  let incomplete = false;
  /** Damage found on the way; a checkpoint that was written before it was found knows nothing of it. */
  const damage = new Map<string, { readonly number: number; readonly record: StreamRecord }>();

  /** A timeline may begin later than its cursor. */
  const now = (): Session => {
    session ??= createSession(timeline.header, options);
    return session;
  };

  const watched = (unwatched: Session): Session =>
    options.watched === false ? unwatched : watchedFromNow(unwatched, options);

  /** Everything is another session's from here on: snapshots hold the one that they were taken of, and one is enough. */
  const begin = (other: Session | null, at: number): void => {
    session = other;
    position = at;
    incomplete = false;
    tailFolded = false;
    snapshots.clear();
  };

  /** Begins where `target` can be folded to: where we are, at an anchor, or at the start. True when it is elsewhere. */
  const reach = (target: number, ahead: boolean): boolean => {
    const goesOn = ahead && position + 1 >= timeline.first();
    const exact = exactAnchorAt(target);
    const isNearer = exact !== null && exact.sample > (goesOn ? position + LEAST_LEAP_SAMPLES : 0);
    const from = isNearer ? exact.sample : goesOn ? position + 1 : 0;
    const isFar = options.exact !== true && timeline.weightOf(from, target + 1) > FAR_BYTES;
    if (isFar && leap(target, from)) return true;
    if (isNearer) begin(thaw(exact.frozen), exact.sample - 1);
    else if (!goesOn) begin(null, -1);
    return isNearer || !goesOn;
  };

  /** Of the timeline, or of those that we have left in it. */
  const exactAnchorAt = (target: number): ExactAnchor | null => {
    const own = anchors.at(target + 1);
    if (!timeline.isExact) return own;
    const anchor = timeline.anchorAt(target);
    return anchor !== null && 'frozen' in anchor ? anchor : own;
  };

  const leap = (target: number, from: number): boolean => {
    const warm = WARM_SAMPLES.find((count) => timeline.weightOf(target - count, target) <= WARM_BYTES) ?? 0;
    const anchor = timeline.anchorAt(Math.max(0, target - warm));
    return anchor !== null && 'parts' in anchor && anchor.sample > from && beginAt(anchor);
  };

  const beginAt = ({ sample, parts }: LossyAnchor): boolean => {
    const restored = restoreSession(timeline.header, parts);
    if (restored === null) return false;
    begin(restored, sample - 1);
    walked = new Map(
      [...walked].filter(([number]) => number >= sample && timeline.weightOf(sample, number) <= WALKED_BYTES),
    );
    for (const { number, record } of damage.values()) if (number < sample) foldInto(restored, record);
    for (const { number, record } of timeline.holes()) if (number < sample) addGap(restored, gapOf(record));
    return true;
  };

  const foldOne = (number: number): readonly StreamRecord[] => {
    const records = walked.get(number) ?? timeline.recordsOf(number);
    noteDamage(records, number);
    // What is reported at this very place is folded on top of it.
    if (timeline.resumesAt(number) || (incomplete && timeline.hasAnchor(number))) {
      const anchor = timeline.anchorAt(number);
      const gaps = session?.state.gaps.filter(({ unrecorded }) => unrecorded !== undefined) ?? [];
      if (anchor?.sample === number && 'parts' in anchor && beginAt(anchor)) {
        session = watched(now());
        for (const gap of gaps) addGap(now(), gap);
      }
    }
    for (const record of records) foldInto(now(), record);
    position = number;
    return records;
  };

  const noteDamage = (records: readonly StreamRecord[], number: number): void => {
    for (const record of records) {
      if (record.type !== 'loss' || record.kind !== 'damaged') continue;
      damage.set(record.detail ?? '', { number, record });
      incomplete = true;
    }
  };

  /** Marks that were set beside the stream belong to it from their time on. */
  const view = (): WatchedSnapshot => {
    const snapshot = snapshotOf(now());
    const added = timeline.addedMarks().filter(({ bootUs }) => bootUs <= snapshot.bootUs);
    const marks = withMarks(snapshot.marks, added);
    return marks === snapshot.marks ? snapshot : { ...snapshot, marks };
  };

  const foldTo = (number: number): void => {
    const count = timeline.samples();
    const target = Math.min(Math.max(timeline.first(), number), count - 1);
    const isStepBack = target < shown && shown - target <= SHORT_WAY_BACK;
    const ahead = target >= position && !(tailFolded && (number < count || target > position));
    const isElsewhere = (!ahead || target > position) && reach(target, ahead);
    walkTo(target, isElsewhere, isStepBack);
    if (number >= count && !tailFolded) {
      for (const record of timeline.tail()) foldInto(now(), record);
      tailFolded = true;
    }
    shown = position;
  };

  const walkTo = (target: number, isElsewhere: boolean, isStepBack: boolean): void => {
    // On the way from a checkpoint insight does not know how what it sees came about.
    const warmingUp = position < target && now().before !== null && now().watch === null;
    const keptFrom = isElsewhere ? target - (warmingUp ? STEPS_BACK_AFTER_FAR : STEPS_BACK) : target;
    while (position < target) {
      const records = foldOne(position + 1);
      if (!timeline.isExact && !incomplete && options.exact !== true && now().before === null)
        anchors.pass(now());
      if (warmingUp && isStepBack && timeline.weightOf(position, target) <= WALKED_BYTES)
        walked.set(position, records);
      if (position >= keptFrom && position < target) snapshots.put(position, view());
    }
    if (now().watch === null) session = watched(now());
  };

  return {
    position: () => shown,
    foldTo,
    moveTo: (number) => {
      const count = timeline.samples();
      const key = number >= count ? count : Math.max(timeline.first(), number);
      const kept = snapshots.get(key);
      if (kept !== undefined) {
        shown = Math.min(key, count - 1);
        return kept;
      }
      foldTo(number);
      const snapshot = view();
      snapshots.put(key, snapshot);
      return snapshot;
    },
    moveToEnd: (latest) => {
      shown = latest.samples - 1;
      snapshots.put(shown, latest, RECENT);
    },
    session: now,
    renew: () => {
      snapshots.clear();
      walked.clear();
    },
  };
};

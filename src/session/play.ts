/**
 * Moves what is shown through a timeline. A recording is played on a virtual clock; of one that is still being written, to
 * the end that moves. Live, the end moves by itself, and what is shown goes with it until it is held.
 */
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { type CursorOptions, createCursor } from './cursor.ts';
import { marksOf } from './marks.ts';
import type { Memory } from './memory.ts';
import type { Playback, PlaybackState } from './playback.ts';
import type { Recording } from './ports.ts';
import type { SnapshotStore } from './store.ts';
import type { Timeline } from './timeline.ts';

/** Frames a second at most, however fast it plays. */
const FRAME_MS = 100;
/** How often a growing recording is looked at. */
const FOLLOW_MS = 500;

type Mover = Playback & {
  /** The last sample at or before the present one is shown anew: it has got a mark. */
  renew(): void;
  close(): void;
};

type MoverOptions = {
  readonly timeline: Timeline;
  /** What is shown. */
  readonly store: SnapshotStore;
  readonly fromUs: number | null;
  readonly speed: number;
  readonly playing: boolean;
  /** The end moves, and what is shown goes with it. */
  readonly following: boolean;
  /** Live: the snapshot of the end, whenever it has moved; null where the end is looked for. */
  readonly latest: SnapshotStore | null;
  /** Looks for what was written since: 'more', 'end' when nothing more will come, or 'nothing'. */
  readonly look: () => 'more' | 'end' | 'nothing';
  readonly watching?: CursorOptions | undefined;
};

export type ReplayOptions = {
  readonly recording: Recording;
  readonly store: SnapshotStore;
  readonly fromUs: number | null;
  readonly speed: number;
  readonly playing: boolean;
  /** It is still being written: begins at its end and goes on with it. */
  readonly follow?: boolean;
  readonly watching?: CursorOptions;
};

/** Plays a recording into the store. `close` stops it. */
export const playRecording = ({
  recording,
  follow = false,
  ...options
}: ReplayOptions): Required<Playback> & { close(): void } => {
  const mover = createMover({
    ...options,
    timeline: recording,
    following: follow,
    latest: null,
    look: () => {
      if (!recording.refresh()) return 'nothing';
      return recording.tail().some(({ type }) => type === 'trailer') ? 'end' : 'more';
    },
  });
  return {
    ...mover,
    marks: () => marksOf(recording),
    mark: (text) => {
      const problem = recording.addMark({ bootUs: mover.state().positionUs, text });
      mover.renew();
      return problem;
    },
  };
};

/** Shows what is traced as it comes, and what is in memory when it is held. `latest` is where the pump puts snapshots. */
export const playMemory = (memory: Memory, latest: SnapshotStore, store: SnapshotStore): Playback =>
  createMover({
    timeline: memory,
    store,
    fromUs: null,
    speed: 1,
    playing: true,
    following: true,
    latest,
    look: () => 'nothing',
  });

const createMover = ({ timeline, store, latest, look, ...options }: MoverOptions): Mover => {
  const cursor = createCursor(timeline, options.watching);
  const listeners = new Set<() => void>();
  const isLive = latest !== null;
  let { speed, playing, following } = options;
  /** Where the virtual clock stands; the sample shown is the last at or before it. */
  let virtualUs = options.fromUs ?? (following ? timeline.endUs() : timeline.timeOf(0));
  let tickedAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;

  const report = (): void => {
    for (const listener of listeners) listener();
  };

  const show = (snapshot: WatchedSnapshot): void => {
    store.set(snapshot);
    report();
  };

  const last = (): number => timeline.samples() - 1;
  /** Live, before the first sample: there is nothing to hold, and nowhere to go. */
  const isEmpty = (): boolean => isLive && timeline.samples() === 0;
  const position = (): number => Math.max(timeline.first(), cursor.position());

  /** What follows the last sample is shown with it, unless more samples may follow. */
  const showAt = (sample: number): void =>
    show(cursor.moveTo(sample >= last() && !following ? last() + 1 : sample));

  const advance = (): void => {
    const nowMs = performance.now();
    const elapsedUs = (nowMs - tickedAtMs) * 1000 * Math.min(speed, Number.MAX_SAFE_INTEGER);
    virtualUs = Math.min(virtualUs + elapsedUs, timeline.endUs());
    tickedAtMs = nowMs;
    const before = cursor.position();
    const target = speed === Number.POSITIVE_INFINITY ? fastForward() : timeline.sampleAt(virtualUs);
    const atEnd = target >= last();
    if (atEnd && !following) playing = false;
    if (atEnd || target !== before) showAt(target);
    schedule();
  };

  /** As many samples as fit into a frame. */
  const fastForward = (): number => {
    const untilMs = performance.now() + FRAME_MS;
    let sample = cursor.position();
    while (sample < last() && performance.now() < untilMs) {
      sample += 1;
      cursor.foldTo(sample);
    }
    virtualUs = timeline.timeOf(Math.max(0, sample));
    return sample;
  };

  /** New samples are shown at once: whoever follows wants the present. */
  const follow = (): void => {
    const found = look();
    if (found !== 'nothing') {
      cursor.renew();
      following = found === 'more';
      virtualUs = timeline.endUs();
      showAt(Math.max(0, last()));
      if (!following) playing = false;
    }
    tickedAtMs = performance.now();
    schedule();
  };

  const schedule = (): void => {
    clearTimeout(timer);
    if (!playing || isLive) return;
    if (following && cursor.position() >= last()) {
      timer = setTimeout(follow, FOLLOW_MS);
      return;
    }
    const nextUs = timeline.timeOf(Math.min(cursor.position() + 1, Math.max(0, last())));
    const waitMs = (nextUs - virtualUs) / 1000 / speed;
    timer = setTimeout(advance, Math.max(speed === Number.POSITIVE_INFINITY ? 0 : FRAME_MS, waitMs));
  };

  /** Live: the end is what was folded there, and what comes is shown again. */
  const moveToEnd = (): void => {
    const snapshot = latest?.get() ?? null;
    playing = true;
    if (snapshot === null) return;
    cursor.moveToEnd(snapshot);
    show(snapshot);
  };

  const jump = (sample: number): void => {
    if (isLive && sample >= last()) {
      moveToEnd();
      return;
    }
    const target = Math.max(timeline.first(), Math.min(sample, last()));
    virtualUs = timeline.timeOf(target);
    tickedAtMs = performance.now();
    showAt(target);
    schedule();
  };

  const state = (): PlaybackState => ({
    startUs: timeline.startUs(),
    endUs: timeline.endUs(),
    positionUs: timeline.timeOf(position()),
    sample: position() - timeline.first(),
    samples: timeline.samples() - timeline.first(),
    playing,
    speed,
    following: following && (playing || !isLive),
  });

  if (isLive) latest.subscribe(() => (playing ? moveToEnd() : report()));
  else jump(timeline.sampleAt(virtualUs));
  return {
    state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle: () => {
      if (isEmpty()) return;
      if (isLive && !playing) {
        moveToEnd();
        return;
      }
      playing = !playing;
      // Playing on from the end begins again.
      if (playing && !following && cursor.position() >= last()) jump(0);
      tickedAtMs = performance.now();
      schedule();
      report();
    },
    step: (samples) => {
      if (isEmpty() || (isLive && playing && samples >= 0)) return;
      playing = false;
      jump(cursor.position() + samples);
    },
    seek: (bootUs, toLook = false) => {
      if (isEmpty()) return;
      if (toLook || isLive) playing = false;
      jump(timeline.sampleAt(bootUs));
    },
    setSpeed: (next) => {
      // What has just happened is looked at by steps; only a recording is played.
      if (isLive) return;
      speed = next;
      tickedAtMs = performance.now();
      schedule();
      report();
    },
    renew: () => {
      cursor.renew();
      showAt(position());
    },
    close: () => {
      clearTimeout(timer);
      playing = false;
    },
  };
};

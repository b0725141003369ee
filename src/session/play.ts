/** Plays a recording into the store, on a virtual clock; of one that is still being written, to the end that moves. */
import type { Mark } from '../core/snapshot.ts';
import type { Playback, PlaybackState } from './playback.ts';
import type { Recording } from './ports.ts';
import { createCursor } from './replay.ts';
import type { SnapshotStore } from './store.ts';

/** Frames a second at most, however fast it plays. */
const FRAME_MS = 100;
/** How often a growing recording is looked at. */
const FOLLOW_MS = 500;

export type PlaybackOptions = {
  readonly recording: Recording;
  readonly store: SnapshotStore;
  readonly fromUs: number | null;
  readonly speed: number;
  readonly playing: boolean;
  /** It is still being written: begins at its end and goes on with it. */
  readonly follow?: boolean;
};

/** `close` stops it. */
export const createPlayback = (options: PlaybackOptions): Required<Playback> & { close(): void } => {
  const { recording, store } = options;
  const cursor = createCursor(recording);
  const listeners = new Set<() => void>();
  const startUs = recording.header.clock.bootUs;
  let { speed, playing } = options;
  let following = options.follow === true;
  /** Where the virtual clock stands; the sample shown is the last at or before it. */
  let virtualUs = options.fromUs ?? (following ? recording.endUs() : timeOf(0));
  let tickedAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;

  function timeOf(sample: number): number {
    return recording.samples() === 0 ? startUs : recording.timeOf(sample);
  }

  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  const show = (sample: number): void => {
    store.set(cursor.moveTo(sample));
    tell();
  };

  const last = (): number => recording.samples() - 1;

  /** What follows the last sample is shown with it, unless more samples may follow. */
  const showOrEnd = (sample: number): void => show(sample >= last() && !following ? last() + 1 : sample);

  const advance = (): void => {
    const nowMs = performance.now();
    const endUs = recording.endUs();
    virtualUs = Math.min(
      virtualUs + (nowMs - tickedAtMs) * 1000 * Math.min(speed, Number.MAX_SAFE_INTEGER),
      endUs,
    );
    tickedAtMs = nowMs;
    const before = cursor.position();
    const target = speed === Number.POSITIVE_INFINITY ? fastForward() : recording.sampleAt(virtualUs);
    const atEnd = target >= last();
    if (atEnd && !following) playing = false;
    if (atEnd || target !== before) showOrEnd(target);
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
    virtualUs = timeOf(Math.max(0, sample));
    return sample;
  };

  /** New samples are shown at once: whoever follows wants the present. */
  const follow = (): void => {
    if (recording.refresh()) {
      cursor.renew();
      following = !isComplete(recording);
      virtualUs = recording.endUs();
      showOrEnd(Math.max(0, last()));
      if (!following) playing = false;
    }
    tickedAtMs = performance.now();
    schedule();
  };

  const schedule = (): void => {
    clearTimeout(timer);
    if (!playing) return;
    if (following && cursor.position() >= last()) {
      timer = setTimeout(follow, FOLLOW_MS);
      return;
    }
    const nextUs = timeOf(Math.min(cursor.position() + 1, Math.max(0, last())));
    const waitMs = (nextUs - virtualUs) / 1000 / speed;
    timer = setTimeout(advance, Math.max(speed === Number.POSITIVE_INFINITY ? 0 : FRAME_MS, waitMs));
  };

  const jump = (sample: number): void => {
    const target = Math.max(0, Math.min(sample, last()));
    virtualUs = timeOf(target);
    tickedAtMs = performance.now();
    showOrEnd(target);
    schedule();
  };

  const state = (): PlaybackState => ({
    startUs,
    endUs: recording.endUs(),
    positionUs: timeOf(Math.max(0, cursor.position())),
    sample: Math.max(0, cursor.position()),
    samples: recording.samples(),
    playing,
    speed,
    following,
  });

  const marks = (): readonly Mark[] => recording.marks();

  jump(recording.sampleAt(virtualUs));
  return {
    state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle: () => {
      playing = !playing;
      // Playing on from the end begins again.
      if (playing && !following && cursor.position() >= last()) jump(0);
      tickedAtMs = performance.now();
      schedule();
      tell();
    },
    step: (samples) => {
      playing = false;
      jump(cursor.position() + samples);
    },
    seek: (bootUs) => jump(recording.sampleAt(bootUs)),
    setSpeed: (next) => {
      speed = next;
      tickedAtMs = performance.now();
      schedule();
      tell();
    },
    marks,
    mark: (text) => {
      const problem = recording.addMark({ bootUs: timeOf(Math.max(0, cursor.position())), text });
      cursor.renew();
      showOrEnd(Math.max(0, cursor.position()));
      return problem;
    },
    close: () => {
      clearTimeout(timer);
      playing = false;
    },
  };
};

/** It has its trailer. */
const isComplete = (recording: Recording): boolean => recording.tail().some(({ type }) => type === 'trailer');

/**
 * Moves through a recording in time. The state at a moment is the fold of everything before it: forward folds on,
 * back restores the nearest checkpoint and folds from there. Checkpoints are clones of the state, at most
 * `MAX_CHECKPOINTS`; when there are too many, every second one goes and the distance doubles.
 */
import { fold } from '../core/fold.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { createState, type SessionState } from '../core/state.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import type { Playback, PlaybackState } from './playback.ts';
import type { Recording } from './ports.ts';
import type { SnapshotStore } from './store.ts';

const MAX_CHECKPOINTS = 16;
const FIRST_DISTANCE_SAMPLES = 300;
/** Above this many processes a clone costs more than folding again. */
const MAX_CHECKPOINT_ENTITIES = 5_000;
/** Frames a second at most, however fast it plays. */
const FRAME_MS = 100;

export type Cursor = {
  /** Sample shown, from -1 (nothing yet) to the last. */
  position(): number;
  /** Folds up to sample `number`, without the cost of a snapshot that nobody looks at. */
  foldTo(number: number): void;
  /** The snapshot after sample `number`; beyond the last one the end of the stream is folded too. */
  moveTo(number: number): Snapshot;
};

export const createCursor = (recording: Recording): Cursor => {
  const count = recording.sampleTimesUs.length;
  let state = createState(recording.header);
  let position = -1;
  let tailFolded = false;
  let distance = FIRST_DISTANCE_SAMPLES;
  let checkpoints: { readonly position: number; readonly state: SessionState }[] = [];

  const keepCheckpoint = (): void => {
    if (position % distance !== 0 || state.owners.size + state.former.size > MAX_CHECKPOINT_ENTITIES) return;
    if (checkpoints.some((checkpoint) => checkpoint.position === position)) return;
    checkpoints.push({ position, state: structuredClone(state) });
    if (checkpoints.length <= MAX_CHECKPOINTS) return;
    distance *= 2;
    checkpoints = checkpoints.filter((checkpoint) => checkpoint.position % distance === 0);
  };

  const rewind = (target: number): void => {
    const nearest = checkpoints.filter((checkpoint) => checkpoint.position <= target).at(-1);
    state = nearest === undefined ? createState(recording.header) : structuredClone(nearest.state);
    position = nearest?.position ?? -1;
    tailFolded = false;
  };

  const foldTo = (number: number): void => {
    const target = Math.min(Math.max(0, number), count - 1);
    if (target < position || (tailFolded && number < count)) rewind(target);
    while (position < target) {
      position += 1;
      for (const record of recording.recordsOf(position)) fold(state, record);
      keepCheckpoint();
    }
    if (number >= count && !tailFolded) {
      for (const record of recording.tail()) fold(state, record);
      tailFolded = true;
    }
  };

  return {
    position: () => position,
    foldTo,
    moveTo: (number) => {
      foldTo(number);
      return takeSnapshot(state);
    },
  };
};

/** The last sample at or before a time; 0 when the time lies before the first. */
export const sampleAt = (times: Float64Array, bootUs: number): number => {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= bootUs) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};

export type PlaybackOptions = {
  readonly recording: Recording;
  readonly store: SnapshotStore;
  readonly fromUs: number | null;
  readonly speed: number;
  readonly playing: boolean;
};

/** Plays into the store on a virtual clock. `close` stops it. */
export const createPlayback = (options: PlaybackOptions): Playback & { close(): void } => {
  const { recording, store } = options;
  const times = recording.sampleTimesUs;
  const cursor = createCursor(recording);
  const listeners = new Set<() => void>();
  const startUs = recording.header.clock.bootUs;
  const endUs = times.at(-1) ?? startUs;
  let { speed, playing } = options;
  /** Where the virtual clock stands; the sample shown is the last at or before it. */
  let virtualUs = options.fromUs ?? times[0] ?? startUs;
  let tickedAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;

  const show = (sample: number): void => {
    store.set(cursor.moveTo(sample));
    for (const listener of listeners) listener();
  };

  const advance = (): void => {
    const nowMs = performance.now();
    virtualUs = Math.min(
      virtualUs + (nowMs - tickedAtMs) * 1000 * Math.min(speed, Number.MAX_SAFE_INTEGER),
      endUs,
    );
    tickedAtMs = nowMs;
    const shown = cursor.position();
    const target = speed === Number.POSITIVE_INFINITY ? fastForward() : sampleAt(times, virtualUs);
    const atEnd = target >= times.length - 1;
    if (atEnd) playing = false;
    if (atEnd || target !== shown) show(atEnd ? times.length : target);
    schedule();
  };

  /** As many samples as fit into a frame. */
  const fastForward = (): number => {
    const untilMs = performance.now() + FRAME_MS;
    let sample = cursor.position();
    while (sample < times.length - 1 && performance.now() < untilMs) {
      sample += 1;
      cursor.foldTo(sample);
    }
    virtualUs = times[sample] ?? endUs;
    return sample;
  };

  const schedule = (): void => {
    clearTimeout(timer);
    if (!playing) return;
    const nextUs = times[cursor.position() + 1] ?? endUs;
    const waitMs = (nextUs - virtualUs) / 1000 / speed;
    timer = setTimeout(advance, Math.max(speed === Number.POSITIVE_INFINITY ? 0 : FRAME_MS, waitMs));
  };

  const jump = (sample: number): void => {
    const target = Math.max(0, Math.min(sample, times.length - 1));
    virtualUs = times[target] ?? startUs;
    tickedAtMs = performance.now();
    show(target === times.length - 1 ? times.length : target);
    schedule();
  };

  const state = (): PlaybackState => ({
    startUs,
    endUs,
    positionUs: times[Math.max(0, cursor.position())] ?? startUs,
    sample: Math.max(0, cursor.position()),
    samples: times.length,
    playing,
    speed,
  });

  jump(sampleAt(times, virtualUs));
  return {
    state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle: () => {
      playing = !playing;
      // Playing on from the end begins again.
      if (playing && cursor.position() >= times.length - 1) jump(0);
      tickedAtMs = performance.now();
      schedule();
      for (const listener of listeners) listener();
    },
    step: (samples) => {
      playing = false;
      jump(cursor.position() + samples);
    },
    seek: (bootUs) => jump(sampleAt(times, bootUs)),
    setSpeed: (next) => {
      speed = next;
      tickedAtMs = performance.now();
      schedule();
      for (const listener of listeners) listener();
    },
    close: () => {
      clearTimeout(timer);
      playing = false;
    },
  };
};

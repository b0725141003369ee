/**
 * Several recordings on one clock, that of who recorded them (core/common-clock.ts): there is one position, and each recording shows
 * what it knew then. Whoever looks at one of them, and moves it, moves all.
 */
import { bootUsAtCommon, commonMsAt } from '../core/common-clock.ts';
import { playRecording } from './play.ts';
import type { Playback, PlaybackState } from './playback.ts';
import type { Recording } from './ports.ts';
import type { SnapshotStore } from './store.ts';

export type Member = { readonly recording: Recording; readonly store: SnapshotStore };

export type Together = {
  /** Its times are µs since 1970. */
  readonly clock: Playback;
  /** Of each recording, in its own times. */
  readonly playbacks: readonly Playback[];
  /** Whether the position is before a recording, within, or after it. */
  whereIs(member: number): 'before' | 'within' | 'after';
  close(): void;
};

export type TogetherOptions = {
  /** ms since 1970; null for the first moment of any. */
  readonly fromMs: number | null;
  readonly speed: number;
  readonly playing: boolean;
};

const FRAME_MS = 100;
/** As fast as it goes is as fast as anybody can follow several. */
const FASTEST = 1_024;

export const playTogether = (members: readonly Member[], options: TogetherOptions): Together => {
  const listeners = new Set<() => void>();
  const spans = members.map(({ recording }) => ({
    startMs: commonMsAt(recording.header, recording.startUs()),
    endMs: commonMsAt(recording.header, recording.endUs()),
  }));
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.endMs));
  let positionMs = Math.min(endMs, Math.max(startMs, options.fromMs ?? startMs));
  let { speed, playing } = options;
  let tickedAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const shown = members.map(() => -1);
  const players = members.map(({ recording, store }) =>
    playRecording({ recording, store, fromUs: null, speed: 1, playing: false }),
  );

  const report = (): void => {
    for (const listener of listeners) listener();
  };

  const moveTo = (toMs: number): void => {
    positionMs = Math.min(endMs, Math.max(startMs, toMs));
    members.forEach(({ recording }, index) => {
      const bootUs = bootUsAtCommon(recording.header, positionMs);
      const sample = recording.sampleAt(bootUs);
      if (sample === shown[index]) return;
      shown[index] = sample;
      players[index]?.seek(bootUs, true);
    });
    report();
  };

  const tick = (): void => {
    const nowMs = performance.now();
    const elapsedMs = (nowMs - tickedAtMs) * Math.min(speed, FASTEST);
    tickedAtMs = nowMs;
    if (positionMs + elapsedMs >= endMs) playing = false;
    moveTo(positionMs + elapsedMs);
    schedule();
  };

  const schedule = (): void => {
    clearTimeout(timer);
    if (playing) timer = setTimeout(tick, FRAME_MS);
  };

  const play = (on: boolean): void => {
    playing = on;
    tickedAtMs = performance.now();
    schedule();
  };

  const toggle = (): void => {
    play(!playing);
    // Playing on from the end begins again.
    if (playing && positionMs >= endMs) positionMs = startMs;
    report();
  };

  const setSpeed = (next: number): void => {
    speed = next;
    report();
  };

  /** The moments of all samples that are nearest on one side. */
  const neighbour = (direction: 1 | -1): number => {
    const moments = members.flatMap(({ recording }) => {
      const at = recording.sampleAt(bootUsAtCommon(recording.header, positionMs));
      return [at - 1, at, at + 1]
        .filter((sample) => sample >= 0 && sample < recording.samples())
        .map((sample) => commonMsAt(recording.header, recording.timeOf(sample)));
    });
    // Less than this apart is the same moment, rounded.
    const beyond = moments.filter((ms) => (ms - positionMs) * direction > 0.01);
    return beyond.length === 0 ? positionMs : direction === 1 ? Math.min(...beyond) : Math.max(...beyond);
  };

  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const seekTo = (toMs: number, toLook: boolean): void => {
    if (toLook) play(false);
    moveTo(toMs);
  };

  const state = (): PlaybackState => ({
    startUs: startMs * 1_000,
    endUs: endMs * 1_000,
    positionUs: positionMs * 1_000,
    sample: Math.max(0, ...shown),
    samples: Math.max(...members.map(({ recording }) => recording.samples())),
    playing,
    speed,
  });

  const ofMember = ({ recording }: Member, index: number): Playback => {
    const player = players[index];
    return {
      state: () => ({ ...(player?.state() ?? state()), playing, speed }),
      subscribe,
      toggle,
      setSpeed,
      step: (samples) => {
        const to = Math.min(recording.samples() - 1, Math.max(0, (shown[index] ?? 0) + samples));
        seekTo(commonMsAt(recording.header, recording.timeOf(to)), true);
      },
      seek: (bootUs, toLook = false) => seekTo(commonMsAt(recording.header, bootUs), toLook),
      ...(player === undefined ? {} : { marks: player.marks, mark: player.mark }),
    };
  };

  moveTo(positionMs);
  schedule();
  return {
    clock: {
      state,
      subscribe,
      toggle,
      setSpeed,
      step: (samples) => {
        play(false);
        for (let left = Math.abs(samples); left > 0; left -= 1) moveTo(neighbour(samples > 0 ? 1 : -1));
      },
      seek: (us, toLook = false) => seekTo(us / 1_000, toLook),
    },
    playbacks: members.map(ofMember),
    whereIs: (member) => {
      const span = spans[member];
      if (span === undefined || positionMs < span.startMs - 0.01) return 'before';
      return positionMs > span.endMs + AFTER_MS ? 'after' : 'within';
    },
    close: () => {
      clearTimeout(timer);
      playing = false;
      for (const player of players) player.close();
    },
  };
};

/** Samples of several hosts do not end in the same moment: it is over where another would have been due. */
const AFTER_MS = 2_000;

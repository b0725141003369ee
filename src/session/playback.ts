import type { Mark } from '../core/snapshot.ts';

/**
 * What a screen can ask of a session that can be moved through in time, and what it shows of it: a replay, or the
 * memory of live tracing (hindsight.ts). Times are µs since boot.
 */
export type PlaybackState = {
  readonly startUs: number;
  readonly endUs: number;
  readonly positionUs: number;
  /** Index of the sample shown, from 0, and how many there are. */
  readonly sample: number;
  readonly samples: number;
  readonly playing: boolean;
  /** Times real time; Infinity plays as fast as it can. */
  readonly speed: number;
  /** Live: the position moves on with what happens. Replay: the recording is still being written, and its end moves. */
  readonly following?: boolean | undefined;
};

export type Playback = {
  state(): PlaybackState;
  subscribe(listener: () => void): () => void;
  /** Plays or pauses; live: holds the view, or follows again. */
  toggle(): void;
  /** Forward or back by whole samples; pauses. */
  step(samples: number): void;
  /** To the last sample at or before this time; a replay plays on from there unless it is to be looked at. */
  seek(bootUs: number, toLook?: boolean): void;
  setSpeed(speed: number): void;
  /** Every mark of the recording, also those ahead. */
  readonly marks?: () => readonly Mark[];
  /** Sets a mark at the sample shown. What went wrong, or null. */
  readonly mark?: (text: string) => string | null;
};

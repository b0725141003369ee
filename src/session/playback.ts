/** What a screen can ask of a replay, and what it shows of it. Times are µs since boot, as in the recording. */
import type { Mark } from '../core/snapshot.ts';

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
  /** The recording is still being written, and its end moves. */
  readonly following?: boolean;
};

export type Playback = {
  state(): PlaybackState;
  subscribe(listener: () => void): () => void;
  toggle(): void;
  /** Forward or back by whole samples; pauses. */
  step(samples: number): void;
  /** To the last sample at or before this time. */
  seek(bootUs: number): void;
  setSpeed(speed: number): void;
  /** Every mark of the recording, also those ahead. */
  readonly marks?: () => readonly Mark[];
  /** Sets a mark at the sample shown. What went wrong, or null. */
  readonly mark?: (text: string) => string | null;
};

/** Everything a frame is drawn from. The selectors of this folder are pure functions of it. */
import type { Snapshot } from '../../../core/snapshot.ts';
import type { PlaybackState } from '../../../session/playback.ts';
import type { Size } from '../../../terminal/size.ts';
import type { Glyphs } from '../../format.ts';
import type { UiState } from './state.ts';

export type View = {
  /** null before the first. */
  readonly snapshot: Snapshot | null;
  readonly ui: UiState;
  readonly playback: PlaybackState | null;
  readonly size: Size;
  readonly glyphs: Glyphs;
  /** Path of the recording, or what is traced; may be empty. */
  readonly title: string;
  /** What is being waited for before the first snapshot, and for how long. */
  readonly status: string;
  readonly waitedMs: number;
  /** Something the session has to say now; may be empty. */
  readonly notice: string;
  /** Live: how long no sample has come although one was due; null when all is well. */
  readonly silentMs: number | null;
};

/** Everything that a frame of the list of hosts is drawn from. */
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { PlaybackState } from '../../session/playback.ts';
import type { Glyphs } from '../format/glyphs.ts';
import type { KeyBinding } from '../keys/keys.ts';
import type { Size } from '../size.ts';
import type { Mode } from '../state.ts';

export type WatchedHost = {
  readonly name: string;
  /** Of the moment shown; null before the first. */
  readonly snapshot: WatchedSnapshot | null;
  readonly overview: WatchedSnapshot | null;
  /** What is waited for before the first snapshot, or what the session has to say now; may be empty. */
  readonly said: string;
  /** Why it is not watched, or not any more; empty while it is. */
  readonly problem: string;
  /** Live: when it was last heard of, by the wall clock here; null when all is well. */
  readonly silentSinceMs: number | null;
};

export type HostsView = {
  readonly mode: Mode;
  readonly hosts: readonly WatchedHost[];
  /** Index of the one with the cursor. */
  readonly chosen: number;
  readonly nowMs: number;
  readonly size: Size;
  readonly glyphs: Glyphs;
  readonly keys: readonly KeyBinding[];
  /** The clock that the hosts share, in a replay. */
  readonly playback: PlaybackState | null;
  /** The last key pressed, when it means nothing here. */
  readonly unknownKey: string | null;
};

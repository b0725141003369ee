/** Everything a frame is drawn from. The selectors of this folder are pure functions of it. */

import type { Inspection } from '../core/inspection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Among } from '../insight/elsewhere.ts';
import type { SeriesLink, WatchedSnapshot } from '../insight/recognised.ts';
import type { PlaybackState } from '../session/playback.ts';
import type { Glyphs } from './format/glyphs.ts';
import type { KeyBinding } from './keys/keys.ts';
import type { Size } from './size.ts';
import { initialUi, type Mode, type UiState } from './state.ts';

export type View = {
  /** Of the moment that is shown; null before the first. */
  readonly snapshot: WatchedSnapshot | null;
  /** The latest that is known of the session: it has the past of all signals, and what was found later. */
  readonly overview: WatchedSnapshot | null;
  /** Correlated signals, once somebody wanted to know; null before. */
  readonly links: readonly SeriesLink[] | null;
  /** What /proc says of the process on the detail page, if it lives here. */
  readonly inspection: Inspection | null;
  /** What each key does; the user's own where he has given some. */
  readonly keys: readonly KeyBinding[];
  /** Where a recording started on the screen goes; empty when there is none. */
  readonly recording: string;
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
  /** Other hosts that are watched with it; null where it is the only one. */
  readonly among: Among | null;
};

/** What is seen before the probes are attached has none: it comes from /proc alone. */
export const isAttaching = ({ header }: Snapshot, { ui }: Pick<View, 'ui'>): boolean =>
  ui.mode === 'live' && header.probes.length === 0;

/** Of a moment by itself: nothing is played, typed or waited for. */
export const bareView = ({
  mode,
  ...view
}: Pick<View, 'snapshot' | 'keys' | 'size' | 'glyphs'> & { readonly mode: Mode }): View => ({
  ...view,
  overview: null,
  links: null,
  inspection: null,
  ui: initialUi(mode),
  recording: '',
  playback: null,
  title: '',
  status: '',
  waitedMs: 0,
  notice: '',
  silentMs: null,
  among: null,
});

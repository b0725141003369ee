/** A View to try selectors and actions on. */

import { glyphsFor } from '../../src/screen/format/glyphs.ts';
import { KEYS } from '../../src/screen/keys/keys.ts';
import { initialUi, type UiState } from '../../src/screen/state.ts';
import type { View } from '../../src/screen/view.ts';
import type { PlaybackState } from '../../src/session/playback.ts';
import { buildSnapshot } from './snapshot.ts';

export const buildView = (
  change: Partial<Omit<View, 'ui'>> & { readonly ui?: Partial<UiState> } = {},
): View => {
  const { ui, ...rest } = change;
  return {
    snapshot: buildSnapshot(),
    overview: null,
    links: null,
    inspection: null,
    keys: KEYS,
    recording: '',
    playback: null,
    size: { columns: 80, rows: 24 },
    glyphs: glyphsFor('utf8'),
    title: '',
    status: '',
    waitedMs: 0,
    notice: '',
    silentMs: null,
    among: null,
    ...rest,
    ui: { ...initialUi('live'), ...ui },
  };
};

export const buildPlayback = (change: Partial<PlaybackState> = {}): PlaybackState => ({
  startUs: 7_201_000_000,
  endUs: 7_400_000_000,
  positionUs: 7_300_000_000,
  sample: 99,
  samples: 200,
  playing: false,
  speed: 1,
  ...change,
});

/** Lines as plain text. */
export const textOf = (lines: readonly (readonly { readonly text: string }[])[]): string =>
  lines
    .map((line) =>
      line
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    )
    .join('\n');

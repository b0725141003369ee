/** Several sessions on one terminal: the list of their hosts, and the full screen of the one that is entered. */

import { allTroubles } from '../screen/hosts/host-detail.ts';
import { createHostsModel, type HostSession, type HostsEffect } from '../screen/hosts/hosts-model.ts';
import { composeHosts } from '../screen/hosts/hosts-screen.ts';
import { KEYS } from '../screen/keys/keys.ts';
import type { Mode, UiState } from '../screen/state.ts';
import type { Playback } from '../session/playback.ts';
import { createSessionShown, type SessionScreen, type SessionShown } from './session-shown.ts';
import type { ShownScreen } from './show-screen.ts';
import { type Shown, shownOf } from './shown.ts';
import { openStage, type Stage, type StageOptions } from './stage.tsx';

export type HostOnScreen = HostSession & { readonly screen: Omit<SessionScreen, 'among' | 'ui'> };

export type HostsScreenOptions = StageOptions & {
  readonly hosts: readonly HostOnScreen[];
  readonly mode: Mode;
  /** The clock that they share, in a replay. */
  readonly playback?: Playback | undefined;
  readonly keys?: SessionScreen['keys'];
};

export const showHosts = (options: HostsScreenOptions): ShownScreen => {
  const stage = openStage(options, (opened) => createHostsShown(opened, options));
  return { done: stage.done, close: () => stage.end('quit'), copied: stage.clipboard.all };
};

const SLOWEST = 1 / 16;
const FASTEST = 1_024;

const createHostsShown = (stage: Stage, options: HostsScreenOptions): Shown => {
  const { hosts, mode, playback } = options;
  const left = new Map<number, UiState>();
  let entered: { readonly index: number; readonly shown: SessionShown } | null = null;

  const enter = (index: number): void => {
    const host = hosts[index];
    if (host === undefined) return;
    const shown = createSessionShown(stage, {
      ...host.screen,
      ui: left.get(index),
      among: { known: () => ({ name: host.name, troubles: allTroubles(model.fresh()) }), leave },
    });
    entered = { index, shown };
    stage.show(shown);
  };

  const leave = (): void => {
    if (entered === null) return;
    const { index, shown } = entered;
    left.set(index, shown.ui());
    entered = null;
    stage.show(list);
    list.resized();
    shown.stop();
  };

  const act = (effect: HostsEffect): void => {
    switch (effect.type) {
      case 'enter':
        enter(effect.host);
        return;
      case 'quit':
        stage.end('quit');
        return;
      case 'interrupt':
        stage.end('interrupted');
        return;
      case 'suspend':
        stage.suspend();
        return;
      case 'redraw':
        stage.repaint();
        return;
      case 'play':
        playback?.toggle();
        return;
      case 'latest':
        playback?.seek(Number.MAX_SAFE_INTEGER);
        return;
      case 'step':
        playback?.step(effect.samples);
        return;
      case 'speed': {
        const { speed = 1 } = playback?.state() ?? {};
        const from = Number.isFinite(speed) ? speed : FASTEST;
        playback?.setSpeed(Math.min(FASTEST, Math.max(SLOWEST, from * effect.factor)));
      }
    }
  };

  const model = createHostsModel({
    sessions: hosts,
    mode,
    playback: playback ?? null,
    glyphs: stage.glyphs,
    keys: options.keys ?? KEYS,
    size: stage.size,
    onEffect: act,
  });

  const list = shownOf(model, composeHosts);
  // Whichever of them is shown when the screen ends.
  void stage.done.then(list.stop, list.stop);
  return list;
};

/**
 * Joins what changes the list of hosts into one view: their snapshots, what befalls them, keys, the terminal's size. A frame is due
 * at once after a key, and otherwise four times a second at most, however many hosts there are.
 */
import type { Playback } from '../../session/playback.ts';
import type { SnapshotStore } from '../../session/store.ts';
import type { Glyphs } from '../format/glyphs.ts';
import type { KeyBinding } from '../keys/keys.ts';
import type { Pointing } from '../pointer.ts';
import type { Size } from '../size.ts';
import type { Mode } from '../state.ts';
import type { TextStore } from '../text-store.ts';
import { hostsActionOf } from './hosts-keys-now.ts';
import { hostAt } from './hosts-screen.ts';
import type { HostsView, WatchedHost } from './hosts-view.ts';

/** A session, as far as the list shows it. */
export type HostSession = {
  readonly name: string;
  readonly store: SnapshotStore;
  readonly overview: SnapshotStore | null;
  readonly status: TextStore | null;
  readonly notice: TextStore | null;
  /** Why it is not watched, or not any more; empty while it is. */
  readonly problem: TextStore;
  /** Of a recording: whether it has begun by the moment shown. */
  readonly isHere?: () => boolean;
};

export type HostsEffect =
  | { readonly type: 'quit' | 'interrupt' | 'suspend' | 'redraw' | 'play' | 'latest' }
  | { readonly type: 'enter'; readonly host: number }
  | { readonly type: 'step'; readonly samples: number }
  | { readonly type: 'speed'; readonly factor: number };

export type HostsInputs = {
  readonly sessions: readonly HostSession[];
  readonly mode: Mode;
  readonly playback: Playback | null;
  readonly glyphs: Glyphs;
  readonly keys: readonly KeyBinding[];
  readonly size: () => Size;
  readonly onEffect: (effect: HostsEffect) => void;
};

export type HostsModel = {
  get(): HostsView;
  /** As it is now, also while another screen is shown. */
  fresh(): HostsView;
  subscribe(listener: () => void): () => void;
  press(key: string): void;
  point(pointing: Pointing): void;
  resized(): void;
  stop(): void;
};

const FRAME_GAP_MS = 250;
const TICK_MS = 1_000;
/** As on a session's own screen. */
const SILENT_INTERVALS = 3;
const SILENT_MS = 3_000;

export const createHostsModel = (inputs: HostsInputs): HostsModel => {
  const { sessions, mode, playback, glyphs, keys, size, onEffect } = inputs;
  const listeners = new Set<() => void>();
  const heard = sessions.map(() => Date.now());
  let chosen = 0;
  let unknownKey: string | null = null;
  let shownMs = Number.NEGATIVE_INFINITY;
  let due: NodeJS.Timeout | null = null;
  let isStopped = false;

  const hostOf = (session: HostSession, index: number): WatchedHost => {
    const snapshot = session.isHere?.() === false ? null : session.store.get();
    return {
      name: session.name,
      snapshot,
      overview: session.overview?.get() ?? null,
      said: (snapshot === null ? session.status : session.notice)?.get() ?? '',
      problem: session.problem.get(),
      silentSinceMs: silentSince(session, heard[index] ?? 0),
    };
  };

  const silentSince = (session: HostSession, heardMs: number): number | null => {
    const snapshot = session.store.get();
    if (mode === 'replay' || snapshot === null || snapshot.ended !== null) return null;
    const limitMs = Math.max(SILENT_MS, SILENT_INTERVALS * snapshot.header.intervalMs);
    return Date.now() - heardMs > limitMs ? heardMs : null;
  };

  const take = (): HostsView => ({
    mode,
    hosts: sessions.map(hostOf),
    chosen,
    nowMs: Date.now(),
    size: size(),
    glyphs,
    keys,
    playback: playback?.state() ?? null,
    unknownKey,
  });
  let view = take();

  const show = (): void => {
    if (isStopped) return;
    if (due !== null) clearTimeout(due);
    due = null;
    shownMs = performance.now();
    view = take();
    for (const listener of listeners) listener();
  };

  /** What nobody looks at is not composed. */
  const showSoon = (): void => {
    if (due !== null || isStopped || listeners.size === 0) return;
    const waitMs = shownMs + FRAME_GAP_MS - performance.now();
    if (waitMs <= 0) show();
    else due = setTimeout(show, waitMs);
  };

  const ways = [
    ...sessions.flatMap((session, index) => [
      (session.overview ?? session.store).subscribe(() => {
        heard[index] = Date.now();
        showSoon();
      }),
      session.store.subscribe(showSoon),
      session.status?.subscribe(showSoon),
      session.notice?.subscribe(showSoon),
      session.problem.subscribe(showSoon),
    ]),
    playback?.subscribe(showSoon),
  ];
  // Waiting and silence change without an event.
  const tick = setInterval(showSoon, TICK_MS);

  const move = (by: number): void => {
    chosen = Math.min(sessions.length - 1, Math.max(0, chosen + by));
  };

  const press = (key: string): void => {
    const action = hostsActionOf(key, keys, mode);
    unknownKey = action === null ? key : null;
    switch (action?.type) {
      case 'move':
        move(action.direction * (action.by === 'line' ? 1 : sessions.length));
        break;
      case 'choose':
        onEffect({ type: 'enter', host: chosen });
        break;
      case 'step':
        onEffect({ type: 'step', samples: action.samples });
        break;
      case 'speed':
        onEffect({ type: 'speed', factor: action.factor });
        break;
      case 'quit':
      case 'interrupt':
      case 'suspend':
      case 'redraw':
      case 'play':
      case 'latest':
        onEffect({ type: action.type });
        break;
    }
    show();
  };

  return {
    get: () => view,
    fresh: take,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    press,
    point: ({ y, wheel }) => {
      if (wheel !== 0) move(wheel);
      const at = wheel === 0 ? hostAt(view, y) : null;
      if (at !== null && at === chosen) onEffect({ type: 'enter', host: at });
      else if (at !== null) chosen = at;
      show();
    },
    resized: show,
    stop: () => {
      isStopped = true;
      clearInterval(tick);
      if (due !== null) clearTimeout(due);
      for (const out of ways) out?.();
      listeners.clear();
    },
  };
};

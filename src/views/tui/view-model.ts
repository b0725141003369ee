/**
 * Joins what changes the screen (snapshots, the replay's position, keys, the terminal's size, texts) into one View,
 * and decides when a new frame is due: at once after a key or a resize, at most four times a second for all else,
 * never when nothing changed. Knows neither React nor the terminal.
 */
import type { Snapshot } from '../../core/snapshot.ts';
import type { Playback } from '../../session/playback.ts';
import type { SnapshotStore } from '../../session/store.ts';
import type { Size } from '../../terminal/size.ts';
import type { Glyphs } from '../format.ts';
import { actionOf } from './model/keys.ts';
import { type Effect, reduce } from './model/reduce.ts';
import { initialUi, type Mode, type SortKey, type UiState } from './model/state.ts';
import type { View } from './model/view.ts';
import type { TextStore } from './text-store.ts';

export type ViewModel = {
  get(): View;
  subscribe(listener: () => void): () => void;
  /** A key by its name; what it asks of the outside goes to `onEffect`. */
  press(key: string): void;
  /** The terminal has another size now. */
  resized(): void;
  stop(): void;
};

export type ViewInputs = {
  readonly store: SnapshotStore;
  readonly mode: Mode;
  readonly sort: SortKey;
  readonly playback: Playback | null;
  readonly status: TextStore | null;
  readonly notice: TextStore | null;
  readonly title: string;
  readonly glyphs: Glyphs;
  readonly size: () => Size;
  readonly onEffect: (effect: Effect) => void;
  /** Monotonic ms. */
  readonly now: () => number;
};

const FRAME_GAP_MS = 250;
const TICK_MS = 1000;
/** A live sample is missed after this many intervals, and never before this many ms. */
const SILENT_INTERVALS = 3;
const SILENT_MS = 3000;

export const createViewModel = (inputs: ViewInputs): ViewModel => {
  const { store, mode, playback, status, notice, title, glyphs, size, onEffect, now } = inputs;
  const listeners = new Set<() => void>();
  const startedMs = now();
  let ui: UiState = initialUi(mode, inputs.sort);
  let snapshot: Snapshot | null = store.get();
  let arrivedMs = startedMs;
  let shownMs = Number.NEGATIVE_INFINITY;
  let due: NodeJS.Timeout | null = null;

  const silence = (): number | null => {
    const latest = store.get();
    if (mode === 'replay' || latest === null || latest.ended !== null) return null;
    const silentMs = now() - arrivedMs;
    return silentMs > Math.max(SILENT_MS, SILENT_INTERVALS * latest.header.intervalMs) ? silentMs : null;
  };

  const take = (): View => {
    if (!ui.frozen) snapshot = store.get();
    return {
      snapshot,
      ui,
      playback: playback?.state() ?? null,
      size: size(),
      glyphs,
      title,
      status: status?.get() ?? '',
      waitedMs: now() - startedMs,
      notice: notice?.get() ?? '',
      silentMs: silence(),
    };
  };
  let view = take();

  const show = (): void => {
    if (due !== null) clearTimeout(due);
    due = null;
    shownMs = now();
    view = take();
    for (const listener of listeners) listener();
  };

  const showSoon = (): void => {
    if (due !== null) return;
    const wait = shownMs + FRAME_GAP_MS - now();
    if (wait <= 0) show();
    else due = setTimeout(show, wait);
  };

  const arrived = (): void => {
    arrivedMs = now();
    if (!ui.frozen) showSoon();
  };

  // Only waiting and silence change without an event; an idle screen costs nothing else.
  const tick = setInterval(() => {
    if (store.get() === null || silence() !== null) showSoon();
  }, TICK_MS);

  const ways = [
    store.subscribe(arrived),
    playback?.subscribe(showSoon),
    status?.subscribe(showSoon),
    notice?.subscribe(showSoon),
  ];

  return {
    get: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    press: (key) => {
      const action = actionOf(key, ui);
      if (action === null) {
        ui = { ...ui, unknownKey: key };
        show();
        return;
      }
      const outcome = reduce(view, action);
      ui = { ...outcome.ui, unknownKey: null };
      if (outcome.effect !== null) onEffect(outcome.effect);
      show();
    },
    resized: show,
    stop: () => {
      clearInterval(tick);
      if (due !== null) clearTimeout(due);
      for (const out of ways) out?.();
      listeners.clear();
    },
  };
};

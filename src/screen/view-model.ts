/**
 * Joins what changes the screen (snapshots, the replay's position, keys, the terminal's size, texts) into one View,
 * and decides when a new frame is due: at once after a key or a resize, at most four times a second for all else,
 * never when nothing changed. Knows neither React nor the terminal.
 */

import type { Inspect, Inspection } from '../core/inspection.ts';
import type { Among } from '../insight/elsewhere.ts';
import type { SeriesLink, WatchedSnapshot } from '../insight/recognised.ts';
import type { Playback } from '../session/playback.ts';
import type { SnapshotStore } from '../session/store.ts';
import type { Effect } from './effect.ts';
import type { Glyphs } from './format/glyphs.ts';
import { type Action, actionOf, type KeyBinding } from './keys/keys.ts';
import { createPacer } from './pace.ts';
import { actionsAt, type Pointing } from './pointer.ts';
import { reduce } from './reduce.ts';
import { LINKS_FROM_COLUMNS } from './signals/lane-widths.ts';
import type { Size } from './size.ts';
import { initialUi, type Mode, type UiState, type Wishes } from './state.ts';
import { selectedRow } from './table/selected.ts';
import type { TextStore } from './text-store.ts';
import type { View } from './view.ts';

export type ViewModel = {
  get(): View;
  subscribe(listener: () => void): () => void;
  /** A key by its name; what it asks of the outside goes to `onEffect`. */
  press(key: string): void;
  /** The mouse, by where it points. */
  point(pointing: Pointing): void;
  /** Reports something for a while, in the last line. */
  say(text: string): void;
  /** The terminal has another size now. */
  resized(): void;
  stop(): void;
};

export type ViewInputs = {
  /** The moment to show: live the latest or what is held, in a replay where it stands. */
  readonly store: SnapshotStore;
  /** The latest that is known of the session, if that is another. */
  readonly overview: SnapshotStore | null;
  readonly mode: Mode;
  readonly wishes: Wishes;
  readonly playback: Playback | null;
  readonly status: TextStore | null;
  readonly notice: TextStore | null;
  readonly recording: TextStore | null;
  readonly title: string;
  readonly glyphs: Glyphs;
  readonly keys: readonly KeyBinding[];
  readonly size: () => Size;
  readonly onEffect: (effect: Effect) => void;
  readonly inspect: Inspect | null;
  /** Other hosts that are watched with it; null where it is the only one. */
  readonly among: (() => Among) | null;
  /** What the user had done to the screen before; null at first. */
  readonly ui: UiState | null;
  /** Monotonic ms. */
  readonly now: () => number;
};

const FRAME_GAP_MS = 250;
const TICK_MS = 1000;
/** A live sample is missed after this many intervals, and never before this many ms. */
const SILENT_INTERVALS = 3;
const SILENT_MS = 3000;
/** What a screen says of its own (a file was written) is there for so long. */
const SAID_MS = 6000;
/** Links may take this share of the time, and are no older than so many ms while they are looked at. */
const LINKS_SHARE = 0.02;
const LINKS_AGE_MS = 5000;
/** A process is asked again after so long while its page is open. */
const INSPECTION_AGE_MS = 5000;

export const createViewModel = (inputs: ViewInputs): ViewModel => {
  const { store, mode, playback, status, notice, recording, title, glyphs, keys, size, onEffect, now } =
    inputs;
  const latestStore = inputs.overview ?? store;
  const listeners = new Set<() => void>();
  const startedMs = now();
  let ui: UiState = inputs.ui ?? initialUi(mode, inputs.wishes);
  let arrivedMs = startedMs;
  let shownMs = Number.NEGATIVE_INFINITY;
  let due: NodeJS.Timeout | null = null;
  let said: { readonly text: string; readonly untilMs: number } | null = null;
  let stopped = false;

  const silence = (): number | null => {
    const latest = latestStore.get();
    if (mode === 'replay' || latest === null || latest.ended !== null) return null;
    const silentMs = now() - arrivedMs;
    return silentMs > Math.max(SILENT_MS, SILENT_INTERVALS * latest.header.intervalMs) ? silentMs : null;
  };

  const pacer = createPacer();
  /** Of what is held, or past, each sample is shown as it was. */
  const paced = (): WatchedSnapshot | null =>
    pacer.show(store.get(), playback?.state().following === false || mode === 'replay' ? 1 : ui.pace);

  const take = (): View => ({
    snapshot: paced(),
    // Nothing on the screen is of a later moment than the rest.
    overview: ui.pace > 1 && playback?.state().following !== false ? null : latestStore.get(),
    links: links.known(),
    inspection: inspections.known(),
    ui,
    keys,
    playback: playback?.state() ?? null,
    size: size(),
    glyphs,
    title,
    status: status?.get() ?? '',
    waitedMs: now() - startedMs,
    notice: said !== null && said.untilMs > now() ? said.text : (notice?.get() ?? ''),
    recording: recording?.get() ?? '',
    silentMs: silence(),
    among: inputs.among?.() ?? null,
  });

  const show = (): void => {
    if (stopped) return;
    if (due !== null) clearTimeout(due);
    due = null;
    shownMs = now();
    view = take();
    for (const listener of listeners) listener();
    links.want(view);
    inspections.want(view);
  };

  const showSoon = (): void => {
    if (due !== null || stopped) return;
    const wait = shownMs + FRAME_GAP_MS - now();
    if (wait <= 0) show();
    else due = setTimeout(show, wait);
  };

  const links = createLinks(showSoon, now);
  const inspections = createInspections(inputs.inspect, showSoon, now);
  let view = take();

  const arrived = (): void => {
    arrivedMs = now();
    // A frame in which nothing has changed costs as much as any other.
    if (ui.pace === 1 || paced() !== view.snapshot || silence() !== null) showSoon();
  };

  // Only waiting, silence and what was said change without an event; an idle screen costs nothing else.
  const tick = setInterval(() => {
    if (store.get() === null || silence() !== null) showSoon();
    if (said !== null && said.untilMs <= now()) {
      said = null;
      showSoon();
    }
  }, TICK_MS);

  const ways = [
    store.subscribe(arrived),
    inputs.overview?.subscribe(arrived),
    playback?.subscribe(showSoon),
    status?.subscribe(showSoon),
    notice?.subscribe(showSoon),
    recording?.subscribe(showSoon),
  ];

  const carryOut = (action: Action): void => {
    const outcome = reduce(view, action);
    ui = { ...outcome.ui, unknownKey: null };
    if (outcome.effect !== null) onEffect(outcome.effect);
  };

  return {
    get: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    press: (key) => {
      // The moment may have moved since the last frame: a key acts on what is, and several at once on each other.
      view = take();
      const action = actionOf(key, ui, keys);
      if (action === null) {
        ui = { ...ui, unknownKey: key };
        show();
        return;
      }
      carryOut(action);
      show();
    },
    point: (pointing) => {
      view = take();
      for (const action of actionsAt(view, pointing)) {
        carryOut(action);
        view = take();
      }
      show();
    },
    say: (text) => {
      said = { text, untilMs: now() + SAID_MS };
      show();
    },
    resized: show,
    stop: () => {
      stopped = true;
      clearInterval(tick);
      if (due !== null) clearTimeout(due);
      links.stop();
      for (const out of ways) out?.();
      listeners.clear();
    },
  };
};

/** Computes links after a frame that could show them, never before; and seldom enough to cost LINKS_SHARE at most. */
const createLinks = (computed: () => void, now: () => number) => {
  let known: readonly SeriesLink[] | null = null;
  let of: WatchedSnapshot | null = null;
  let nextMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  return {
    known: () => known,
    want: ({ overview, snapshot, ui, size }: View): void => {
      const source = overview ?? snapshot;
      const seen = ui.page === 'finding' || ui.page === 'detail' || size.columns >= LINKS_FROM_COLUMNS;
      if (source === null || !seen || source === of || timer !== null || now() < nextMs) return;
      if (source.insight.spikes.length === 0) {
        known = [];
        return;
      }
      timer = setTimeout(() => {
        const beganMs = now();
        known = source.insight.links();
        of = source;
        timer = null;
        nextMs = now() + Math.max(LINKS_AGE_MS, (now() - beganMs) / LINKS_SHARE);
        computed();
      }, 0);
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
};

/** Asks about the process whose page is open, one at a time; pieces of files only when that was asked for, and once. */
const createInspections = (inspect: Inspect | null, answered: () => void, now: () => number) => {
  let known: Inspection | null = null;
  let asking = false;
  let askedMs = Number.NEGATIVE_INFINITY;
  let askedId = '';
  let askedThreads = false;
  let countedId: string | null = null;
  return {
    known: () => known,
    want: (view: View): void => {
      const { snapshot, ui } = view;
      if (inspect === null || snapshot === null || ui.page !== 'detail' || asking) return;
      const row = selectedRow(snapshot, view);
      if (row === undefined || row.endedBootUs !== null) return;
      const count = ui.extentsOf === row.id && countedId !== row.id;
      const threads = ui.threadsOf === row.id;
      const isNew = row.id !== askedId || threads !== askedThreads;
      if (!isNew && !count && now() - askedMs < INSPECTION_AGE_MS) return;
      asking = true;
      askedId = row.id;
      askedThreads = threads;
      void inspect(row.pid, row.startMs, { extents: count, threads }).then((answer) => {
        asking = false;
        askedMs = now();
        // What was counted stays: it is not asked again every few seconds.
        const files = !count && countedId === row.id ? known?.files : undefined;
        known = answer !== null && files !== undefined ? { ...answer, files } : answer;
        if (count) countedId = row.id;
        answered();
      });
    },
  };
};

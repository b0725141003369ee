/** A session on the screen: its moments, what keys ask of it, and the pictures that are drawn of it. */
import type { Inspect } from '../core/inspection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Among } from '../insight/elsewhere.ts';
import { composeScreen } from '../screen/compose.ts';
import type { Effect } from '../screen/effect.ts';
import type { Picture, SavedFrom } from '../screen/keys/choices.ts';
import { KEYS, type KeyBinding } from '../screen/keys/keys.ts';
import type { ColumnChoices, Mode, UiState } from '../screen/state.ts';
import type { TextStore } from '../screen/text-store.ts';
import { createViewModel } from '../screen/view-model.ts';
import type { Playback } from '../session/playback.ts';
import type { SnapshotStore } from '../session/store.ts';
import { pictureOf, titleOf } from './picture/picture.ts';
import { type Shown, shownOf } from './shown.ts';
import type { Stage } from './stage.tsx';

export type SessionScreen = {
  /** The moment to show: live the latest or what is held, in a replay where it stands. */
  readonly store: SnapshotStore;
  /** The latest that is known of the session, where that is another: the past of signals, what was found later. */
  readonly overview?: SnapshotStore | undefined;
  readonly mode: Mode;
  readonly playback?: Playback | undefined;
  /** What the table is ordered by at first; a metric id, `pid` or `comm`. */
  readonly sort?: string | undefined;
  /** Columns chosen before, and what to do with a new choice. */
  readonly columns?: RememberedColumns | undefined;
  /** Path of the recording, or what is traced. */
  readonly title?: string | undefined;
  /** What happens before the first snapshot: `attaching 5 probes`. */
  readonly status?: TextStore | undefined;
  /** What the session has to say while it runs; shown in the status bar until it is empty again. */
  readonly notice?: TextStore | undefined;
  /** What the keys m, r and e do; a key without one says that it cannot be done here. */
  readonly mark?: SetMark | undefined;
  readonly record?: RecordSwitch | undefined;
  readonly exportView?: ExportView | undefined;
  /** What /proc says of a process; live only. */
  readonly inspect?: Inspect | undefined;
  readonly keys?: readonly KeyBinding[] | undefined;
  /** The other hosts that are watched, and the way back to all of them; absent where there are none. */
  readonly among?: { known(): Among; leave(): void } | undefined;
  /** What the user had done to the screen when it was left. */
  readonly ui?: UiState | undefined;
};

/** Sets a mark at the moment shown: what went wrong, or null. */
export type SetMark = (text: string) => string | null;

/** `keep` returns at once; it says what went wrong, some time later, or nothing. */
export type RememberedColumns = {
  readonly chosen: ColumnChoices;
  /** Why what was remembered is not used; null when all is well. */
  readonly problem: string | null;
  keep(columns: ColumnChoices, failed: (problem: string) => void): void;
};

/** Starts or stops a recording; says what it did, or why not. Never throws. */
export type RecordSwitch = { toggle(from: SavedFrom): string; readonly file: TextStore };

/** The view, drawn as it is to stand in a file. */
export type DrawnView = { readonly as: Picture; readonly text: string };

/** Writes it, and the session as it stands, to a file; says which, or why not. Never throws. */
export type ExportView = (view: DrawnView, snapshot: Snapshot) => string;

export type SessionShown = Shown & {
  /** To begin with when it is shown again. */
  ui(): UiState;
};

export const createSessionShown = (stage: Stage, options: SessionScreen): SessionShown => {
  const { playback } = options;
  const act: Readonly<Record<Effect['type'], (effect: Effect) => void>> = {
    quit: () => stage.end('quit'),
    interrupt: () => stage.end('interrupted'),
    suspend: () => stage.suspend(),
    redraw: () => stage.repaint(),
    hosts: () =>
      options.among === undefined
        ? model.say('one host is watched: --host a,b,c and replay A B C show several')
        : options.among.leave(),
    play: () => playback?.toggle(),
    hold: () => (playback === undefined ? model.say('there is no history to show') : playback.toggle()),
    latest: () => playback?.seek(Number.MAX_SAFE_INTEGER),
    mark: (effect) => {
      if (effect.type !== 'mark') return;
      const problem = options.mark === undefined ? 'marks cannot be kept here' : options.mark(effect.text);
      model.say(problem ?? `marked: ${effect.text}`);
    },
    say: (effect) => effect.type === 'say' && model.say(effect.text),
    record: (effect) => {
      if (effect.type !== 'record') return;
      const said = options.record?.toggle(effect.from);
      model.say(said ?? 'a recording cannot be started here: start the session with -o FILE');
    },
    export: (effect) => effect.type === 'export' && model.say(exported(effect.as)),
    step: (effect) => effect.type === 'step' && playback?.step(effect.samples),
    speed: (effect) => effect.type === 'speed' && playback?.setSpeed(effect.speed),
    copy: (effect) => {
      if (effect.type !== 'copy') return;
      model.say(
        effect.text === null
          ? `there is no ${effect.what} to copy`
          : `${effect.what} ${stage.clipboard.put(effect.text)}`,
      );
    },
    mouse: (effect) => {
      if (effect.type !== 'mouse') return;
      stage.takeMouse(effect.on);
      model.say(
        effect.on
          ? 'the mouse points at rows, headings and signals'
          : 'the mouse selects text: M takes it back',
      );
    },
    remember: (effect) => effect.type === 'remember' && options.columns?.keep(effect.columns, model.say),
    seek: (effect) => effect.type === 'seek' && playback?.seek(effect.bootUs, effect.toLook === true),
  };

  /** As it is seen, without the question that was asked. */
  const exported = (as: Picture): string => {
    const view = model.get();
    const { snapshot } = view;
    if (snapshot === null || options.exportView === undefined) return 'there is nothing to write yet';
    const still = { ...view, ui: { ...view.ui, input: null } };
    const lines = composeScreen(still).flatMap((pane) => pane.lines);
    const drawing = { title: titleOf(snapshot), columns: view.size.columns, theme: stage.themeName };
    return options.exportView({ as, text: pictureOf(lines, as, drawing) }, snapshot);
  };

  const model = createViewModel({
    store: options.store,
    overview: options.overview ?? null,
    mode: options.mode,
    wishes: { sort: options.sort ?? null, columns: options.columns?.chosen ?? {}, mouse: stage.mouse() },
    playback: playback ?? null,
    status: options.status ?? null,
    notice: options.notice ?? null,
    recording: options.record?.file ?? null,
    inspect: options.inspect ?? null,
    keys: options.keys ?? KEYS,
    title: options.title ?? '',
    glyphs: stage.glyphs,
    size: stage.size,
    among: options.among?.known ?? null,
    ui: options.ui === undefined ? null : { ...options.ui, mouse: stage.mouse() },
    onEffect: (effect) => act[effect.type](effect),
    now: () => performance.now(),
  });

  if (options.columns?.problem) model.say(options.columns.problem);
  return {
    ...shownOf(model, composeScreen),
    ui: () => model.get().ui,
  };
};

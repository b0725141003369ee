/**
 * The screen's life: enter, draw, read keys, and hand the terminal back, whatever ends it.
 *
 * Guarantee: when `done` resolves the terminal is as it was (normal screen and scrollback, cursor, line wrap, cooked
 * input), so the caller may print at once. It resolves on q (`quit`), on Ctrl-C, SIGINT, SIGTERM, SIGQUIT and SIGHUP
 * (`interrupted`), when the terminal goes away (`output-closed`), and after `close()` (`quit`). The caller stops
 * the session afterwards and decides the exit status. A bug while drawing rejects `done`, equally restored.
 * Not caught: SIGKILL; nothing can restore after that.
 *
 * NODE_ENV must be `production` before this module is imported: React's development build leaks memory per render.
 */
import { render } from 'ink';
import type { Inspect } from '../core/inspection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { composeScreen } from '../screen/compose.ts';
import type { Effect } from '../screen/effect.ts';
import { charsetOf, glyphsFor } from '../screen/format/glyphs.ts';
import type { Picture, SavedFrom } from '../screen/keys/choices.ts';
import { KEYS, type KeyBinding } from '../screen/keys/keys.ts';
import { sizeOf } from '../screen/size.ts';
import type { ColumnChoices, Mode } from '../screen/state.ts';
import type { TextStore } from '../screen/text-store.ts';
import { createViewModel } from '../screen/view-model.ts';
import type { Playback } from '../session/playback.ts';
import type { SnapshotStore } from '../session/store.ts';
import { App } from './app.tsx';
import { pictureOf, titleOf } from './picture/picture.ts';
import { createClipboard } from './terminal/clipboard.ts';
import { createFrameSink } from './terminal/frame-sink.ts';
import { createPainter } from './terminal/painter.ts';
import { createScreen } from './terminal/screen.ts';
import { THEMES, type ThemeName, themeNameOf } from './theme.ts';

export type ScreenEnd = 'quit' | 'interrupted' | 'output-closed';

export type ScreenOptions = {
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
  /** Whether rows, headings and signals can be pointed at; false leaves the mouse to the terminal. */
  readonly mouse?: boolean | undefined;
  readonly theme?: ThemeName | undefined;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
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

export type ShownScreen = {
  readonly done: Promise<ScreenEnd>;
  close(): void;
  /** What was copied; to be printed afterwards, because no terminal says whether it took it. */
  copied(): readonly string[];
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const;

export const showScreen = (options: ScreenOptions): ShownScreen => {
  const { stdin, stdout, env, playback } = options;
  let finish: (end: ScreenEnd) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const done = new Promise<ScreenEnd>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  let ended = false;

  const size = () => sizeOf(stdout);
  const themeName = themeNameOf(env, options.theme ?? null);
  const screen = createScreen(stdout);
  // The Linux console reports in another way, if at all.
  const mouse = options.mouse !== false && env.TERM !== 'linux' && stdin.isTTY === true;
  screen.takeMouse(mouse);
  const painter = createPainter(
    { write: (text) => stdout.write(text), onDrain: (resume) => stdout.once('drain', resume) },
    size,
  );

  const clipboard = createClipboard((text) => stdout.write(text), env.TERM);

  const act: Readonly<Record<Effect['type'], (effect: Effect) => void>> = {
    quit: () => end('quit'),
    interrupt: () => end('interrupted'),
    // The whole foreground group stops, as it does for a Ctrl-Z that the terminal itself handles.
    suspend: () => process.kill(0, 'SIGTSTP'),
    redraw: () => painter.repaint(),
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
          : `${effect.what} ${clipboard.put(effect.text)}`,
      );
    },
    mouse: (effect) => {
      if (effect.type !== 'mouse') return;
      screen.takeMouse(effect.on);
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
    const drawing = { title: titleOf(snapshot), columns: view.size.columns, theme: themeName };
    return options.exportView({ as, text: pictureOf(lines, as, drawing) }, snapshot);
  };

  const model = createViewModel({
    store: options.store,
    overview: options.overview ?? null,
    mode: options.mode,
    wishes: { sort: options.sort ?? null, columns: options.columns?.chosen ?? {}, mouse },
    playback: playback ?? null,
    status: options.status ?? null,
    notice: options.notice ?? null,
    recording: options.record?.file ?? null,
    inspect: options.inspect ?? null,
    keys: options.keys ?? KEYS,
    title: options.title ?? '',
    glyphs: glyphsFor(charsetOf(env)),
    size,
    onEffect: (effect) => act[effect.type](effect),
    now: () => performance.now(),
  });

  const resized = (): void => model.resized();
  const interrupted = (): void => end('interrupted');
  const closed = (): void => end('output-closed');

  /** A stopped job leaves the terminal to the shell; SIGCONT, from fg, brings the screen back. */
  const suspend = (): void => {
    if (stdin.isTTY) stdin.setRawMode(false);
    // Once continued, a frame that was due meanwhile comes before the handler below: it would be written to the shell.
    painter.pause();
    screen.leave();
    process.once('SIGCONT', resume);
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => {
    if (ended) return;
    if (stdin.isTTY) stdin.setRawMode(true);
    screen.enter();
    painter.repaint();
    model.resized();
  };

  const end = (how: ScreenEnd, error?: unknown): void => {
    if (ended) return;
    ended = true;
    painter.stop();
    model.stop();
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', resume);
    stdout.off('resize', resized);
    stdin.off('end', closed);
    // Within a key press Ink is still at work on it: take its tree down afterwards.
    setImmediate(() => {
      app.unmount();
      screen.leave();
      // Not sooner: a library of Ink's ends the process on a signal for which it finds no other listener.
      for (const signal of SIGNALS) process.off(signal, interrupted);
      // Stream errors may still be on their way; without a listener they would end the process.
      setImmediate(() => (error === undefined ? finish(how) : fail(error)));
    });
  };

  screen.enter();
  for (const signal of SIGNALS) process.on(signal, interrupted);
  process.on('SIGTSTP', suspend);
  stdout.on('resize', resized);
  stdout.on('error', closed);
  stdin.on('error', closed);
  stdin.on('end', closed);

  const sink = createFrameSink(painter, size);
  const app = render(
    <App standIn={sink.standIn} model={model} theme={THEMES[themeName]} keyboard={stdin.isTTY === true} />,
    {
      stdout: sink.stream,
      stdin,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    },
  );
  app.waitUntilExit().then(
    () => end('quit'),
    (error: unknown) => end('quit', error),
  );
  if (options.columns?.problem) model.say(options.columns.problem);
  return { done, close: () => end('quit'), copied: clipboard.all };
};

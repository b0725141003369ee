/**
 * The screen's life: enter, draw, read keys, and hand the terminal back, whatever ends it. What is drawn can be exchanged
 * meanwhile (`show`): of several sessions the terminal shows one at a time.
 *
 * Guarantee: when `done` resolves the terminal is as it was (normal screen and scrollback, cursor, line wrap, cooked
 * input), so the caller may print at once. It resolves on q (`quit`), on Ctrl-C, SIGINT, SIGTERM, SIGQUIT and SIGHUP
 * (`interrupted`), when the terminal goes away (`output-closed`), and after `end('quit')`. The caller stops
 * the session afterwards and decides the exit status. A bug while drawing rejects `done`, equally restored.
 * Not caught: SIGKILL; nothing can restore after that.
 *
 * NODE_ENV must be `production` before this module is imported: React's development build leaks memory per render.
 */
import { render } from 'ink';
import { charsetOf, type Glyphs, glyphsFor } from '../screen/format/glyphs.ts';
import { type Size, sizeOf } from '../screen/size.ts';
import { App } from './app.tsx';
import type { Shown } from './shown.ts';
import { type Clipboard, createClipboard } from './terminal/clipboard.ts';
import { createFrameSink } from './terminal/frame-sink.ts';
import { createPainter } from './terminal/painter.ts';
import { createScreen } from './terminal/screen.ts';
import { THEMES, type ThemeName, themeNameOf } from './theme.ts';

export type ScreenEnd = 'quit' | 'interrupted' | 'output-closed';

export type StageOptions = {
  /** Whether rows, headings and signals can be pointed at; false leaves the mouse to the terminal. */
  readonly mouse?: boolean | undefined;
  readonly theme?: ThemeName | undefined;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type Stage = {
  readonly done: Promise<ScreenEnd>;
  /** Only the first counts. */
  end(how: ScreenEnd): void;
  /** This is on the screen from now on, and has the keys; what was before is the caller's to stop. */
  show(what: Shown): void;
  suspend(): void;
  repaint(): void;
  /** Whether the terminal reports the mouse. */
  readonly mouse: () => boolean;
  takeMouse(on: boolean): void;
  readonly clipboard: Clipboard;
  readonly size: () => Size;
  readonly glyphs: Glyphs;
  readonly themeName: ThemeName;
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const;

/** @param first what is shown at first */
export const openStage = (options: StageOptions, first: (stage: Stage) => Shown): Stage => {
  const { stdin, stdout, env } = options;
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
  let mouse = options.mouse !== false && env.TERM !== 'linux' && stdin.isTTY === true;
  screen.takeMouse(mouse);
  const painter = createPainter(
    { write: (text) => stdout.write(text), onDrain: (resume) => stdout.once('drain', resume) },
    size,
  );

  const watchers = new Set<() => void>();
  const stage: Stage = {
    done,
    end: (how) => end(how),
    show: (what) => {
      shown = what;
      for (const watcher of watchers) watcher();
    },
    // The whole foreground group stops, as it does for a Ctrl-Z that the terminal itself handles.
    suspend: () => process.kill(0, 'SIGTSTP'),
    repaint: () => painter.repaint(),
    mouse: () => mouse,
    takeMouse: (on) => {
      mouse = on;
      screen.takeMouse(on);
    },
    clipboard: createClipboard((text) => stdout.write(text), env.TERM),
    size,
    glyphs: glyphsFor(charsetOf(env)),
    themeName,
  };
  let shown = first(stage);

  const resized = (): void => shown.resized();
  const interrupted = (): void => end('interrupted');
  const closed = (): void => end('output-closed');

  /** A stopped job leaves the terminal to the shell; SIGCONT, from fg, brings the screen back. */
  const suspended = (): void => {
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
    shown.resized();
  };

  const end = (how: ScreenEnd, error?: unknown): void => {
    if (ended) return;
    ended = true;
    painter.stop();
    shown.stop();
    process.off('SIGTSTP', suspended);
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
  process.on('SIGTSTP', suspended);
  stdout.on('resize', resized);
  stdout.on('error', closed);
  stdin.on('error', closed);
  stdin.on('end', closed);

  const sink = createFrameSink(painter, size);
  const exchanged = (listener: () => void): (() => void) => {
    watchers.add(listener);
    return () => watchers.delete(listener);
  };
  const app = render(
    <App
      standIn={sink.standIn}
      shown={{ get: () => shown, subscribe: exchanged }}
      theme={THEMES[themeName]}
      keyboard={stdin.isTTY === true}
    />,
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
  return stage;
};

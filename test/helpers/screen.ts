/**
 * A program in a real pseudo-terminal, read through a real terminal emulator: what the user would see, what state
 * the terminal is left in, and what reached the scrollback.
 */
import { type IPty, spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';

export type ScreenState = {
  readonly altScreen: boolean;
  readonly cursorHidden: boolean;
  /** Whether the terminal reports the mouse, in any way. */
  readonly mouse: boolean;
  /** Everything in the normal screen and its scrollback. */
  readonly scrollback: string;
};

export type ProgramScreen = {
  screenText(): string;
  /** Until the screen shows it; rejects with what it showed instead. */
  waitFor(what: string | RegExp, timeoutMs?: number): Promise<void>;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  state(): ScreenState;
  /** What it put on the terminal's clipboard. */
  copied(): readonly string[];
  signal(name: NodeJS.Signals): void;
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number; readonly signal: number | undefined }>;
  /** Ends the program if it still runs. */
  close(): void;
};

export type ProgramOptions = {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/** The private mode in which a terminal holds its picture until a frame is whole. */
const SYNCHRONIZED = 2026;
const CURSOR_SHOWN = 25;
/** Each frame is looked at, though many of them arrive at once where this process was long without a CPU. */
const END_AFTER = new RegExp(`(?<=\\x1b\\[\\?${SYNCHRONIZED}l)`);

/** What a test chooses is not remembered where the next one, or its user, would find it. */
const NOTHING_KEPT = { XDG_STATE_HOME: '/dev/null/none' } as const;

export const runInTerminal = (
  file: string,
  args: readonly string[],
  { columns = 80, rows = 24, env = {}, cwd = process.cwd() }: ProgramOptions = {},
): ProgramScreen => {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  // With CI set, Ink would print only its last frame.
  const { CI: _, NO_COLOR: __, ...inherited } = process.env;
  const pty: IPty = spawn(file, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd,
    env: {
      ...inherited,
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      TERM: 'xterm-256color',
      ...NOTHING_KEPT,
      ...env,
    } as Record<string, string>,
  });
  let cursorHidden = false;
  const copied: string[] = [];
  terminal.parser.registerOscHandler(52, (text) => {
    copied.push(Buffer.from(text.replace(/^c;/, ''), 'base64').toString());
    return true;
  });
  // As a terminal that knows synchronized updates: what was shown before stays until the new frame is whole. A frame of
  // more than a pipe's worth arrives in pieces, and half of one is nothing that anybody sees.
  let before: string | null = null;
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, (modes) => {
    if (modes.includes(SYNCHRONIZED)) before = textNow();
    // @xterm/headless has no API for DECTCEM, so the sequence that decides it is followed here.
    if (modes.includes(CURSOR_SHOWN)) cursorHidden = false;
    return false;
  });
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, (modes) => {
    if (modes.includes(SYNCHRONIZED)) before = null;
    if (modes.includes(CURSOR_SHOWN)) cursorHidden = true;
    return false;
  });
  /** Reported of everything that was shown. */
  const watchers = new Set<() => void>();
  const lookAll = (): void => {
    for (const look of [...watchers]) look();
  };
  pty.onData((text) => {
    for (const frame of text.split(END_AFTER)) terminal.write(frame, lookAll);
  });
  const exited = new Promise<{ code: number; signal: number | undefined }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      // What it said last has been read by then.
      terminal.write('', () => {
        before = null;
        resolve({ code: exitCode, signal });
      });
    });
  });
  const linesOf = (buffer: typeof terminal.buffer.active, from: number, count: number): string =>
    Array.from(
      { length: count },
      (_unused, index) => buffer.getLine(from + index)?.translateToString(true) ?? '',
    ).join('\n');
  const textNow = (): string => linesOf(terminal.buffer.active, terminal.buffer.active.baseY, terminal.rows);
  const screenText = (): string => before ?? textNow();
  return {
    screenText,
    waitFor: (what, timeoutMs = 45_000) =>
      new Promise((resolve, reject) => {
        const isShown = (): boolean =>
          typeof what === 'string' ? screenText().includes(what) : what.test(screenText());
        const settle = (done: () => void): void => {
          clearTimeout(timer);
          watchers.delete(look);
          done();
        };
        const look = (): void => {
          if (isShown()) settle(resolve);
        };
        const late = (): Error =>
          new Error(`${what} was not shown within ${timeoutMs} ms, but:\n${screenText()}`);
        const timer = setTimeout(() => settle(() => reject(late())), timeoutMs);
        watchers.add(look);
        look();
      }),
    press: (keys) => pty.write(keys),
    resize: (toColumns, toRows) => {
      terminal.resize(toColumns, toRows);
      pty.resize(toColumns, toRows);
    },
    state: () => ({
      altScreen: terminal.buffer.active.type === 'alternate',
      cursorHidden,
      mouse: terminal.modes.mouseTrackingMode !== 'none',
      scrollback: linesOf(terminal.buffer.normal, 0, terminal.buffer.normal.length).trimEnd(),
    }),
    copied: () => copied,
    signal: (name) => process.kill(pty.pid, name),
    pid: pty.pid,
    exited,
    close: () => {
      try {
        pty.kill('SIGKILL');
      } catch {
        // it has ended already
      }
    },
  };
};

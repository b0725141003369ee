/** A real terminal emulator behind fake streams: the screen is asserted as a reader sees it, never as bytes. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { Terminal } from '@xterm/headless';

export type FakeTerminal = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly rawMode: () => boolean;
  /** Every write so far, for tests that count bytes. */
  readonly writes: string[];
  text(): Promise<string>;
  scrollback(): Promise<string>;
  alternate(): boolean;
  /** Types keys as bytes. */
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  /** From now on the reader takes nothing until `drain`. */
  clog(): void;
  drain(): void;
};

export const createFakeTerminal = (columns: number, rows: number): FakeTerminal => {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 200 });
  const writes: string[] = [];
  let raw = false;
  let clogged = false;
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => {
      raw = mode;
    },
    ref: () => {},
    unref: () => {},
  }) as unknown as NodeJS.ReadStream;
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    writable: true,
    columns,
    rows,
    write: (text: string): boolean => {
      writes.push(text);
      terminal.write(text);
      return !clogged;
    },
  });
  const settled = (): Promise<void> => new Promise((resolve) => terminal.write('', resolve));
  const lines = (from: number, count: number): string =>
    Array.from(
      { length: count },
      (_, index) => terminal.buffer.active.getLine(from + index)?.translateToString(true) ?? '',
    ).join('\n');
  return {
    stdin,
    stdout: stdout as unknown as NodeJS.WriteStream,
    rawMode: () => raw,
    writes,
    text: async () => {
      await settled();
      return lines(terminal.buffer.active.baseY, terminal.rows);
    },
    scrollback: async () => {
      await settled();
      const { normal } = terminal.buffer;
      return Array.from(
        { length: normal.length },
        (_, index) => normal.getLine(index)?.translateToString(true) ?? '',
      )
        .join('\n')
        .trimEnd();
    },
    alternate: () => terminal.buffer.active.type === 'alternate',
    press: (keys) => {
      (stdin as unknown as PassThrough).write(keys);
    },
    resize: (toColumns, toRows) => {
      terminal.resize(toColumns, toRows);
      stdout.columns = toColumns;
      stdout.rows = toRows;
      stdout.emit('resize');
    },
    clog: () => {
      clogged = true;
    },
    drain: () => {
      clogged = false;
      stdout.emit('drain');
    },
  };
};

/** Until it holds, or an error that shows what was seen instead. */
export const waitUntil = async (
  holds: () => boolean | Promise<boolean>,
  describe: () => string | Promise<string>,
  timeoutMs = 30_000,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`not seen within ${timeoutMs} ms:\n${await describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

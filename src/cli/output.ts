/**
 * The one way of text to stdout, and the one place that knows how stdout is lost: closed by its reader (`| head`), a disk
 * that is full, a terminal that is gone. What is written after that goes nowhere, nobody waits for it, and whoever
 * listens learns of it once.
 */
import { fstatSync, writeSync } from 'node:fs';
import { asJson, asLine } from '../core/safe-text.ts';

export type Lost = {
  readonly reason: 'EPIPE' | 'SIGHUP' | 'output lost';
  /** What the system says. */
  readonly code: string;
};

export type Output = {
  /** As it is: text of our own, or of the user's command, or bytes. */
  write(text: string | Uint8Array): void;
  /** Text: one line each, whatever is in it. */
  lines(lines: readonly string[]): void;
  /** One line of JSON. */
  json(value: unknown): void;
  /** The reader is slow: more than a few megabytes wait for it. */
  isBehind(): boolean;
  /** Resolves when all is written, or lost. */
  flushed(): Promise<void>;
  lost(): Lost | null;
};

const MOST_WAITING_BYTES = 4 * 1024 * 1024;

export const createOutput = (stdout: NodeJS.WriteStream, onLost: (lost: Lost) => void): Output => {
  let lost: Lost | null = null;

  const lose = (error: NodeJS.ErrnoException): void => {
    if (lost !== null) return;
    lost = { reason: reasonOf(error, stdout.isTTY === true), code: error.code ?? error.message };
    onLost(lost);
  };
  // Also what the screen writes, which has its own way to the terminal.
  stdout.on('error', lose);

  const fd = fileOf(stdout);
  const put = fd === null ? (text: string | Uint8Array) => void stdout.write(text) : wholly(fd);
  const write = (text: string | Uint8Array): void => {
    if (lost !== null) return;
    try {
      put(text);
    } catch (error) {
      lose(error as NodeJS.ErrnoException);
    }
  };

  return {
    write,
    lines: (lines) => write(`${lines.map(asLine).join('\n')}\n`),
    json: (value) => write(`${asJson(value)}\n`),
    isBehind: () => lost === null && stdout.writableLength > MOST_WAITING_BYTES,
    flushed: async () => {
      if (lost !== null || stdout.writableLength === 0) return;
      await new Promise<void>((resolve) => stdout.write('', () => resolve()));
    },
    lost: () => lost,
  };
};

/** Node's stream of a file takes what was written in part for written. */
const wholly =
  (fd: number) =>
  (text: string | Uint8Array): void => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  };

/** Its descriptor, when it is a file or a device such as /dev/null. */
const fileOf = ({ fd, isTTY }: NodeJS.WriteStream & { readonly fd?: number }): number | null => {
  if (fd === undefined || isTTY === true) return null;
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || stat.isCharacterDevice() ? fd : null;
  } catch {
    return null;
  }
};

const reasonOf = ({ code }: NodeJS.ErrnoException, isTerminal: boolean): Lost['reason'] => {
  if (code === 'EPIPE' || code === 'ECONNRESET') return 'EPIPE';
  return isTerminal && code === 'EIO' ? 'SIGHUP' : 'output lost';
};

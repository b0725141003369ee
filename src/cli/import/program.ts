/** What a program of the host prints, as it prints it. It ends with us, and with whoever reads it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable as Stream } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Chunks } from '../../foreign/lines.ts';

const MOST_COMPLAINT = 500;

/** What the open file that it was given besides is called there. */
const GIVEN_FILE = '/proc/self/fd/3';

/** A file for a program to read: by its name, or handed to it open. */
export type Readable = { readonly path: string; readonly file?: number | undefined };

export const handed = (file: number): Readable => ({ path: GIVEN_FILE, file });

type Given = {
  /** What it reads as its input; null: nothing. */
  readonly input?: Chunks | null;
  /** An open file, which it finds as `GIVEN_FILE`. */
  readonly file?: number | undefined;
};

/** Throws an Error in words when it is not installed, or fails. */
export async function* outputOf(
  [program = '', ...args]: readonly string[],
  { input = null, file }: Given = {},
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', ...(file === undefined ? [] : [file])],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  }) as ChildProcessWithoutNullStreams;
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  ended.catch(() => undefined);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(0, MOST_COMPLAINT);
  });
  // What it could not start with, or read on to, is reported by how it ends.
  pipeline(Stream.from(input ?? []), child.stdin).catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const [status, signal] = await ended.catch((error: NodeJS.ErrnoException) => {
      throw new Error(error.code === 'ENOENT' ? `the program ${program} is not installed` : error.message);
    });
    if (status === 0) return;
    const words = signal === null ? complaint.split('\n')[0] || 'it failed' : `it ended by ${signal}`;
    throw new Error(`${program}: ${words}`);
  } finally {
    child.kill();
  }
}

/** What a program of the host prints, as it prints it. It ends with us, and with whoever reads it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Chunks } from '../../foreign/lines.ts';

const MOST_COMPLAINT = 500;

/** Throws an Error in words when it is not installed, or fails. `input` is what it reads; null: nothing. */
export async function* outputOf(
  [program = '', ...args]: readonly string[],
  input: Chunks | null,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  ended.catch(() => undefined);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(0, MOST_COMPLAINT);
  });
  // What it could not start with, or read on to, is reported by how it ends.
  pipeline(Readable.from(input ?? []), child.stdin).catch(() => undefined);
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

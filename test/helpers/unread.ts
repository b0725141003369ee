/** A child whose output nobody reads for a while: it waits in a write, as a tracer does whose reader is held up. */

import { setTimeout as delay } from 'node:timers/promises';
import { localFiles } from '../../src/host/local-files.ts';
import { isWriting } from '../../src/host/writing.ts';
import { type Child, startChild } from '../../src/tracer/child.ts';
import { LAUNCHER } from './fake-tracer.ts';
import { waitUntil } from './until.ts';

const PATIENCE = { quietMs: 30_000, intMs: 30_000, termMs: 2_000, killMs: 2_000 };
/** So often in a row it was seen to be in one. */
const LOOKS = 5;
const UNREAD_LOOKS = 40;
const LOOK_MS = 20;

/** What it printed, asked to end while it waited in a write that is read a moment later. */
export const endedWhileUnread = async (
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly text: string }> => {
  const child: Child = startChild({
    ...{ launcher: LAUNCHER, file, args, env, patience: PATIENCE },
    isWriting: (pid) => isWriting(localFiles, pid),
  });
  child.stderr.resume();
  // What is paused is not read beyond what its buffer holds.
  child.stdout.pause();
  const isInWrite = (): boolean => /^\d+ 0x1 /.test(localFiles.text(`/proc/${child.pid}/syscall`) ?? '');
  let looks = 0;
  await waitUntil(
    () => {
      looks = isInWrite() ? looks + 1 : 0;
      return looks >= LOOKS;
    },
    60_000,
    () => localFiles.text(`/proc/${child.pid}/syscall`) ?? 'it ended',
  );
  const ended = child.stop();
  // One that was interrupted in its write would go on by itself.
  for (let looked = 0; looked < UNREAD_LOOKS && isInWrite(); looked += 1) await delay(LOOK_MS);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  child.stdout.resume();
  const { code } = await ended;
  return { code, text };
};

/** One write into a setting of the kernel's that is there already; no other file is to begin, and no link is followed. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Outcome } from '../rules/policy.ts';

export const writeInto = async (path: string, value: string): Promise<Outcome> => {
  const startedMs = performance.now();
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await file.write(`${value}\n`);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { how: 'failed', text: `${path}: ${(error as NodeJS.ErrnoException).code ?? 'not written'}` };
  }
  return { how: 'done', text: took(startedMs) };
};

export const took = (startedMs: number): string => `${Math.round(performance.now() - startedMs)} ms`;

/**
 * A file that has no name any more: who is given its descriptor can read it, and nothing is left of it when they end, however
 * they end.
 */

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenFile } from '../session/ports.ts';

/** An empty one, to be written and read. Throws what making it throws. */
export const createUnnamed = (folder: string): number => {
  const own = mkdtempSync(join(folder, 'stallscope-'));
  try {
    return openSync(join(own, 'file'), 'wx+', 0o600);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
};

/** One with these bytes in it; null where none can be made. */
export const openUnnamed = (bytes: Buffer): OpenFile | null => {
  let file: number | null = null;
  try {
    file = createUnnamed(tmpdir());
    const descriptor = file;
    if (writeSync(descriptor, bytes) === bytes.length)
      return { descriptor, close: () => closeSync(descriptor) };
  } catch {
    // A full disk, or no such folder.
  }
  if (file !== null) closeSync(file);
  return null;
};

/**
 * A file that has no name any more: who is given its descriptor can read it, and nothing is left of it when they end, however
 * they end. null where none can be made.
 */

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenFile } from '../session/ports.ts';

export const openUnnamed = (bytes: Buffer): OpenFile | null => {
  let folder: string | null = null;
  let file: number | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), 'stallscope-types-'));
    file = openSync(join(folder, 'types'), 'wx+', 0o600);
    const opened = file;
    if (writeSync(file, bytes) === bytes.length)
      return { descriptor: opened, close: () => closeSync(opened) };
  } catch {
    // A full disk, or no such folder.
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
  if (file !== null) closeSync(file);
  return null;
};

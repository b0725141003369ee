/** Checksums of the files that a recording is, so that what was made of them is never held against others. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { basename } from 'node:path';
import { failure } from '../errors.ts';
import { filesOf } from '../recording/read/files.ts';
import type { RecordedFile } from '../report/html/material.ts';
import { bundledFile, isBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { inSteps } from './steps.ts';

const CHUNK_BYTES = 1024 * 1024;

/** None of a pipe, whose bytes are gone; null when interrupted. Throws E_FILE_UNREADABLE. */
export const filesRead = async (context: Context, path: string): Promise<readonly RecordedFile[] | null> => {
  if (isBundled(path)) {
    const { name, bytes } = bundledFile(path);
    return [{ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
  }
  if (path === '-' || fs.statSync(path, { throwIfNoEntry: false })?.isFile() === false) return [];
  const read: RecordedFile[] = [];
  for (const file of filesOf(path)) {
    const one = await checksum(context, file);
    if (one === null) return null;
    read.push(one);
  }
  return read;
};

const checksum = async (context: Context, path: string): Promise<RecordedFile | null> => {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let bytes = 0;
    const isWhole = await inSteps(context, () => {
      const length = fs.readSync(fd, chunk, 0, chunk.length, bytes);
      hash.update(chunk.subarray(0, length));
      bytes += length;
      return length > 0;
    });
    return isWhole ? { name: basename(path), bytes, sha256: hash.digest('hex') } : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw failure('E_FILE_UNREADABLE', { path, why: code }, error);
  } finally {
    fs.closeSync(fd);
  }
};

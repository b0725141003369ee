/**
 * The segments of one session as they come and go. A recording with a bound drops its oldest segments while others
 * read it: those are closed here, because an open file keeps its place on the disk though it has no name any more, and a
 * reader that follows a ring for days would run out of descriptors. Samples keep their numbers.
 */
import { existsSync } from 'node:fs';
import { failure } from '../../errors.ts';
import { findBlocks } from './blocks.ts';
import { filesOf, openFile, type RecordedFile } from './files.ts';

/** Throws a StallscopeError of the E_FILE_ family. */
export const openSegments = (paths: readonly string[]): RecordedFile[] => {
  const files: RecordedFile[] = [];
  try {
    for (const path of paths) {
      const file = openFile(path);
      files.push(file);
      const session = files[0]?.header.session;
      if (files.length > 1 && file.header.session !== session)
        throw failure('E_FILE_FORMAT', {
          path,
          why: 'it belongs to another session than the segments before it',
        });
    }
    return files;
  } catch (error) {
    for (const { bytes } of files) bytes.close();
    throw error;
  }
};

/** Looks for what was written since, and what was deleted; true when there is a difference. */
export const refreshSegments = (path: string, files: RecordedFile[]): boolean => {
  let changed = hasGrown(files.at(-1));
  if (existsSync(path)) return changed;
  const opened = new Set(files.map((file) => file.path));
  for (const one of filesOf(path)) {
    if (opened.has(one) || !existsSync(one)) continue;
    const next = openNext(one);
    if (next === null || next.header.session !== files[0]?.header.session) continue;
    files.push(next);
    changed = true;
  }
  // The last one is kept, whatever became of it: there is nothing after it to show.
  for (const file of files.slice(0, -1)) {
    if (file.isGone || existsSync(file.path)) continue;
    file.bytes.close();
    file.isGone = true;
    changed = true;
  }
  return changed;
};

const hasGrown = (last: RecordedFile | undefined): boolean => {
  if (last === undefined) return false;
  const sealedEnd =
    last.blocks.findLast(({ seal, bytes }) => seal !== null && bytes === last.bytes)?.end ?? 0;
  const kept = last.blocks.filter(({ bytes, end }) => bytes === last.bytes && end <= sealedEnd);
  const known = last.blocks.reduce((sum, { samples, end, start }) => sum + samples + end - start, 0);
  const blocks = [...kept, ...findBlocks(last.bytes, sealedEnd)];
  const grown = blocks.reduce((sum, { samples, end, start }) => sum + samples + end - start, 0) !== known;
  if (grown) last.blocks = blocks;
  return grown;
};

/** A segment that has just begun may not have its header yet. */
const openNext = (path: string): RecordedFile | null => {
  try {
    return openFile(path);
  } catch {
    return null;
  }
};

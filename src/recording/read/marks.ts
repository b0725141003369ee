/**
 * Marks that were set from outside, beside the recording: `FILE.marks`, NDJSON, one `mark` record a line. The lines of a
 * recording belong to its recorder, which seals them; so others append here, each mark in one write to the end of the
 * file (O_APPEND), which neither tears nor overtakes another's.
 */
import fs from 'node:fs';
import type { Mark } from '../../core/snapshot.ts';
import { decodeRecord } from '../../wire/recording.ts';
import { marksName } from '../segment-name.ts';
import { forEachLine, parseLine } from './lines.ts';

const MAX_MARKS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** In order of time; none when there is no such file. */
export const readMarks = (path: string): Mark[] => {
  const text = readBeginning(marksName(path));
  const marks: Mark[] = [];
  forEachLine(text, 0, text.length, (from, to) => {
    const decoded = decodeRecord(parseLine(text, from, to));
    if (decoded.kind !== 'record' || decoded.record.type !== 'mark' || marks.length >= MAX_MARKS) return;
    marks.push({ bootUs: decoded.record.bootUs, text: decoded.record.text });
  });
  return marks.sort((a, b) => a.bootUs - b.bootUs);
};

/** How long the file is; 0 when there is none. */
export const marksBytes = (path: string): number =>
  fs.statSync(marksName(path), { throwIfNoEntry: false })?.size ?? 0;

/** What went wrong, or null. */
export const appendMark = (
  path: string,
  { bootUs, text }: Mark,
  owner: { readonly uid: number; readonly gid: number } | null = null,
): string | null => {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  try {
    const fd = fs.openSync(marksName(path), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      if (!fs.fstatSync(fd).isFile()) return `${marksName(path)} is not a regular file`;
      if (owner !== null && fs.fstatSync(fd).size === 0) fs.fchownSync(fd, owner.uid, owner.gid);
      fs.writeSync(fd, `${JSON.stringify({ type: 'mark', bootUs, text })}\n`);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `cannot write ${marksName(path)}: ${code ?? message}`;
  }
};

const readBeginning = (path: string): Buffer => {
  let fd: number;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) return Buffer.alloc(0);
    const buffer = Buffer.alloc(Math.min(stat.size, MAX_BYTES));
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    fs.closeSync(fd);
  }
};

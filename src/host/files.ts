/** Reading the kernel's small text files. Absence is an answer here, never an exception. */
import { closeSync, openSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';

/** Where /proc and /sys are; other places in tests. */
export type Roots = { readonly proc: string; readonly sys: string };

export const ROOTS: Roots = { proc: '/proc', sys: '/sys' };

/** The file's text as UTF-8 with replacement characters, or null when it is absent or refuses to be read. */
export const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** At most `limitBytes` from the start of a file, or null. One read: enough for files the kernel renders whole. */
export const readHead = (path: string, limitBytes: number): Buffer | null => {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    const buffer = Buffer.alloc(limitBytes);
    return buffer.subarray(0, readSync(fd, buffer, 0, limitBytes, 0));
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
};

/** What stat says, links followed; null for whatever cannot be reached. */
export const statOf = (path: string): Stats | null => {
  try {
    return statSync(path);
  } catch {
    return null;
  }
};

/** Every line that ends in a newline. A torn last line may hold a shortened number, so it is no line at all. */
export const wholeLines = (text: string): readonly string[] =>
  text.slice(0, text.lastIndexOf('\n') + 1).split('\n');

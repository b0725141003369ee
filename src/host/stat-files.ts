/**
 * /proc/PID/stat and statm of many processes, read again and again: kept open, a reading costs one system call and a
 * third of the time. A descriptor stays with the process it was opened for, so a reused PID is never mistaken for the
 * one before: the kernel then refuses to read, and the file is opened anew.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { createLru } from '../core/lru.ts';

/** Either is null for a process that is gone. */
export type StatFiles = {
  /** Any other file: null, once, where what was held is gone, even if there is another of that name by now. */
  kept(path: string): string | null;
  stat(pid: number): string | null;
  statm(pid: number): string | null;
  /** Any other file, of too many processes to be held. */
  once(path: string): string | null;
};

/** Where we may open that many files: at most a quarter of what it may open is held. For each the kernel keeps some 4.5 KiB. */
const MOST_HELD = 1_024;
const HELD_SHARE = 1 / 4;
/**
 * Of more than can be held all are read in turns, and who made way for the next would be opened anew each time: none would be read
 * from what is held. So one makes way only when it was not read while this many times as many were.
 */
const UNUSED_TIMES = 8;
/** More than the kernel ever prints into any. */
const buffer = Buffer.allocUnsafe(16_384);

export const openStatFiles = (most = heldAtMost()): StatFiles => {
  const held = createLru<string, Held>(most, ({ fd }) => closeSync(fd));
  let reads = 0;
  const readHeld = (path: string, one: Held): string | null => {
    reads += 1;
    one.readAt = reads;
    const text = tryRead(one.fd);
    if (text === null) held.delete(path);
    return text;
  };
  const read = (path: string): string | null => {
    const known = held.get(path);
    const text = known === undefined ? null : readHeld(path, known);
    return text ?? open(path);
  };
  const hasRoom = (): boolean => reads - (held.inTheWay()?.readAt ?? -Infinity) > UNUSED_TIMES * most;
  const open = (path: string): string | null => {
    if (!hasRoom()) {
      reads += 1;
      return readOnce(path);
    }
    const fd = tryOpen(path);
    if (fd === null) return null;
    const one = { fd, readAt: 0 };
    held.set(path, one);
    return readHeld(path, one);
  };

  const kept = (path: string): string | null => {
    const known = held.get(path);
    return known === undefined ? open(path) : readHeld(path, known);
  };

  return {
    kept,
    stat: (pid) => read(`/proc/${pid}/stat`),
    statm: (pid) => read(`/proc/${pid}/statm`),
    once: readOnce,
  };
};

type Held = { readonly fd: number; readAt: number };

const heldAtMost = (): number => {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readOnce('/proc/self/limits') ?? '')?.[1]);
  return Number.isFinite(limit)
    ? Math.max(1, Math.min(MOST_HELD, Math.floor(limit * HELD_SHARE)))
    : MOST_HELD;
};

const readOnce = (path: string): string | null => {
  const fd = tryOpen(path);
  if (fd === null) return null;
  const text = tryRead(fd);
  closeSync(fd);
  return text;
};

const tryOpen = (path: string): number | null => {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
};

/** null when the process is gone. Names may hold any bytes: none of them matters here but as one character each. */
const tryRead = (fd: number): string | null => {
  try {
    const bytes = readSync(fd, buffer, 0, buffer.length, 0);
    return bytes === 0 ? null : buffer.toString('latin1', 0, bytes);
  } catch {
    return null;
  }
};

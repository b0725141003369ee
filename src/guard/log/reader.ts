/** Reads /dev/kmsg as it grows, without waiting for it. What was there before is passed over. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { failure } from '../../errors.ts';
import { type KmsgLine, readKmsg } from './lines.ts';

/** The kernel gives one record a read, and none longer. */
const MOST_RECORD_BYTES = 16 * 1024;
/** A log that grows faster is read on at the next sample. */
const MOST_LINES = 20_000;
/** Of a whole ring. */
const MOST_OLD_LINES = 1_000_000;

export type KmsgReader = {
  /** What came since. `lost`: records that were overwritten before they were read. */
  read(): { readonly lines: readonly KmsgLine[]; readonly lost: boolean };
  close(): void;
};

/** @throws E_KMSG */
export const openKmsg = (path: string): KmsgReader => {
  const buffer = Buffer.alloc(MOST_RECORD_BYTES);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw failure('E_KMSG', { path, why: (error as NodeJS.ErrnoException).code ?? 'not opened' }, error);
  }
  const read = (most: number) => {
    const lines: KmsgLine[] = [];
    let lost = false;
    for (let count = 0; count < most; count += 1) {
      try {
        const bytes = readSync(fd, buffer, 0, buffer.length, null);
        if (bytes === 0) break;
        const line = readKmsg(buffer.toString('latin1', 0, bytes));
        if (line !== null) lines.push(line);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Overwritten meanwhile: the next read goes on with what is there.
        if (code !== 'EPIPE') break;
        lost = true;
      }
    }
    return { lines, lost };
  };
  read(MOST_OLD_LINES);
  return { read: () => read(MOST_LINES), close: () => closeSync(fd) };
};

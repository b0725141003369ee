/** A file that whoever reads it sees as it was or as it is, and never in part: written beside it, and renamed. */
import {
  closeSync,
  constants,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { Invoker } from '../tracer/workload.ts';

/** @throws the system's error; the file is then as it was */
export const writeWhole = (path: string, text: string, mode: number, owner: Invoker | null): void => {
  const beside = `${path}.${process.pid}.tmp`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    try {
      if (owner !== null) fchownSync(fd, owner.uid, owner.gid);
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
};

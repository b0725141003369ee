/**
 * A file that is there whole or not at all: written beside its place, and put there at the end. Nothing is overwritten unless
 * asked for; then a new file takes the name, and a link is replaced, never followed.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { failure } from '../errors.ts';
import { existing, refuseToReplace } from '../recording/write/segment.ts';
import type { Invoker } from '../tracer/workload.ts';

export type WholeOptions = {
  readonly force: boolean;
  /** Who called sudo. */
  readonly owner: Invoker | null;
  /** Private unless it says otherwise. */
  readonly mode?: number;
};

export type WholeFile = {
  write(chunk: string | Uint8Array): void;
  /** It is whole, on its disk, and has its name. Returns its bytes. */
  finish(): number;
  /** What is not finished is removed. */
  close(): void;
};

/** Before any work is done. Throws E_OUTPUT_EXISTS or E_OUTPUT_CREATE. */
export const refuseToOverwrite = (path: string, force: boolean): void => {
  if (!force && fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw existing(path);
  refuseToReplace(path);
  orFail(path, () => fs.accessSync(dirname(path), fs.constants.W_OK));
};

/** Throws as above, as do its methods; nothing is left then once it is closed. */
export const createWhole = (path: string, options: WholeOptions): WholeFile => {
  const beside = join(dirname(path), `.stallscope-${process.pid}-${process.hrtime.bigint()}`);
  const fd = orFail(path, () => createFile(beside, options));
  let size = 0;
  return {
    write: (chunk) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      orFail(path, () => {
        for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
      });
      size += bytes.length;
    },
    finish: () => {
      orFail(path, () => {
        fs.fdatasyncSync(fd);
        put(beside, path, options.force);
      });
      return size;
    },
    close: () => {
      fs.closeSync(fd);
      fs.rmSync(beside, { force: true });
    },
  };
};

/** Throws as above; nothing is left then. */
export const writeWhole = (path: string, text: string, options: WholeOptions): void => {
  const file = createWhole(path, options);
  try {
    file.write(text);
    file.finish();
  } finally {
    file.close();
  }
};

const createFile = (path: string, { owner, mode = 0o600 }: WholeOptions): number => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (owner !== null) fs.fchownSync(fd, owner.uid, owner.gid);
  return fd;
};

/** A link is made only where nothing has the name; some file systems have none, and a copy is made so as well. */
const put = (beside: string, path: string, force: boolean): void => {
  try {
    if (force) fs.renameSync(beside, path);
    else fs.linkSync(beside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (force || (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS')) throw error;
    fs.copyFileSync(beside, path, fs.constants.COPYFILE_EXCL);
  }
};

const orFail = <T>(path: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existing(path);
    throw failure('E_OUTPUT_CREATE', { path, why: code ?? message }, error);
  }
};

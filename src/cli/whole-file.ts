/**
 * A file that is there whole or not at all: written beside its place, private (0600), and put there at the end. Nothing is
 * overwritten unless asked for; then a new file takes the name, and a link is replaced, never followed.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { failure } from '../errors.ts';
import { existing, refuseToReplace } from '../recording/write/segment.ts';
import type { Invoker } from '../tracer/workload.ts';

export type WholeOptions = { readonly force: boolean; readonly owner: Invoker | null };

/** Before any work is done. Throws E_OUTPUT_EXISTS or E_OUTPUT_CREATE. */
export const refuseToOverwrite = (path: string, force: boolean): void => {
  if (!force && fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw existing(path);
  refuseToReplace(path);
  const folder = dirname(path);
  try {
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
};

/** Throws as above; nothing is left then. */
export const writeWhole = (path: string, text: string, { force, owner }: WholeOptions): void => {
  refuseToOverwrite(path, force);
  const beside = join(dirname(path), `.stallscope-${process.pid}-${process.hrtime.bigint()}`);
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const fd = fs.openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      if (owner !== null) fs.fchownSync(fd, owner.uid, owner.gid);
      fs.writeFileSync(fd, text);
      fs.fdatasyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    put(beside, path, force);
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    fs.rmSync(beside, { force: true });
  }
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

const unwritable = (path: string, error: unknown): Error => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return existing(path);
  return failure('E_OUTPUT_CREATE', { path, why: code ?? message }, error);
};

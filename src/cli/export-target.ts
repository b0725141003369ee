/**
 * Where an export goes: stdout, or a new file that is private (0600), never reached through a link, and belongs to the
 * user who called sudo. It has its name only once it is whole.
 */
import fs from 'node:fs';
import { failure } from '../errors.ts';
import type { Chunk } from '../export/encoder.ts';
import { existing, refuseToReplace } from '../recording/write/segment.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';

export type Target = {
  write(chunk: Chunk): void;
  /** Its reader is slow; `room` resolves when it has caught up. */
  isBehind(): boolean;
  room(): Promise<void>;
  /** It is whole. Returns its bytes. */
  finish(): number;
  /** What is not finished is removed. */
  close(): void;
};

type Where = { readonly output: string | null; readonly force: boolean };

/** Before anything is read: what cannot be written to. */
export const refuseTarget = (
  { stdout }: Pick<Context, 'stdout'>,
  { output, force }: Where,
  isBinary: boolean,
): void => {
  if (output === null) {
    if (!isBinary || stdout.isTTY !== true) return;
    throw failure('E_USAGE', {
      fact: 'This format is not text, and stdout is a terminal: give --output FILE (-o).',
      command: 'stallscope export',
    });
  }
  refuseToReplace(output);
  if (!force && fs.lstatSync(output, { throwIfNoEntry: false }) !== undefined) throw existing(output);
};

export const openTarget = (context: Context, where: Where): Target =>
  where.output === null ? stdoutTarget(context) : fileTarget(context, where.output, where.force);

const stdoutTarget = ({ out }: Context): Target => ({
  write: (chunk) => out.write(chunk),
  isBehind: out.isBehind,
  room: out.flushed,
  finish: () => 0,
  close: () => undefined,
});

const fileTarget = ({ env }: Context, path: string, force: boolean): Target => {
  const unfinished = `${path}.part-${process.pid}`;
  const fd = orFail(path, () => createFile(unfinished, env));
  let size = 0;
  let isDone = false;
  return {
    write: (chunk) => {
      const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      orFail(path, () => {
        for (let done = 0; done < data.length; ) done += fs.writeSync(fd, data, done);
      });
      size += data.length;
    },
    isBehind: () => false,
    room: async () => undefined,
    finish: () => {
      orFail(path, () => {
        // Unlike a new name for it, a link does not replace what somebody has put there meanwhile.
        if (force) fs.renameSync(unfinished, path);
        else fs.linkSync(unfinished, path);
      });
      isDone = true;
      return size;
    },
    close: () => {
      fs.closeSync(fd);
      if (!isDone || !force) fs.rmSync(unfinished, { force: true });
    },
  };
};

const createFile = (path: string, env: NodeJS.ProcessEnv): number => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  const owner = invokerOf(env);
  if (owner !== null) fs.fchownSync(fd, owner.uid, owner.gid);
  return fd;
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

/** Where an export goes: stdout, or a file that belongs to the user who called sudo. */
import { failure } from '../errors.ts';
import type { Chunk } from '../export/encoder.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';
import { createWhole, refuseToOverwrite } from './whole-file.ts';

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
  refuseToOverwrite(output, force);
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

const fileTarget = ({ env }: Context, path: string, force: boolean): Target => ({
  ...createWhole(path, { force, owner: invokerOf(env) }),
  isBehind: () => false,
  room: async () => undefined,
});

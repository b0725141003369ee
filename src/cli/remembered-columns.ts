/**
 * Which columns the user wants always or never, from session to session: `$XDG_STATE_HOME/stallscope/columns.json`, or
 * `~/.local/state/stallscope/columns.json`, private (0600).
 *
 * Guarantee: nothing about this file ends a session or holds it up. What cannot be read is as if it were not there, and is
 * said once. It is written by a child process, so that a home on a server that is gone stops nobody; under sudo the child
 * is the user who called it, so that what root may do and he may not is not done through links in his home.
 */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { readSmallFile } from '../probes/small-file.ts';
import type { ColumnChoices } from '../screen/state.ts';
import type { RememberedColumns } from '../tui/session-shown.ts';
import { invokerOf } from './invoker.ts';
import { userFile } from './user-file.ts';

const FILE = 'columns.json';
const MAX_BYTES = 64 * 1024;
/** More metrics than any session has. */
const MOST_CHOICES = 500;
const WRITE_MS = 5_000;

const REMEMBERED = z.object({
  format: z.literal('stallscope-columns'),
  version: z.literal(1),
  columns: z.record(z.string().max(200), z.enum(['always', 'never'])),
});

export const rememberedColumns = (env: NodeJS.ProcessEnv): RememberedColumns => {
  const path = userFile(env, 'state', FILE);
  const { chosen, problem } = path === null ? { chosen: {}, problem: null } : readChoices(path);
  let latest: ColumnChoices | null = null;
  let writing = false;

  const writeLatest = (at: string, failed: (problem: string) => void): void => {
    if (writing || latest === null) return;
    writing = true;
    const text = textOf(latest);
    latest = null;
    writeAs(env, at, text, (why) => {
      writing = false;
      if (why !== null) failed(`the columns are not remembered: ${at}: ${why}`);
      writeLatest(at, failed);
    });
  };

  return {
    chosen,
    problem,
    keep: (columns, failed) => {
      if (path === null) return failed('the columns are not remembered: there is no home directory');
      latest = columns;
      writeLatest(path, failed);
    },
  };
};

const readChoices = (path: string): { chosen: ColumnChoices; problem: string | null } => {
  try {
    return { chosen: REMEMBERED.parse(JSON.parse(readSmallFile(path, MAX_BYTES))).columns, problem: null };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { chosen: {}, problem: null };
    const why =
      error instanceof z.ZodError || error instanceof SyntaxError
        ? 'is not what was written'
        : (code ?? message);
    return { chosen: {}, problem: `remembered columns are left out: ${path}: ${why}` };
  }
};

const textOf = (columns: ColumnChoices): string => {
  const kept = Object.fromEntries(Object.entries(columns).slice(-MOST_CHOICES));
  return `${JSON.stringify({ format: 'stallscope-columns', version: 1, columns: kept })}\n`;
};

/** Whole or not at all, and never through a link: a new file takes the name. */
const SCRIPT =
  'umask 077; set -C; mkdir -p -- "$1" || exit 1; new="$1/.$2.$$"; ' +
  'cat > "$new" && mv -f -- "$new" "$1/$2" && exit 0; rm -f -- "$new"; exit 1';

const writeAs = (
  env: NodeJS.ProcessEnv,
  path: string,
  text: string,
  done: (problem: string | null) => void,
): void => {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', dirname(path), basename(path)], {
    ...(invokerOf(env) ?? {}),
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: WRITE_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  let isDone = false;
  const finish = (problem: string | null): void => {
    if (!isDone) done(problem);
    isDone = true;
  };
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(0, 500);
  });
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => finish(error.message));
  child.on('close', (code, signal) => {
    const why = signal === null ? said.trim().split('\n')[0] : `not written in ${WRITE_MS / 1000} s`;
    finish(code === 0 ? null : why || `status ${code}`);
  });
  child.stdin.end(text);
  // It goes on without us.
  child.unref();
  for (const pipe of [child.stdin, child.stderr]) (pipe as unknown as Socket).unref();
};

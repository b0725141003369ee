/**
 * The command after `--`. Its process exists before tracing begins, so that the kernel side can be told its PID,
 * but it waits: a small shell holds its place, and only `release` lets it become the command, under the same PID.
 * It runs as the user who called us (not as root, under sudo), in our process group, as any command of a shell
 * does: Ctrl-C reaches it directly. If we die before releasing it, it never runs.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { failure } from '../errors.ts';

export type Invoker = { readonly uid: number; readonly gid: number };

export type WorkloadOptions = {
  readonly argv: readonly string[];
  /** Who to run as; null for ourselves. */
  readonly invoker: Invoker | null;
  /**
   * `terminal`: it shares our stdin, stdout and stderr. `stderr`: its output goes to our stderr, because our
   * stdout is data. `held`: it has no terminal; the end of its output is kept for later.
   */
  readonly output: 'terminal' | 'stderr' | 'held';
};

export type WorkloadEnd = {
  /** As a shell reports it: its status, or 128 + the signal's number. */
  readonly status: number;
  readonly how: string;
};

export type Workload = {
  readonly pid: number;
  release(): void;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void;
  /** Never rejects. */
  readonly ended: Promise<WorkloadEnd>;
  /** The end of what it printed, when its output is `held`. */
  heldOutput(): string;
};

const HOLD = 'IFS= read -r go <&3 || exit 125; exec 3<&-; exec "$@"';
const HELD_OUTPUT_CHARS = 64 * 1024;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Throws E_CMD_NOT_FOUND or E_CMD_NOT_EXECUTABLE before anything is started. */
export const holdWorkload = ({ argv, invoker, output }: WorkloadOptions): Workload => {
  const [name = '', ...rest] = argv;
  const file = resolveCommand(name, process.env.PATH ?? '');
  const shell = ['/bin/sh', '-c', HOLD, 'stallscope', file, ...rest];
  const asInvoker =
    invoker === null
      ? []
      : ['setpriv', '--reuid', String(invoker.uid), '--regid', String(invoker.gid), '--init-groups', '--'];
  const [command = '/bin/sh', ...args] = [...asInvoker, ...shell];
  const held = output === 'held' ? 'pipe' : null;
  const subprocess = execa(command, args, {
    buffer: false,
    reject: false,
    cleanup: false,
    stdio: [
      output === 'held' ? 'ignore' : 'inherit',
      held ?? (output === 'stderr' ? process.stderr : 'inherit'),
      held ?? 'inherit',
      'pipe',
    ],
  });
  const gate = subprocess.stdio[3] as unknown as Writable;
  gate.on('error', () => undefined);

  let text = '';
  for (const stream of held === null ? [] : [subprocess.stdout, subprocess.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('utf8')).slice(-HELD_OUTPUT_CHARS);
    });
  }

  const ended = (async (): Promise<WorkloadEnd> => {
    const result = await subprocess;
    if (result.signal !== undefined) {
      return { status: 128 + (SIGNAL_NUMBERS[result.signal] ?? 0), how: `was killed by ${result.signal}` };
    }
    const status = result.exitCode ?? 127;
    return { status, how: status === 0 ? 'ended' : `ended with status ${status}` };
  })();

  return {
    pid: subprocess.pid ?? -1,
    release: () => gate.end('go\n'),
    signal: (name) => {
      subprocess.kill(name);
    },
    ended,
    heldOutput: () => text,
  };
};

/** The file a shell would run. */
const resolveCommand = (name: string, searchPath: string): string => {
  if (name === '') throw failure('E_CMD_NOT_FOUND', { name, where: 'its name is empty' });
  if (name.includes('/')) return checkExecutable(name, path.resolve(name));
  const candidates = searchPath.split(':').map((directory) => path.resolve(directory || '.', name));
  const found = candidates.find((candidate) => isExecutableFile(candidate));
  if (found !== undefined) return found;
  const present = candidates.find((candidate) => fs.existsSync(candidate));
  if (present !== undefined) return checkExecutable(name, present);
  throw failure('E_CMD_NOT_FOUND', { name, where: 'not in any directory of PATH' });
};

const checkExecutable = (name: string, file: string): string => {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw failure('E_CMD_NOT_FOUND', { name, where: `there is no ${file}` });
  if (stat.isDirectory()) throw failure('E_CMD_NOT_EXECUTABLE', { path: name, why: 'it is a directory' });
  if (!isExecutableFile(file))
    throw failure('E_CMD_NOT_EXECUTABLE', { path: name, why: 'it has no execute permission' });
  return file;
};

const isExecutableFile = (file: string): boolean => {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
};

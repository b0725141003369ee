/**
 * The command after `--`. Its process exists before tracing begins, so that the kernel side can be given its PID,
 * but it waits: a small shell holds its place, and only `release` lets it become the command, under the same PID.
 * It runs as the user who called us (not as root, under sudo), in our process group, as any command of a shell
 * does: Ctrl-C reaches it directly. If we die before releasing it, it never runs.
 */
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { execa } from 'execa';

export type Invoker = { readonly uid: number; readonly gid: number };

export type WorkloadOptions = {
  /** Its first word is the path of the file to run. */
  readonly argv: readonly string[];
  /** Who to run as; null for ourselves. */
  readonly invoker: Invoker | null;
  /** All of it; ours unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Path of the program that becomes the invoker. */
  readonly setpriv?: string | undefined;
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

/** The name of that shell while it waits: so it is not taken for a part of the command. */
export const HELD_COMM = 'stallscope-hold';

const HOLD = `{ echo ${HELD_COMM} >/proc/self/comm; } 2>/dev/null
IFS= read -r go <&3 || exit 125; exec 3<&-; exec "$@"`;
const HELD_OUTPUT_CHARS = 64 * 1024;
/** Of this machine: they differ between architectures. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = constants.signals;

export const holdWorkload = ({
  argv,
  invoker,
  env = process.env,
  setpriv = '/usr/bin/setpriv',
  output,
}: WorkloadOptions): Workload => {
  const shell = ['/bin/sh', '-c', HOLD, 'stallscope', ...argv];
  const asInvoker =
    invoker === null
      ? []
      : [setpriv, '--reuid', String(invoker.uid), '--regid', String(invoker.gid), '--init-groups', '--'];
  const [command = '/bin/sh', ...args] = [...asInvoker, ...shell];
  const held = output === 'held' ? 'pipe' : null;
  const subprocess = execa(command, args, {
    buffer: false,
    reject: false,
    cleanup: false,
    env,
    extendEnv: false,
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

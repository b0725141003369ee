/**
 * A program of the system is asked something, and has so long to answer. It comes from a directory of the system, whatever
 * PATH says, and for root only where nobody else can write. Where the kernel does not let it go when it is killed (a walk
 * through a file, a server that does not answer) it is not waited for: who asked goes on.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { builtEnvironment } from './environment.ts';
import type { HostFiles } from './files.ts';
import { noteHelper } from './own.ts';
import { setNiceness } from './priority.ts';
import { isRootsOwn, placesOnPath } from './which.ts';

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** How long a program that was killed has to be gone. */
const GONE_MS = 1_000;
const LOWEST = 19;

export type Asking = {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Given its output piece by piece instead of whole at the end, so that what it said before its time was over counts. */
  readonly onOutput?: ((bytes: Buffer) => void) | undefined;
  /** After all others who want the disk or a CPU. */
  readonly idle?: boolean | undefined;
};

export type Answer = {
  /** Empty where it went to `onOutput`. */
  readonly stdout: string;
  /** `stuck`: its time was over, and the kernel still holds it. */
  readonly how: 'ended' | 'failed' | 'missing' | 'late' | 'stuck' | 'interrupted';
};

/** The file of a program of that name, or null. */
export const systemProgram = (files: HostFiles, name: string): string | null => {
  const isRoot = process.getuid?.() === 0;
  const place = placesOnPath(name, SYSTEM_PATH).find(
    (path) => files.isExecutable(path) && (!isRoot || isRootsOwn(files, path)),
  );
  return place ?? null;
};

const MISSING: Answer = { stdout: '', how: 'missing' };

/** Never rejects. */
export const ask = async (
  files: HostFiles,
  name: string,
  args: readonly string[],
  { timeoutMs, signal, onOutput, idle = false }: Asking,
): Promise<Answer> => {
  const program = systemProgram(files, name);
  if (program === null) return MISSING;
  const ionice = idle ? systemProgram(files, 'ionice') : null;
  const argv = [...(ionice === null ? [] : [ionice, '-c', '3']), program, ...args] as [string, ...string[]];
  const [file, ...rest] = argv;
  const asked = execa(file, rest, {
    reject: false,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    cleanup: true,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    stdin: 'ignore',
    stderr: 'ignore',
    encoding: 'utf8',
    buffer: onOutput === undefined,
    maxBuffer: 64 * 1024,
    env: { ...builtEnvironment(process.env), PATH: SYSTEM_PATH },
    extendEnv: false,
  });
  noteHelper(files, asked.pid);
  // Not its autogroup, which is that of the whole session, ours too.
  if (idle && asked.pid !== undefined) setNiceness(asked.pid, LOWEST);
  if (onOutput !== undefined) asked.stdout.on('data', onOutput);
  const given = new AbortController();
  const stuck = delay(timeoutMs + GONE_MS, 'stuck' as const, { signal: given.signal }).catch(
    () => 'stuck' as const,
  );
  const result = await Promise.race([asked, stuck]);
  given.abort();
  if (result === 'stuck') {
    asked.stdout.destroy();
    asked.unref();
    return { stdout: '', how: 'stuck' };
  }
  return { stdout: typeof result.stdout === 'string' ? result.stdout : '', how: howOf(result) };
};

const howOf = ({
  failed,
  timedOut,
  isCanceled,
  code,
  signal,
}: {
  readonly failed: boolean;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly code?: string | undefined;
  readonly signal?: string | undefined;
}): Answer['how'] => {
  if (isCanceled) return 'interrupted';
  if (timedOut) return 'late';
  if (code === 'ENOENT') return 'missing';
  // A terminal's Ctrl-C reaches it too, and may before us.
  if (signal !== undefined) return 'interrupted';
  return failed ? 'failed' : 'ended';
};

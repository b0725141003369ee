/**
 * The life of one child process that traces the kernel. Guarantees, in this order of importance:
 *
 * - It dies with us, however we die: its parent-death signal is SIGINT (on which bpftrace detaches and ends), and
 *   its own heartbeat ends it with SIGPIPE where the signal could not be set.
 * - A terminal's Ctrl-C does not reach it: it has its own session and process group, and we decide when it stops.
 * - Its output is drained to the end before it counts as ended; `exit` alone says nothing.
 * - Stopping is bounded: SIGINT, at a moment at which it loses nothing by it (interrupt.ts), then SIGTERM, then SIGKILL to the
 *   whole group, each with its own patience.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { StallscopeError } from '../errors.ts';
import { untilQuiet } from './interrupt.ts';

export type ChildOptions = {
  /** What starts it so that it ends when we do, before its own words; empty where the host has nothing for it. */
  readonly launcher: readonly string[];
  readonly file: string;
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** An open file, which it has as its descriptor 3. */
  readonly opened?: number | null;
  readonly patience?: Patience;
  /** Whether a process is inside a call that may be a write of its output; null where nobody can say. */
  readonly isWriting?: ((pid: number) => boolean | null) | undefined;
};

/** How long each signal gets before the next, in ms, and how long the first waits for a moment at which it writes nothing. */
export type Patience = {
  readonly quietMs?: number;
  readonly intMs: number;
  readonly termMs: number;
  readonly killMs: number;
};

export type ChildEnd = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last signal we had to send; null when it ended by itself. */
  readonly stoppedWith: StopSignal | null;
  /** In words, for a message: `exit status 1`, `killed by SIGSEGV`. */
  readonly how: string;
  /** The link to it was lost, or could not be made: what it was to run is not to blame. */
  readonly lost?: StallscopeError;
};

export type Child = {
  /** -1 of one that is no process of this host. */
  readonly pid: number;
  /** Its PID and that of who started it, in the numbers of the host it runs on; -1 as long as they are not known. */
  ids(): { readonly tracer: number; readonly self: number };
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Both streams at their end and the process reaped. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Idempotent, the first call's patience counts; resolves when it has ended. */
  stop(patience?: Patience): Promise<ChildEnd>;
};

type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGKILL';

const PATIENCE: Patience = { intMs: 10_000, termMs: 2_000, killMs: 2_000 };

/**
 * How long a grandchild may hold the streams open after the child itself has gone, without a byte in them. What the child
 * wrote last may take us longer than that to read, on a busy machine: we look twice, because such a time can be our own.
 */
const SILENT_MS = 1_000;
const SILENCES = 2;

export const startChild = (options: ChildOptions): Child => {
  const [file = options.file, ...args] = [...options.launcher, options.file, ...options.args];
  const subprocess = execa(file, args, {
    buffer: false,
    reject: false,
    // Its types know descriptors 3 to 9 alone; it takes any.
    stdio: ['ignore', 'pipe', 'pipe', (options.opened as 3 | null | undefined) ?? 'ignore'],
    encoding: 'buffer',
    detached: true,
    cleanup: false,
    env: options.env,
    extendEnv: false,
  });
  // A missing file ends the same way as a broken one: `ended` says how, and the pid is never used.
  const pid = subprocess.pid ?? -1;
  let stoppedWith: StopSignal | null = null;

  const signalGroup = (signal: StopSignal): void => {
    stoppedWith = signal;
    if (pid <= 0) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Gone already: `ended` will say so.
    }
  };

  const streamsEnded = Promise.all([finished(subprocess.stdout), finished(subprocess.stderr)]);
  const exited = once(subprocess, 'exit').catch(() => undefined);
  const ended = (async (): Promise<ChildEnd> => {
    // execa waits for the streams too, which a grandchild may hold open for ever.
    await Promise.race([subprocess, exited]);
    const askedWith = stoppedWith;
    if (!(await endOrFallSilent(streamsEnded, () => bytesRead(subprocess.stdout, subprocess.stderr)))) {
      signalGroup('SIGKILL');
      subprocess.stdout.destroy();
      subprocess.stderr.destroy();
      // Whoever reads them has heard of it.
      await streamsEnded;
    }
    const result = await subprocess;
    const code = result.exitCode ?? null;
    const signal = result.signal ?? null;
    const how =
      signal !== null
        ? `killed by ${signal}`
        : code !== null
          ? `exit status ${code}`
          : (result.shortMessage ?? 'could not be started');
    return { code, signal, stoppedWith: askedWith, how };
  })();

  let stopping: Promise<ChildEnd> | null = null;
  const stop = async (patience: Patience): Promise<ChildEnd> => {
    const isWriting = (): boolean | null => options.isWriting?.(pid) ?? null;
    const bytes = (): number => bytesRead(subprocess.stdout, subprocess.stderr);
    await Promise.race([untilQuiet({ isWriting, bytesRead: bytes }, patience.quietMs ?? 0), ended]);
    const steps: readonly (readonly [StopSignal, number])[] = [
      ['SIGINT', patience.intMs],
      ['SIGTERM', patience.termMs],
      ['SIGKILL', patience.killMs],
    ];
    for (const [signal, waitMs] of steps) {
      signalGroup(signal);
      if (await within(waitMs, ended)) break;
    }
    return ended;
  };

  return {
    pid,
    ids: () => ({ tracer: pid, self: process.pid }),
    stdout: subprocess.stdout,
    stderr: subprocess.stderr,
    ended,
    stop: (patience) => {
      stopping ??= stop(patience ?? options.patience ?? PATIENCE);
      return stopping;
    },
  };
};

const bytesRead = (...streams: readonly unknown[]): number =>
  (streams as readonly Socket[]).reduce((sum, stream) => sum + stream.bytesRead, 0);

/** Whether they ended; false when nothing comes of them any more though they are open. */
const endOrFallSilent = async (ended: Promise<unknown>, bytes: () => number): Promise<boolean> => {
  let last = bytes();
  for (let silences = 0; silences < SILENCES; ) {
    if (await within(SILENT_MS, ended)) return true;
    const now = bytes();
    silences = now === last ? silences + 1 : 0;
    last = now;
  }
  return false;
};

/** Whether it came in time. Leaves no timer behind that would keep us alive. */
const within = async (waitMs: number, promise: Promise<unknown>): Promise<boolean> => {
  const waiting = new AbortController();
  const inTime = await Promise.race([
    promise.then(() => true),
    delay(waitMs, false, { signal: waiting.signal }).catch(() => false),
  ]);
  waiting.abort();
  return inTime;
};

const finished = async (stream: Readable): Promise<void> => {
  if (stream.destroyed || stream.readableEnded) return;
  await Promise.race([once(stream, 'end'), once(stream, 'close')]).catch(() => undefined);
};

/**
 * The only place that changes anything: one write into a setting of the kernel's that exists, one signal, or one command. None of
 * it waits in our own thread, so that a kernel that does not answer does not hold up the pipe on whose end we end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { builtEnvironment } from '../../host/environment.ts';
import type { HostFiles } from '../../host/files.ts';
import type { Action } from '../rules/actions.ts';
import type { Outcome, Target } from '../rules/policy.ts';
import { whyNotSignal } from './target.ts';

export type ActorPorts = {
  readonly files: HostFiles;
  /** Where drop_caches and compact_memory are. */
  readonly folder: string;
  /** PID of who traces. */
  readonly session: number;
  readonly timeoutMs: number;
};

export type Task = { readonly action: Action; readonly finding: string; readonly target: Target | null };

export type Actor = {
  /** Reports how it went; of what takes longer than its time twice, the last time when it has ended. Never throws. */
  perform(task: Task, report: (outcome: Outcome) => void): void;
  /** Ends a command that runs. */
  stop(): void;
};

export const createActor = (ports: ActorPorts): Actor => {
  let running: ChildProcess | null = null;
  const perform = (task: Task): Promise<Outcome> => {
    switch (task.action.kind) {
      case 'write':
        return write(join(ports.folder, task.action.file), task.action.value);
      case 'signal':
        return Promise.resolve(signal(ports, task.action.signal, task.target));
      case 'run': {
        const started = start(task.action.argv, task, ports.timeoutMs);
        running = started.child;
        return started.ended;
      }
    }
  };
  return {
    perform: (task, report) => {
      const limit = setTimeout(
        () => report({ how: 'late', text: `not over after ${ports.timeoutMs / 1000} s` }),
        ports.timeoutMs + GONE_MS,
      );
      void perform(task)
        .catch((error: Error): Outcome => ({ how: 'failed', text: error.message }))
        .then((outcome) => {
          clearTimeout(limit);
          running = null;
          report(outcome);
        });
    },
    stop: () => {
      if (running !== null) killGroup(running);
    },
  };
};

/** How long a command that was killed has to be gone. */
const GONE_MS = 2_000;

/** Only what is there already: the kernel's files are, and no other is to begin. */
const write = async (path: string, value: string): Promise<Outcome> => {
  const startedMs = performance.now();
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await file.write(`${value}\n`);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { how: 'failed', text: `${path}: ${(error as NodeJS.ErrnoException).code ?? 'not written'}` };
  }
  return { how: 'done', text: took(startedMs) };
};

const took = (startedMs: number): string => `${Math.round(performance.now() - startedMs)} ms`;

const signal = (
  { files, session }: ActorPorts,
  name: (Action & { readonly kind: 'signal' })['signal'],
  target: Target | null,
): Outcome => {
  if (target === null) return { how: 'refused', text: 'nobody is accused' };
  const why = whyNotSignal(files, target, session);
  if (why !== null) return { how: 'refused', text: why };
  try {
    process.kill(target.pid, name);
    return { how: 'done', text: `PID ${target.pid}` };
  } catch (error) {
    return { how: 'failed', text: `PID ${target.pid}: ${(error as NodeJS.ErrnoException).code}` };
  }
};

/** As it was given: no shell reads it. What was seen comes as ids and numbers, in its environment. */
const start = (
  argv: readonly string[],
  { finding, target }: Task,
  timeoutMs: number,
): { readonly child: ChildProcess; readonly ended: Promise<Outcome> } => {
  const [file = '', ...args] = argv;
  const startedMs = performance.now();
  const child = spawn(file, args, {
    // A group of its own, so that all it starts can be ended with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...builtEnvironment(process.env),
      STALLSCOPE_FINDING: finding,
      ...(target === null
        ? {}
        : { STALLSCOPE_PID: String(target.pid), STALLSCOPE_START_MS: String(target.startMs) }),
    },
  });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    killGroup(child);
  }, timeoutMs);
  const ended = new Promise<Outcome>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ how: 'failed', text: error.code ?? 'it did not start' }),
    );
    child.once('exit', (status, by) => {
      if (isLate) resolve({ how: 'failed', text: `killed after ${timeoutMs / 1000} s` });
      else if (status === 0) resolve({ how: 'done', text: took(startedMs) });
      else resolve({ how: 'failed', text: by === null ? `status ${status}` : `ended by ${by}` });
    });
  }).finally(() => clearTimeout(limit));
  return { child, ended };
};

const killGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

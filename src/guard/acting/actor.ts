/**
 * The only place that changes anything: one write into a setting of the kernel's that exists, one signal, one limit, or one
 * command. None of it waits in our own thread, so that a kernel that does not answer does not hold up the pipe on whose end we end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { builtEnvironment } from '../../host/environment.ts';
import type { HostFiles } from '../../host/files.ts';
import { comeAsUsual } from '../../host/priority.ts';
import type { Action, GuardSignal } from '../rules/actions.ts';
import type { Outcome, Target } from '../rules/policy.ts';
import { ioIdle, memoryHigh } from './limits.ts';
import { took, writeInto } from './setting.ts';
import { whyNotTouch } from './target.ts';

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
        return writeInto(join(ports.folder, task.action.file), task.action.value);
      case 'signal':
        return onSuspect(ports, task, signal(task.action.signal));
      case 'io-idle':
        return onSuspect(ports, task, (target) => ioIdle(ports.files, target, ports.timeoutMs));
      case 'memory-high': {
        const bound = { session: ports.session, bytes: task.action.bytes };
        return onSuspect(ports, task, (target) => memoryHigh(ports.files, target, bound));
      }
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

/** Nobody but the very process that was accused, looked at right before. */
const onSuspect = async (
  { files, session }: ActorPorts,
  { target }: Task,
  act: (target: Target) => Outcome | Promise<Outcome>,
): Promise<Outcome> => {
  if (target === null) return { how: 'refused', text: 'nobody is accused' };
  const why = whyNotTouch(files, target, session);
  return why === null ? act(target) : { how: 'refused', text: why };
};

const signal =
  (name: GuardSignal) =>
  ({ pid }: Target): Outcome => {
    try {
      process.kill(pid, name);
      return { how: 'done', text: `PID ${pid}` };
    } catch (error) {
      return { how: 'failed', text: `PID ${pid}: ${(error as NodeJS.ErrnoException).code}` };
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
  comeAsUsual(child.pid);
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

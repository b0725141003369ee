/** Starts the process of a guard with no more rights than its actions need, and hears what it decides. */
import { type ChildProcess, spawn } from 'node:child_process';
import { wordsOf } from '../../assets/here.ts';
import { failure } from '../../errors.ts';
import type { FromGuard, ToGuard } from '../../guard/acting/protocol.ts';
import type { Action } from '../../guard/rules/actions.ts';
import type { Observation, Policy, Report } from '../../guard/rules/policy.ts';
import { parseEffectiveCapabilities } from '../../host/capabilities.ts';
import { builtEnvironment, heapWithin } from '../../host/environment.ts';
import type { HostFiles } from '../../host/files.ts';
import { setprivOf } from '../../host/launcher.ts';

export type GuardOptions = {
  readonly policy: Policy;
  readonly folder: string;
  readonly timeoutMs: number;
};

export type GuardHooks = {
  readonly onReport: (report: Report) => void;
  /** It ended by itself: nothing is done from now on. */
  readonly onLost: (why: string) => void;
};

export type GuardProcess = {
  readonly pid: number;
  see(observation: Observation): void;
  close(): void;
};

const HEAP_MB = 64;
const START_MS = 30_000;

/** @throws E_GUARD_RIGHTS where it could not do what it is asked to, and nothing has changed */
export const startGuard = async (
  files: HostFiles,
  { policy, folder, timeoutMs }: GuardOptions,
  { onReport, onLost }: GuardHooks,
): Promise<GuardProcess> => {
  const [program = process.execPath, ...args] = [
    ...launcherFor(files, policy.actions),
    process.execPath,
    ...wordsOf('guard'),
  ];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...builtEnvironment(process.env), ...heapWithin(HEAP_MB) },
  });
  const send = (message: ToGuard): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
    if (child.connected) child.disconnect();
  };
  try {
    const begun = untilReady(child, policy);
    send({ type: 'start', policy, folder, timeoutMs });
    await begun;
  } catch (error) {
    close();
    throw error;
  }
  child.on('message', (message: FromGuard) => {
    if (message.type === 'report') onReport(message.report);
  });
  child.on('exit', (status, signal) => {
    if (!isClosed) onLost(`its process has ended (${signal ?? status})`);
  });
  return {
    pid: child.pid ?? 0,
    see: (observation) => send({ type: 'sample', observation }),
    close,
  };
};

const untilReady = (child: ChildProcess, { actions }: Policy): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (why: string, action = actions[0]?.label ?? ''): void => {
      clearTimeout(limit);
      reject(failure('E_GUARD_RIGHTS', { action, why }));
    };
    const limit = setTimeout(() => refuse('its process did not start in time'), START_MS);
    child.once('error', ({ message }) => refuse(message));
    child.once('exit', (status, signal) => refuse(`its process has ended (${signal ?? status})`));
    child.once('message', (message: FromGuard) => {
      child.removeAllListeners('exit');
      if (message.type === 'refused') return refuse(message.why, message.action);
      clearTimeout(limit);
      resolve();
    });
  });

/** Reading its own program, and nothing else: the settings of the kernel are root's by their mode. */
const ALWAYS = ['dac_read_search'];
/** What a command may need is not known: it has what we have. */
const NEEDS: Readonly<Record<Action['kind'], readonly string[] | null>> = {
  write: [],
  signal: ['kill'],
  'io-idle': ['sys_nice'],
  'memory-high': [],
  run: null,
};

/** Ends it when we are gone, and leaves it no capability that it does not need, where that can be set. */
const launcherFor = (files: HostFiles, actions: readonly Action[]): readonly string[] => {
  const setpriv = setprivOf(files);
  if (setpriv === null) return [];
  const needs = actions.map(({ kind }) => NEEDS[kind]);
  const held = parseEffectiveCapabilities(files.text('/proc/self/status') ?? '') ?? [];
  const isBounded = held.includes('setpcap') && !needs.includes(null);
  const kept = [...new Set([...ALWAYS, ...needs.flatMap((names) => names ?? [])])];
  const bounds = isBounded
    ? [`--bounding-set=-all,${kept.map((name) => `+${name}`).join(',')}`, '--no-new-privs']
    : [];
  return [setpriv, '--pdeathsig', 'TERM', ...bounds, '--'];
};

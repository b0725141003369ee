/** Which processes are traced: what `-p`, `--comm` and a command after `--` come to on this host. */
import { failure } from '../errors.ts';
import { selectionProblem } from '../host/checks.ts';
import type { HostFacts } from '../host/facts.ts';
import { type HostFiles, isThere } from '../host/files.ts';
import { readProcess, readProcessOf } from '../host/process.ts';
import type { KernelFilter } from '../probes/types.ts';

export type ProcessWishes = {
  readonly pids: readonly number[];
  readonly comm: string | null;
  /** argv after `--`. */
  readonly command: readonly string[] | null;
};

/** @throws E_USAGE for wishes that exclude each other, E_PID_GONE */
export const checkSelection = (files: HostFiles, { pids, comm, command }: ProcessWishes): void => {
  if (command !== null && pids.length > 0) {
    throw failure('E_USAGE', {
      fact: '-p and a command after -- exclude each other.',
      command: 'stallscope live',
    });
  }
  if (command !== null && comm !== null) {
    throw failure('E_USAGE', {
      fact: '--comm and a command after -- exclude each other.',
      command: 'stallscope live',
    });
  }
  for (const pid of pids) {
    if (!isThere(files, `/proc/${pid}`)) throw failure('E_PID_GONE', { pid });
  }
};

/** Kernel logs and `top -H` name threads by their own numbers: then the process is meant that they belong to. */
export const withProcesses = <T extends ProcessWishes>(
  files: HostFiles,
  options: T,
  status: (text: string) => void,
): T & { readonly threads: readonly number[] } => {
  const threads = options.pids.flatMap((tid) => {
    const pid = readProcessOf(files, tid);
    return pid === null || pid === tid ? [] : [{ tid, pid }];
  });
  for (const { tid, pid } of threads)
    status(
      `${tid} is a thread of PID ${pid} (${readProcess(files, pid)?.comm ?? '?'}): all of that process is counted`,
    );
  const pidOf = new Map(threads.map(({ tid, pid }) => [tid, pid]));
  const pids = [...new Set(options.pids.map((pid) => pidOf.get(pid) ?? pid))];
  return { ...options, pids, threads: threads.map(({ tid }) => tid) };
};

/** @throws E_PID_NAMESPACE where the kernel side counts by other PIDs than were asked for */
export const refuseOtherPids = ({ pids, command }: ProcessWishes, facts: HostFacts): void => {
  if (pids.length === 0 && command === null) return;
  const why = selectionProblem(facts, command === null ? 'pids' : 'tree');
  if (why !== null) throw failure('E_PID_NAMESPACE', { selection: command === null ? '-p' : '--', why });
};

export const filterOf = (pids: readonly number[], commandPid: number | null): KernelFilter => {
  if (commandPid !== null) return { kind: 'tree', rootPid: commandPid };
  return pids.length > 0 ? { kind: 'pids', pids } : { kind: 'all' };
};

/** `--host`: a command that is about another host, over the user's own ssh, for as long as the command takes. */

import type { Inspect } from '../core/inspection.ts';
import { EXIT, failure } from '../errors.ts';
import type { HostFiles } from '../host/files.ts';
import { inspectProcess, uninspected } from '../host/inspect.ts';
import { loadCatalogue } from '../probes/catalogue.ts';
import type { Count } from '../probes/count.ts';
import { readAddress } from '../remote/address.ts';
import { openHost, type RemoteHost } from '../remote/host.ts';
import { readExecutable } from '../remote/push.ts';
import type { Context } from './context.ts';
import { say } from './say.ts';

export type HostWish = {
  /** `[user@]name`; null for this one. */
  readonly host: string | null;
  readonly probeDirs: readonly string[];
  readonly counts?: readonly Count[];
  /** A bpftrace of the user's to run there. */
  readonly push?: string | null;
  /** Gives up while it is not connected yet. */
  readonly signal?: AbortSignal;
};

/** Runs it with everything that is known of a host taken from that one. */
export const onHost = async (
  context: Context,
  { host, probeDirs, counts = [], signal, push = null }: HostWish,
  work: (context: Context) => Promise<number>,
  open: typeof openHost = openHost,
): Promise<number> => {
  if (host === null) {
    if (push === null) return work(context);
    throw failure('E_USAGE', {
      fact: '--push-bpftrace copies a bpftrace to another host: give --host too.',
      command: 'stallscope live',
    });
  }
  const givenUp = new AbortController();
  context.interruption.onRequest(() => givenUp.abort(abandoned()));
  const remote = await open({
    address: readAddress(host),
    filters: filtersFor(probeDirs, counts),
    push: push === null ? null : readExecutable(push),
    signal: AbortSignal.any([givenUp.signal, ...(signal === undefined ? [] : [signal])]),
  });
  try {
    const status = await work({
      ...context,
      env: { ...context.env, PATH: remote.searchPath, STALLSCOPE_BPFTRACE: undefined },
      clock: remote.clock,
      machine: remote.machine,
      settle: (ask, scope = 'session') => remote.settle(ask, scope === 'now' ? new Map() : remote.cache),
      inspect: inspectThere(remote),
      remote,
    });
    const over = remote.over();
    if (over === null) return status;
    // A signal that came as well, or a full disk, has a status of its own.
    if (status === EXIT.ok) throw over;
    say(context, over.message);
    return status;
  } finally {
    remote.close();
  }
};

/** Nobody waits for the connection any more: no error. */
export const abandoned = (): Error => Object.assign(new Error('given up'), { code: 'ABORT_ERR' });

/** In how many extents a file lies is not asked: the programs that count them are not ours to run there. */
const inspectThere =
  (remote: RemoteHost): Inspect =>
  async (pid, startMs, { threads }) => {
    try {
      const wanted = { extents: false, threads };
      return await remote.settle((files) => inspectProcess(files, pid, startMs, wanted), new Map());
    } catch (error) {
      return uninspected(pid, error instanceof Error ? error.message : String(error));
    }
  };

/** On this host what files say is there at once. */
export const settleHere =
  (files: HostFiles): Context['settle'] =>
  async (ask) =>
    ask(files);

/** @throws E_USAGE for a command that would have to run there */
export const refuseCommandThere = (host: string | null, command: readonly string[] | null): void => {
  if (host === null || command === null) return;
  throw failure('E_USAGE', {
    fact: `A command after -- is started on this host; --host ${host} traces another: start it there, and select it with -p or --comm.`,
    command: 'stallscope record',
  });
};

/** A kernel has 100,000 functions and more; of its lists only the lines about these are fetched. */
const filtersFor = (probeDirs: readonly string[], counts: readonly Count[]): ReadonlyMap<string, string> => {
  const names = new Set(['register_ftrace_direct', ...counts.flatMap(({ parts }) => parts)]);
  for (const { manifest } of loadCatalogue(probeDirs))
    for (const { when } of manifest.variants)
      for (const name of [...(when.functions ?? []), ...(when.notFunctions ?? [])]) names.add(name);
  const safe = [...names].filter((name) => /^\w+$/.test(name));
  const pattern = `(^| )(${safe.join('|')})([[:space:]]|$)`;
  return new Map([
    ['available_filter_functions', pattern],
    ['kallsyms', pattern],
  ]);
};

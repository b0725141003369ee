/** Where a session is traced, this host or another, and what that comes to: its files meanwhile, its tracer, its clock. */
import { freemem } from 'node:os';
import { readPrograms } from '../host/bpf-objects.ts';
import { createCostMeter } from '../host/bpf-stats.ts';
import { builtEnvironment } from '../host/environment.ts';
import type { HostFiles } from '../host/files.ts';
import { launcherOf } from '../host/launcher.ts';
import { protectFromOomKiller } from '../host/oom.ts';
import { endOrphans, ownerMark } from '../host/orphans.ts';
import { createHostPort, type HostPortOptions } from '../host/port.ts';
import { comeFirst, ownNiceness, prioritize } from '../host/priority.ts';
import { readStartMs } from '../host/process.ts';
import { openUnnamed } from '../host/unnamed-file.ts';
import { isWriting } from '../host/writing.ts';
import type { RemoteHost } from '../remote/host.ts';
import { createWatch } from '../remote/watch.ts';
import type { CostMeter, HostPort, Source } from '../session/ports.ts';
import type { BesideOptions } from '../tracer/beside.ts';
import type { LiveOptions } from '../tracer/live.ts';
import type { Context } from './context.ts';

export type Place = {
  /** What is known of its files while it is traced. */
  readonly files: HostFiles;
  port(options: HostPortOptions): HostPort;
  readonly tracer: Pick<
    LiveOptions,
    'launcher' | 'isWriting' | 'owner' | 'environment' | 'start' | 'openFile'
  >;
  /** null where nothing can be switched in the kernel, so that costs are estimated only. */
  createMeter(): CostMeter | null;
  readonly beside: BesideOptions | null;
  /** What others left there is removed. */
  prepare(status: (text: string) => void): Promise<void>;
  /** So that neither memory running out nor CPUs that all want end the record of it. */
  protect(): void;
  /** What the stream says of it besides. */
  wrap(source: Source): Source;
};

export const placeOf = (context: Context, intervalMs: number): Place =>
  context.remote === null ? here(context, intervalMs) : there(context, context.remote, intervalMs);

const here = ({ files, env }: Context, intervalMs: number): Place => ({
  files,
  port: (options) => createHostPort(files, options),
  tracer: {
    launcher: launcherOf(files),
    isWriting: (pid) => isWriting(files, pid),
    owner: ownerMark(process.pid, readStartMs(files, process.pid) ?? 0),
    environment: builtEnvironment(env),
    openFile: openUnnamed,
  },
  createMeter: () => createCostMeter(files),
  beside: besideFor(files, intervalMs),
  prepare: (status) => endOrphans(files, status),
  protect: () => {
    protectFromOomKiller(files);
    comeFirst(files);
  },
  wrap: (source) => source,
});

/** Two tracers, and what else the machine needs while one of them compiles. */
const ROOM_BYTES = 512 * 1024 ** 2;
/** What was counted since the last reading is lost to a tracer that is replaced. */
const MOST_LOST_MS = 2_000;

const besideFor = (files: HostFiles, intervalMs: number): BesideOptions | null =>
  intervalMs > MOST_LOST_MS
    ? null
    : {
        hasRoom: () => freemem() >= ROOM_BYTES,
        hasPrograms: (pid) => readPrograms(files, pid).length > 0,
        prioritize,
        niceness: ownNiceness,
      };

/** Its tracer is guarded there, and marks and spares itself; how much memory is free there while a second one would compile is not known in time. */
const there = ({ env }: Context, remote: RemoteHost, intervalMs: number): Place => {
  const watch = createWatch(remote);
  return {
    files: watch.files,
    port: watch.port,
    tracer: {
      launcher: launcherOf(watch.files),
      owner: '',
      environment: { ...builtEnvironment({ PATH: env.PATH }) },
      start: remote.start,
    },
    createMeter: () => null,
    beside: null,
    prepare: async () => undefined,
    protect: () => undefined,
    wrap: (source) => {
      remote.onOver(source.stop);
      return {
        open: async () => {
          watch.start(intervalMs);
          const header = await source.open().catch((error: unknown) => {
            // Nobody will read the records, at whose end it stops: it would go on for ever, and we with it.
            watch.stop();
            throw error;
          });
          const { aheadMs, unsureMs } = remote.clock.wall();
          const clocks = {
            aheadMs: Math.round(aheadMs * 1e3) / 1e3,
            unsureMs: Math.ceil(unsureMs * 1e3) / 1e3,
          };
          return { ...header, remote: { hostname: remote.address.text, ...clocks } };
        },
        records: async function* () {
          try {
            yield* source.records();
          } finally {
            watch.stop();
          }
        },
        stop: source.stop,
      };
    },
  };
};

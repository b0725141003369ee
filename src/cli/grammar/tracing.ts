/** The commands that trace, and what can be asked of them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { failure } from '../../errors.ts';
import { FINDING_IDS } from '../../insight/findings/index.ts';
import type { Address } from '../../remote/address.ts';
import type { Context } from '../context.ts';
import { dryRun } from '../dry-run.ts';
import { EXAMPLES } from '../examples.ts';
import { live } from '../live.ts';
import { liveHosts } from '../live-hosts.ts';
import { type HostWish, onHost, refuseCommandThere } from '../on-host.ts';
import { refuseForSeveral, severalHosts } from '../on-hosts.ts';
import {
  readAddress,
  readBudget,
  readDuration,
  readInteger,
  readPid,
  readPush,
  readSize,
  readVariants,
} from '../options.ts';
import { type RecordOptions, record } from '../record.ts';
import { recordHosts } from '../record-hosts.ts';
import type { TraceOptions } from '../trace.ts';
import { faceOptions, sorting, theme } from './face.ts';
import {
  collect,
  type Flags,
  HOUR_MS,
  hostFlags,
  hostOption,
  type Line,
  list,
  MAX_DURATION_MS,
  optionalOutput,
  requiredOutput,
  text,
} from './line.ts';
import { count, probeDir, readCounts, variant } from './probes.ts';

/** What is done on one host, and with several. */
type Work = {
  readonly name: string;
  readonly one: (about: Context) => Promise<number>;
  readonly each: (addresses: readonly Address[], wish: HostWish) => Promise<number>;
};

export const addTracing = ({ context, command, run, subcommand }: Line): void => {
  const there = (flags: Flags, options: TraceOptions, { one, each, name }: Work) => {
    const host = text(flags, 'host');
    const several = severalHosts(host);
    refuseCommandThere(host, command);
    refuseForSeveral(several, { '--pid': options.pids.length > 0, '--listen': 'listen' in flags }, name);
    if (flags.dryRun === true) return dryRun(context, several[0]?.text ?? host);
    const wish = { ...options, ...hostFlags(flags) };
    return several.length > 0 ? each(several, wish) : onHost(context, wish, one);
  };

  sorting(
    tracingAnywhere(
      subcommand(
        'live',
        'trace this machine on the screen (NDJSON when stdout is no terminal)',
        EXAMPLES.live,
        true,
      ),
    ),
  )
    .option('-o, --output <file>', 'also record to a file')
    .option('--force', 'overwrite the file')
    .option('--json', 'NDJSON instead of the screen')
    .option('--plain', 'sentences instead of the screen, for a screen reader or a dumb terminal')
    .addOption(theme())
    .action((flags: Flags) => {
      const options = {
        ...traceOptions(flags, command),
        ...faceOptions(flags),
        ...outletOptions(flags, context.env),
        output: optionalOutput(flags, 'live'),
        force: flags.force === true,
      };
      return run(
        there(flags, options, {
          name: 'live',
          one: (about) => live(about, options),
          each: (addresses, wish) => liveHosts(context, addresses, wish, options),
        }),
      );
    });

  bounded(
    tracingAnywhere(subcommand('record', 'trace to a file, without a screen', EXAMPLES.record)).option(
      '-o, --output <file>',
      'the recording to write (required); packed when it ends in .gz',
    ),
  )
    .option('--ring <duration>', 'flight recorder: as --keep, and SIGUSR1 keeps what surrounds it')
    .option(
      '--on <finding>',
      'with --ring, also keep what surrounds this finding, or any (repeatable)',
      collect,
    )
    .option(
      '--min-free <size>',
      'end the recording when less is free on its disk (default: 5 %, at most 256M)',
    )
    .action((flags: Flags) => {
      const options = {
        ...traceOptions(flags, command),
        ...outletOptions(flags, context.env),
        output: requiredOutput(flags),
        force: flags.force === true,
        ...boundOptions(flags),
      };
      return run(
        there(flags, options, {
          name: 'record',
          one: (about) => record(about, options),
          each: (addresses, wish) => recordHosts(context, addresses, wish, options),
        }),
      );
    });
};

/** What is recorded for as long as anybody likes. */
export const bounded = (command: Command): Command =>
  command
    .option('--force', 'overwrite the file')
    .option(
      '--max-size <size>',
      'at most this much in all, for example 2G: in segments, the oldest are deleted',
    )
    .option('--keep <duration>', 'only the latest, for example 24h: in segments, the oldest are deleted');

/** Of this host, or of another. */
const tracingAnywhere = (command: Command): Command =>
  hostOption(tracing(command)).option('--dry-run', 'with --host: print what would run there, and do nothing');

export const tracing = (command: Command): Command =>
  command
    .usage('[options] [-- CMD ARGS...]')
    .option('-p, --pid <pid>', 'count only this process, filtered in the kernel (repeatable)', collect)
    .option(
      '--comm <glob>',
      "count only processes of this name, for example 'qemu*'; filtered in user space, so it lowers no cost",
    )
    .option('--probe <id>', 'only these probes: id,id (repeatable; default: all that can run here)', collect)
    .addOption(probeDir())
    .addOption(count())
    .addOption(variant())
    .option('--budget <share>', 'what the probes may take of each CPU at work, or off', '2%')
    .option('--listen <address>', 'serve /metrics for Prometheus: PORT on this machine only, or ADDRESS:PORT')
    .option('--push <url>', 'push metrics to VictoriaMetrics: http://HOST:8428')
    .option(
      '--canary <dir>',
      'create, remove and force to disk a file there at each sample (at most one a second), and plot how long it takes',
    )
    .option('-i, --interval <duration>', 'between samples', '1s')
    .option('-d, --duration <duration>', 'end after this time')
    .option('--map-keys <n>', 'capacity of each kernel map, in keys (PIDs)', '10240')
    .option('--attach-timeout <duration>', 'how long attaching may take', '30s');

export const traceOptions = (flags: Flags, command: readonly string[] | null): TraceOptions => {
  const probes = list(flags, 'probe');
  const duration = text(flags, 'duration');
  return {
    pids: list(flags, 'pid').map(readPid),
    comm: text(flags, 'comm'),
    probes: probes.length === 0 ? null : [...new Set(probes)],
    probeDirs: list(flags, 'probeDir'),
    variants: readVariants(list(flags, 'variant')),
    counts: readCounts(flags),
    intervalMs: readDuration('--interval', text(flags, 'interval') ?? '1s', 100, HOUR_MS),
    durationMs: duration === null ? null : readDuration('--duration', duration, 1, MAX_DURATION_MS),
    mapKeys: readInteger('--map-keys', text(flags, 'mapKeys') ?? '', 64, 65_536),
    attachTimeoutMs: readDuration('--attach-timeout', text(flags, 'attachTimeout') ?? '30s', 1_000, HOUR_MS),
    budget: readBudget(text(flags, 'budget') ?? '2%'),
    canary: canaryOption(flags),
    command,
    sort: text(flags, 'sort'),
  };
};

export const outletOptions = (flags: Flags, env: NodeJS.ProcessEnv) => {
  const [listen = null, push = null] = ['listen', 'push'].map((name) => text(flags, name));
  return {
    listen: listen === null ? null : readAddress(listen),
    push: push === null ? null : readPush(push, env),
  };
};

const canaryOption = (flags: Flags): string | null => {
  const directory = text(flags, 'canary');
  return directory === null ? null : resolve(directory);
};

const LEAST_RECORDING_BYTES = 1024 * 1024;
const LEAST_KEPT_MS = 10_000;

/** How much is recorded at most, and what is kept whatever comes. */
export const boundOptions = (flags: Flags): Pick<RecordOptions, 'bounds' | 'minFreeBytes' | 'keepOn'> => {
  const [maxSize, keep, ring, minFree] = ['maxSize', 'keep', 'ring', 'minFree'].map((name) =>
    text(flags, name),
  );
  const keepOn = list(flags, 'on');
  const refuse = (fact: string) => failure('E_USAGE', { fact, command: 'stallscope record' });
  if (ring !== null && keep !== null) throw refuse('--ring and --keep both say how long: give one.');
  if (keepOn.length > 0 && ring === null) throw refuse('--on keeps what a --ring would drop: give both.');
  const unknown = keepOn.find((id) => id !== 'any' && !FINDING_IDS.includes(id));
  if (unknown !== undefined)
    throw refuse(`There is no finding "${unknown}": ${FINDING_IDS.join(', ')}, or any.`);
  const duration = (name: string, value: string | null | undefined): number | null =>
    typeof value === 'string' ? readDuration(name, value, LEAST_KEPT_MS, MAX_DURATION_MS) : null;
  const bounds = {
    maxBytes: typeof maxSize === 'string' ? readSize('--max-size', maxSize, LEAST_RECORDING_BYTES) : null,
    keepMs: duration('--ring', ring) ?? duration('--keep', keep),
  };
  return {
    keepOn,
    bounds,
    minFreeBytes: typeof minFree === 'string' ? readSize('--min-free', minFree, 0) : null,
  };
};

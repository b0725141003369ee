/** The command line as data for commander: every command, option, example. Values are read in options.ts. */
import { Command, Option } from 'commander';
import { closest } from 'fastest-levenshtein';
import { FINDING_IDS } from '../core/insight/findings/index.ts';
import { failure } from '../errors.ts';
import { COUNT_FORMS, type Count, readCount } from '../probes/count.ts';
import { THEME_NAMES } from '../views/tui/theme.ts';
import { analyze } from './analyze.ts';
import { compare } from './compare.ts';
import type { Context } from './context.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { EXAMPLES } from './examples.ts';
import { importForeign } from './import.ts';
import { live } from './live.ts';
import { mark } from './mark.ts';
import {
  readBudget,
  readDuration,
  readInteger,
  readList,
  readPid,
  readScore,
  readSize,
  readSpeed,
  readVariants,
} from './options.ts';
import { listProbes, showProbe } from './probes.ts';
import { type RecordOptions, record } from './record.ts';
import { redact } from './redact.ts';
import { replay } from './replay.ts';
import { summary } from './summary.ts';
import type { TraceOptions } from './trace.ts';

const HOUR_MS = 3_600_000;
const MAX_DURATION_MS = 365 * 24 * HOUR_MS;

type Flags = Record<string, unknown>;

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

const text = (flags: Flags, name: string): string | null =>
  typeof flags[name] === 'string' ? flags[name] : null;

const list = (flags: Flags, name: string): string[] => readList((flags[name] as string[] | undefined) ?? []);

/** Parses argv (without node and script), runs the command, and resolves with the exit status. */
export const runProgram = async (context: Context, argv: readonly string[]): Promise<number> => {
  const { ours, command } = splitCommand(argv);
  let exit = 0;
  const run = (action: Promise<number>): Promise<void> =>
    action.then((status) => {
      exit = status;
    });
  const program = build(context, command, run);
  refuseUnknownCommand(program, ours);
  await program.parseAsync([...ours], { from: 'user' });
  return exit;
};

/** Everything after the first `--` is the user's command, never an option of ours. */
const splitCommand = (
  argv: readonly string[],
): { ours: readonly string[]; command: readonly string[] | null } => {
  const at = argv.indexOf('--');
  if (at < 0) return { ours: argv, command: null };
  const command = argv.slice(at + 1);
  if (command.length === 0)
    throw failure('E_USAGE', { fact: 'There is no command after --.', command: 'stallscope live' });
  return { ours: argv.slice(0, at), command };
};

const refuseUnknownCommand = (program: Command, argv: readonly string[]): void => {
  const first = argv[0];
  const names = program.commands.map((command) => command.name());
  if (first === undefined || first.startsWith('-') || names.includes(first) || first === 'help') return;
  throw failure('E_USAGE', {
    fact: `There is no command "${first}". Did you mean "${closest(first, names)}"? (A command to trace goes after --.)`,
    command: 'stallscope',
  });
};

type Run = (action: Promise<number>) => Promise<void>;

const build = (context: Context, command: readonly string[] | null, run: Run): Command => {
  const program = new Command('stallscope')
    .description('Counts, per PID, what makes Linux machines stall: live, recorded, replayed.')
    .version(context.version, '-V, --version')
    .helpCommand(true)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (out) => context.stdout.write(out),
      // Errors are thrown and printed once, by the one printer.
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .addHelpText('after', EXAMPLES.program);

  const subcommand = (name: string, description: string, examples: string, isDefault = false): Command =>
    program
      .command(name, { isDefault })
      .description(description)
      .allowExcessArguments(false)
      .exitOverride()
      .addHelpText('after', examples);

  sorting(
    tracing(
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
    .action((flags: Flags) =>
      run(
        live(context, {
          ...traceOptions(flags, command),
          ...faceOptions(flags),
          output: text(flags, 'output'),
          force: flags.force === true,
        }),
      ),
    );

  tracing(subcommand('record', 'trace to a file, without a screen', EXAMPLES.record))
    .option('-o, --output <file>', 'the recording to write (required); packed when it ends in .gz')
    .option('--force', 'overwrite the file')
    .option(
      '--max-size <size>',
      'at most so much in all, for example 2G: in segments, of which the oldest go',
    )
    .option(
      '--keep <duration>',
      'only the last so long, for example 24h: in segments, of which the oldest go',
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
    .action((flags: Flags) =>
      run(
        record(context, {
          ...traceOptions(flags, command),
          output: requiredOutput(flags),
          force: flags.force === true,
          ...boundOptions(flags),
        }),
      ),
    );

  playing(subcommand('replay', 'watch a recording', EXAMPLES.replay).argument('<file>'))
    .option('--follow', 'go on with a recording that is still being written')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'replay');
      return run(replay(context, { file, ...playOptions(flags), follow: flags.follow === true }));
    });

  sorting(
    subcommand(
      'summary',
      'totals per process and metric of a recording, and what was lost',
      EXAMPLES.summary,
    ),
  )
    .argument('<file>')
    .option('--from <time>', 'only from here: 14:02, +90s, an ISO time')
    .option('--to <time>', 'only up to here')
    .option('--json', 'one JSON object')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'summary');
      const options = { from: text(flags, 'from'), to: text(flags, 'to'), sort: text(flags, 'sort') };
      return run(summary(context, { file, json: flags.json === true, ...options }));
    });

  subcommand('compare', 'what is different after a mark, or in another recording', EXAMPLES.compare)
    .argument('<files...>')
    .option('--mark <text>', 'before and after the mark that holds this text')
    .option('--at <time>', 'before and after this time')
    .option('--window <duration>', 'only so much of either side')
    .option('--json', 'one JSON object')
    .action((files: string[], flags: Flags) => {
      refuseCommand(command, 'compare');
      if (files.length > 2) {
        throw failure('E_USAGE', {
          fact: 'compare takes one or two recordings.',
          command: 'stallscope compare',
        });
      }
      const options = { mark: text(flags, 'mark'), at: text(flags, 'at'), window: text(flags, 'window') };
      return run(compare(context, { files, json: flags.json === true, ...options }));
    });

  subcommand('mark', 'set a mark in a recording, also while it is being written', EXAMPLES.mark)
    .argument('<file>')
    .argument('<text>')
    .option('--at <time>', 'at this time of the recording (default: now)')
    .action((file: string, words: string, flags: Flags) => {
      refuseCommand(command, 'mark');
      return run(mark(context, { file, text: words, at: text(flags, 'at') }));
    });

  subcommand('redact', 'a copy of a recording without names, command lines and paths', EXAMPLES.redact)
    .argument('<file>')
    .option('-o, --output <file>', 'the recording to write (required)')
    .option('--force', 'overwrite the file')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'redact');
      return run(
        redact(context, { file, output: requiredOutput(flags, 'redact'), force: flags.force === true }),
      );
    });

  subcommand(
    'analyze',
    'what spiked in a recording, what belongs together, and the name of the failure',
    EXAMPLES.analyze,
  )
    .argument('<file>')
    .option('--freeze-after <time>', 'learn what is usual only from the beginning: 10m')
    .option('--json', 'one JSON object')
    .option('--symptom <metric>', 'rank what leads this series: METRIC or METRIC:PID')
    .option('--min-score <n>', 'tell spikes from this score on')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'analyze');
      const minScore = text(flags, 'minScore');
      const freezeAfter = text(flags, 'freezeAfter');
      return run(
        analyze(context, {
          file,
          freezeAfterMs:
            freezeAfter === null ? null : readDuration('--freeze-after', freezeAfter, 1000, MAX_DURATION_MS),
          json: flags.json === true,
          symptom: text(flags, 'symptom'),
          minScore: minScore === null ? null : readScore(minScore),
        }),
      );
    });

  subcommand('import', 'make a recording from sadf -j or a long CSV', EXAMPLES.import)
    .argument('<file>')
    .option('-o, --output <file>', 'the recording to write (required)')
    .option('--force', 'overwrite the file')
    .option('--format <name>', 'csv or sadf (default: by the name of the file)')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'import');
      return run(
        importForeign(context, {
          file,
          format: text(flags, 'format'),
          output: requiredOutput(flags, 'import'),
          force: flags.force === true,
        }),
      );
    });

  probeCommands(subcommand('probes', 'what can be counted here, and how', EXAMPLES.probes), context, run);

  subcommand('doctor', 'can this host trace, with what, and which one command helps', EXAMPLES.doctor)
    .option('--json', 'one JSON object')
    .addOption(probeDir())
    .action((flags: Flags) =>
      run(doctor(context, { json: flags.json === true, probeDirs: list(flags, 'probeDir') })),
    );

  playing(
    subcommand('demo', 'watch a bundled real recording; needs no root', EXAMPLES.demo).argument('[name]'),
  )
    .option('--list', 'name the bundled recordings')
    .action((name: string | undefined, flags: Flags) =>
      run(demo(context, { name: name ?? null, list: flags.list === true, ...playOptions(flags) })),
    );

  return program;
};

/** commander would ask for it before it looks at misspelt options. */
const requiredOutput = (flags: Flags, name = 'record'): string => {
  const output = text(flags, 'output');
  if (output !== null) return output;
  throw failure('E_USAGE', {
    fact: `${name} needs a file to write to: --output FILE (-o).`,
    command: `stallscope ${name}`,
  });
};

const refuseCommand = (command: readonly string[] | null, name: string): void => {
  if (command === null) return;
  throw failure('E_USAGE', {
    fact: `${name} traces nothing: it takes no command after --.`,
    command: `stallscope ${name}`,
  });
};

const probeDir = (): Option =>
  new Option('--probe-dir <dir>', 'also load probes from this folder').argParser(collect);

const count = (): Option =>
  new Option(
    '--count <name=event>',
    `count this too, as count.NAME (repeatable): NAME=${COUNT_FORMS.join(', ')}; a call of a program's function costs it about 13 µs`,
  ).argParser(collect);

const variant = (): Option =>
  new Option(
    '--variant <probe=variant>',
    'use this variant of a probe, or refuse (repeatable; see: probes show)',
  ).argParser(collect);

const tracing = (command: Command): Command =>
  command
    .usage('[options] [-- CMD ARGS...]')
    .option('-p, --pid <pid>', 'count only this process (repeatable)', collect)
    .option('--comm <glob>', "count only processes of this name, for example 'qemu*'")
    .option('--probe <id>', 'only these probes: id,id (repeatable; default: all that can run here)', collect)
    .addOption(probeDir())
    .addOption(count())
    .addOption(variant())
    .option('--budget <share>', 'what the probes may take of each CPU at work, or off', '2%')
    .option('-i, --interval <duration>', 'between samples', '1s')
    .option('-d, --duration <duration>', 'end after this time')
    .option('--map-keys <n>', 'capacity of each kernel map, in keys (PIDs)', '10240')
    .option('--attach-timeout <duration>', 'how long attaching may take', '30s');

const LEAST_RECORDING_BYTES = 1024 * 1024;
const LEAST_KEPT_MS = 10_000;

/** How much is recorded at most, and what is kept whatever comes. */
const boundOptions = (flags: Flags): Pick<RecordOptions, 'bounds' | 'minFreeBytes' | 'keepOn'> => {
  const [maxSize, keep, ring, minFree] = ['maxSize', 'keep', 'ring', 'minFree'].map((name) =>
    text(flags, name),
  );
  const keepOn = list(flags, 'on');
  const refuse = (fact: string) => failure('E_USAGE', { fact, command: 'stallscope record' });
  if (ring !== null && keep !== null) throw refuse('--ring and --keep both say how long: give one.');
  if (keepOn.length > 0 && ring === null) throw refuse('--on keeps what a --ring would let go: give both.');
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

const sorting = (command: Command): Command =>
  command.option('--sort <metric>', 'order processes by this metric, for example iomap.iter');

const traceOptions = (flags: Flags, command: readonly string[] | null): TraceOptions => {
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
    command,
    sort: text(flags, 'sort'),
  };
};

/** Not a list by commas: what a count may hold is its own business. */
const readCounts = (flags: Flags): Count[] => ((flags.count as string[] | undefined) ?? []).map(readCount);

const playing = (command: Command): Command =>
  sorting(command)
    .option('--from <time>', "begin here: 14:02, '3m ago', +90s, an ISO time")
    .option('--speed <n>', 'times real time, or max')
    .option('--json', 'NDJSON instead of the screen')
    .option('--plain', 'sentences instead of the screen, for a screen reader or a dumb terminal')
    .addOption(theme());

const playOptions = (flags: Flags) => {
  const speed = text(flags, 'speed');
  return {
    sort: text(flags, 'sort'),
    from: text(flags, 'from'),
    speed: speed === null ? null : readSpeed(speed),
    ...faceOptions(flags),
  };
};

const theme = (): Option =>
  new Option(
    '--theme <name>',
    'colours of the screen: basic, dark, light, safe (colour-blind), mono',
  ).choices([...THEME_NAMES]);

const faceOptions = (flags: Flags) => ({
  json: flags.json === true,
  plain: flags.plain === true,
  theme: THEME_NAMES.find((name) => name === flags.theme) ?? null,
});

const probeCommands = (probes: Command, context: Context, run: Run): void => {
  const options = (flags: Flags) => ({
    json: flags.json === true,
    probeDirs: list(flags, 'probeDir'),
    variants: readVariants(list(flags, 'variant')),
    counts: readCounts(flags),
  });
  const add = (name: string, description: string, isDefault: boolean): Command =>
    probes
      .command(name, { isDefault })
      .description(description)
      .allowExcessArguments(false)
      .exitOverride()
      .option('--json', 'JSON')
      .addOption(probeDir())
      .addOption(count())
      .addOption(variant());
  add('list', 'every probe, its question and its metrics', true).action((flags: Flags) =>
    run(listProbes(context, options(flags))),
  );
  add('show', 'one probe: variants, what each metric really counts, overhead, script', false)
    .argument('<id>')
    .action((id: string, flags: Flags) => run(showProbe(context, id, options(flags))));
};

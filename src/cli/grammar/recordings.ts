/** The commands that read recordings, and what can be asked of them. */
import type { Command } from 'commander';
import { failure } from '../../errors.ts';
import { analyze } from '../analyze.ts';
import { compare } from '../compare.ts';
import { demo } from '../demo.ts';
import { EXAMPLES } from '../examples.ts';
import { explain } from '../explain.ts';
import { exportRecording } from '../export.ts';
import { EXPORT_FORMATS } from '../export-formats.ts';
import { FORMAT_NAMES, importForeign } from '../import/import.ts';
import { mark } from '../mark.ts';
import { readDuration, readInteger, readScore, readSpeed } from '../options.ts';
import { redact } from '../redact.ts';
import { replay } from '../replay.ts';
import { report } from '../report.ts';
import { printSchema, SCHEMA_NAMES } from '../schema.ts';
import { summary } from '../summary.ts';
import { faceOptions, sorting, theme } from './face.ts';
import {
  type Flags,
  type Line,
  MAX_DURATION_MS,
  refuseCommand,
  requiredOutput,
  requiredPage,
  text,
} from './line.ts';

export const addRecordings = ({ context, command, run, subcommand }: Line): void => {
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
    .option('--window <duration>', 'only this much of each side')
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

  subcommand('report', 'a recording as one HTML page to send', EXAMPLES.report)
    .argument('<file>')
    .option('-o, --output <file>', 'the page to write (required); - is stdout')
    .option('--force', 'overwrite the file')
    .option('--redact', 'without names of host, processes and users, command lines and paths')
    .option('--mark <text>', 'compare before and after the mark that holds this text')
    .option('--at <time>', 'compare before and after this time')
    .option('--window <duration>', 'compare only this much of each side')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'report');
      return run(
        report(context, {
          file,
          output: requiredPage(flags),
          force: flags.force === true,
          redact: flags.redact === true,
          mark: text(flags, 'mark'),
          at: text(flags, 'at'),
          window: text(flags, 'window'),
        }),
      );
    });

  subcommand('mark', 'set a mark in a recording, also while it is being written', EXAMPLES.mark)
    .argument('<file>')
    .argument('<text>')
    .option('--at <time>', 'at this time of the recording (default: now, while it is being written)')
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
    'what spiked in a recording, what came first, and which known failure it is',
    EXAMPLES.analyze,
  )
    .argument('<file>')
    .option('--freeze-after <time>', 'learn the baseline only from the first part: 10m')
    .option('--json', 'one JSON object')
    .option('--digest', 'one small JSON object: findings and how far they can be trusted')
    .option('--symptom <metric>', 'rank what leads this series: METRIC or METRIC:PID')
    .option('--min-score <n>', 'report spikes from this score on')
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
          digest: flags.digest === true,
          symptom: text(flags, 'symptom'),
          minScore: minScore === null ? null : readScore(minScore),
        }),
      );
    });

  subcommand('explain', 'the runbook of a finding; without one, which there are', EXAMPLES.explain)
    .argument('[id]')
    .action((id: string | undefined) => {
      refuseCommand(command, 'explain');
      return run(explain(context, id ?? null));
    });

  subcommand('export', 'a recording in the format of another tool', EXAMPLES.export)
    .argument('<file>')
    .option('--format <name>', `${EXPORT_FORMATS.join(', ')} (required)`)
    .option('-o, --output <file>', 'the file to write (default: stdout)')
    .option('--force', 'overwrite the file')
    .option('--from <time>', 'only from here: 14:02, +90s, an ISO time')
    .option('--to <time>', 'only up to here')
    .option('--top <n>', 'only the n processes that did most, the others summed')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'export');
      return run(exportRecording(context, { file, ...exportOptions(flags) }));
    });

  subcommand('schema', 'the JSON Schema of a recording or of what a command prints', EXAMPLES.schema)
    .argument('<name>', SCHEMA_NAMES.join(', '))
    .action((name: string) => {
      refuseCommand(command, 'schema');
      return run(printSchema(context, name));
    });

  subcommand(
    'import',
    'make a recording from what is left after an outage: kernel logs, sysstat and more, archives too',
    EXAMPLES.import,
  )
    .argument('<paths...>', 'files, folders, archives (tar, packed or not), or - for stdin')
    .option('-o, --output <file>', 'the recording to write (required); of several hosts one each')
    .option('--force', 'overwrite the file')
    .option('--format <name>', `${FORMAT_NAMES.join(', ')} (default: by what is in the file)`)
    .option('--timezone <zone>', 'what times without a zone are in: UTC (default), +02:00, Europe/Berlin')
    .option('--boot-time <time>', 'when the machine booted, for a log that counts from there: an ISO time')
    .action((paths: string[], flags: Flags) => {
      refuseCommand(command, 'import');
      return run(
        importForeign(context, {
          paths,
          format: text(flags, 'format'),
          timezone: text(flags, 'timezone'),
          bootTime: text(flags, 'bootTime'),
          output: requiredOutput(flags, 'import'),
          force: flags.force === true,
        }),
      );
    });
};

const MOST_LISTED = 100_000;

const exportOptions = (flags: Flags) => {
  const [format, output, top] = ['format', 'output', 'top'].map((name) => text(flags, name));
  if (typeof format !== 'string')
    throw failure('E_USAGE', {
      fact: `export needs a format: --format ${EXPORT_FORMATS.join(', ')}.`,
      command: 'stallscope export',
    });
  return {
    format,
    output: typeof output !== 'string' || output === '-' ? null : output,
    force: flags.force === true,
    from: text(flags, 'from'),
    to: text(flags, 'to'),
    top: typeof top === 'string' ? readInteger('--top', top, 1, MOST_LISTED) : null,
  };
};

export const addDemo = ({ context, run, subcommand }: Line): void => {
  playing(
    subcommand('demo', 'watch a bundled real recording; needs no root', EXAMPLES.demo).argument('[name]'),
  )
    .option('--list', 'name the bundled recordings')
    .action((name: string | undefined, flags: Flags) =>
      run(demo(context, { name: name ?? null, list: flags.list === true, ...playOptions(flags) })),
    );
};

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

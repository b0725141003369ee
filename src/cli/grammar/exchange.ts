/** The commands by which recordings are made of what others wrote, and leave in forms that others read. */
import { failure } from '../../errors.ts';
import { EXAMPLES } from '../examples.ts';
import { exportRecording } from '../export.ts';
import { EXPORT_FORMATS } from '../export-formats.ts';
import { FORMAT_NAMES, importForeign } from '../import/import.ts';
import { readInteger } from '../options.ts';
import { redact } from '../redact.ts';
import { report } from '../report.ts';
import { printSchema, SCHEMA_NAMES } from '../schema.ts';
import { type Flags, type Line, refuseCommand, requiredOutput, requiredPage, text } from './line.ts';

export const addExchange = ({ context, command, run, subcommand }: Line): void => {
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

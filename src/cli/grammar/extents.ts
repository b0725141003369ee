/** The command that counts the extents of files. */
import { Option } from 'commander';
import { EXAMPLES } from '../examples.ts';
import { EXTENTS_FORMATS, extents } from '../extents.ts';
import { readDuration, readInteger, readSize } from '../options.ts';
import { collect, type Flags, HOUR_MS, type Line, refuseCommand, text } from './line.ts';

export const addExtents = ({ context, command, run, subcommand }: Line): void => {
  subcommand('extents', 'in how many extents files lie, the most first, and what has grown', EXAMPLES.extents)
    .argument('<path...>')
    .option('--include <glob>', 'of directories, only files of such names (repeatable)', collect)
    .option('--exclude <glob>', 'not files of such names (repeatable)', collect)
    .option('--depth <n>', 'directories below each other', '16')
    .option('--min-size <size>', 'of directories, only files of this size or more', '1M')
    .option('--max-files <n>', 'count at most so many', '10000')
    .option('--top <n>', 'list those with most', '50')
    .option('--timeout <duration>', 'for each file; what was walked by then is a lower bound', '10s')
    .option('--rate <n>', 'at most so many files a second', '20')
    .option('--json', 'one JSON object')
    .addOption(new Option('--format <name>', 'text, json, or openmetrics').choices([...EXTENTS_FORMATS]))
    .option('-o, --output <file>', 'into this file, as a whole, instead of stdout')
    .option('--into <file>', 'add this report to a recording of reports, a gauge for each file')
    .option('--state <file>', 'what the last report said (default: in /var/lib/stallscope or ~/.local/state)')
    .action((paths: string[], flags: Flags) => {
      refuseCommand(command, 'extents');
      const number = (option: string, name: string, most: number): number =>
        readInteger(option, text(flags, name) ?? '', 1, most);
      const format = EXTENTS_FORMATS.find((one) => one === flags.format);
      return run(
        extents(context, {
          paths,
          include: (flags.include as string[] | undefined) ?? [],
          exclude: (flags.exclude as string[] | undefined) ?? [],
          depth: number('--depth', 'depth', 256),
          minBytes: readSize('--min-size', text(flags, 'minSize') ?? '', 0),
          maxFiles: number('--max-files', 'maxFiles', 100_000),
          top: number('--top', 'top', 100_000),
          timeoutMs: readDuration('--timeout', text(flags, 'timeout') ?? '', 10, HOUR_MS),
          perSecond: number('--rate', 'rate', 1_000),
          format: format ?? (flags.json === true ? 'json' : 'text'),
          output: text(flags, 'output') === '-' ? null : text(flags, 'output'),
          into: text(flags, 'into'),
          state: text(flags, 'state'),
        }),
      );
    });
};

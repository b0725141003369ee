/** The commands that read recordings, and what can be asked of them. */
import type { Command } from 'commander';
import { failure } from '../../errors.ts';
import { analyze } from '../analyze.ts';
import { compare } from '../compare.ts';
import { demo } from '../demo.ts';
import { EXAMPLES } from '../examples.ts';
import { explain } from '../explain.ts';
import { mark } from '../mark.ts';
import { readDuration, readScore, readSpeed } from '../options.ts';
import { replay } from '../replay.ts';
import { replayHosts } from '../replay-hosts.ts';
import { summary } from '../summary.ts';
import { faceOptions, sorting, theme } from './face.ts';
import { type Flags, type Line, MAX_DURATION_MS, refuseCommand, text } from './line.ts';

export const addRecordings = ({ context, command, run, subcommand }: Line): void => {
  playing(subcommand('replay', 'watch a recording, or those of several hosts on one clock', EXAMPLES.replay))
    .argument('<files...>')
    .option('--follow', 'go on with a recording that is still being written')
    .option('--freeze-after <time>', FREEZE_HELP)
    .action((files: string[], flags: Flags) => {
      refuseCommand(command, 'replay');
      const options = { ...playOptions(flags), follow: flags.follow === true, ...freezeOptions(flags) };
      if (files.length > 1 && options.freezeAfterMs !== null) {
        throw failure('E_USAGE', {
          fact: '--freeze-after is for one recording.',
          command: 'stallscope replay',
        });
      }
      const [file = ''] = files;
      return run(
        files.length === 1
          ? replay(context, { file, ...options })
          : replayHosts(context, { files, ...options }),
      );
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

  subcommand('mark', 'set a mark in a recording, also while it is being written', EXAMPLES.mark)
    .argument('<file>')
    .argument('<text>')
    .option('--at <time>', 'at this time of the recording (default: now, while it is being written)')
    .action((file: string, words: string, flags: Flags) => {
      refuseCommand(command, 'mark');
      return run(mark(context, { file, text: words, at: text(flags, 'at') }));
    });

  subcommand(
    'analyze',
    'what spiked in a recording, what came first, and which known failure it is',
    EXAMPLES.analyze,
  )
    .argument('<file>')
    .option('--freeze-after <time>', FREEZE_HELP)
    .option('--json', 'one JSON object')
    .option('--digest', 'one small JSON object: findings and how far they can be trusted')
    .option('--symptom <metric>', 'rank what leads this series: METRIC or METRIC:PID')
    .option('--min-score <n>', 'report spikes from this score on')
    .action((file: string, flags: Flags) => {
      refuseCommand(command, 'analyze');
      const minScore = text(flags, 'minScore');
      return run(
        analyze(context, {
          file,
          ...freezeOptions(flags),
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
};

const FREEZE_HELP = 'learn the baseline only from the first part: 10m';

const freezeOptions = (flags: Flags): { readonly freezeAfterMs: number | null } => {
  const freezeAfter = text(flags, 'freezeAfter');
  return {
    freezeAfterMs:
      freezeAfter === null ? null : readDuration('--freeze-after', freezeAfter, 1000, MAX_DURATION_MS),
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

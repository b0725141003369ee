/** The command line: what stands after `--` is the user's command, the rest is described in grammar/ as data for commander. */
import { Command } from 'commander';
import { failure, suggestion } from '../errors.ts';
import type { Context } from './context.ts';
import { EXAMPLES } from './examples.ts';
import type { Line } from './grammar/line.ts';
import { COMMANDS, partsFor } from './grammar/parts.ts';

/** Parses argv (without node and script), runs the command, and resolves with the exit status. */
export const runProgram = async (context: Context, argv: readonly string[]): Promise<number> => {
  const { ours, command } = splitCommand(argv);
  let exit = 0;
  const run = (action: Promise<number>): Promise<void> =>
    action.then((status) => {
      exit = status;
    });
  refuseUnknownCommand(ours);
  const program = await build({ context, command, run }, ours);
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

const refuseUnknownCommand = (argv: readonly string[]): void => {
  const first = argv[0];
  if (first === undefined || first.startsWith('-') || COMMANDS.includes(first) || first === 'help') return;
  throw failure('E_USAGE', {
    fact: `There is no command "${first}".${suggestion(COMMANDS, first)} (A command to trace goes after --.)`,
    command: 'stallscope',
  });
};

const build = async (line: Omit<Line, 'subcommand'>, argv: readonly string[]): Promise<Command> => {
  const { context } = line;
  const program = new Command('stallscope')
    .description('Counts, per PID, what makes Linux machines stall: live, recorded, replayed.')
    .version(context.version, '-V, --version')
    .helpCommand(true)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (out) => context.out.write(out),
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

  for (const load of partsFor(argv)) (await load())({ ...line, subcommand });
  return program;
};

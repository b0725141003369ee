/** The command line: what stands after `--` is the user's command, the rest is described in grammar/ as data for commander. */
import { Command } from 'commander';
import { failure, suggestion } from '../errors.ts';
import type { Context } from './context.ts';
import { EXAMPLES } from './examples.ts';
import { addCompletions } from './grammar/completions.ts';
import { addExchange } from './grammar/exchange.ts';
import { addExtents } from './grammar/extents.ts';
import { addGuard } from './grammar/guard.ts';
import type { Line } from './grammar/line.ts';
import { addHost } from './grammar/probes.ts';
import { addDemo, addRecordings } from './grammar/recordings.ts';
import { addTracing } from './grammar/tracing.ts';

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
    fact: `There is no command "${first}".${suggestion(names, first)} (A command to trace goes after --.)`,
    command: 'stallscope',
  });
};

const build = (context: Context, command: readonly string[] | null, run: Line['run']): Command => {
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

  const line: Line = { context, command, run, subcommand };
  addTracing(line);
  addRecordings(line);
  addExchange(line);
  addHost(line);
  addExtents(line);
  addGuard(line);
  addDemo(line);
  addCompletions(line);
  return program;
};

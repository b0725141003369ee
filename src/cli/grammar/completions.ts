/** The command that prints what a shell completes the others with. */
import { printCompletions } from '../completions/print.ts';
import { EXAMPLES } from '../examples.ts';
import { type Line, refuseCommand } from './line.ts';

export const addCompletions = ({ context, command, run, subcommand }: Line): void => {
  const own = subcommand(
    'completions',
    'the script that bash, zsh or fish completes with',
    EXAMPLES.completions,
  );
  own.argument('<shell>').action((shell: string) => {
    refuseCommand(command, 'completions');
    return run(printCompletions(context, shell, own.parent ?? own));
  });
};

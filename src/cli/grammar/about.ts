/** The command that prints the documents the tool carries. */
import { about } from '../about.ts';
import { EXAMPLES } from '../examples.ts';
import { type Line, refuseCommand } from './line.ts';

export const addAbout = ({ context, command, run, subcommand }: Line): void => {
  subcommand('about', 'what comes with the tool: its manual page, its licences', EXAMPLES.about)
    .argument('[name]')
    .action((name: string | undefined) => {
      refuseCommand(command, 'about');
      return run(about(context, name ?? null));
    });
};

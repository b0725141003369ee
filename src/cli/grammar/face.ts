/** How a session is shown, and in which order: options that live tracing and replays share. */
import { type Command, Option } from 'commander';
import { THEME_NAMES } from '../../tui/theme.ts';
import type { Flags } from './line.ts';

export const sorting = (command: Command): Command =>
  command.option('--sort <metric>', 'order processes by this metric, for example iomap.iter');

export const theme = (): Option =>
  new Option(
    '--theme <name>',
    'colours of the screen: basic, dark, light, safe (colour-blind), mono',
  ).choices([...THEME_NAMES]);

export const faceOptions = (flags: Flags) => ({
  json: flags.json === true,
  plain: flags.plain === true,
  theme: THEME_NAMES.find((name) => name === flags.theme) ?? null,
});

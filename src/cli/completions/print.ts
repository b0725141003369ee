/** `stallscope completions SHELL`: the script that a shell completes this command line with. */
import type { Command } from 'commander';
import { failure, suggestion } from '../../errors.ts';
import { FINDING_IDS } from '../../insight/findings/index.ts';
import { loadCatalogue } from '../../probes/catalogue.ts';
import { DOCUMENT_NAMES } from '../about.ts';
import type { Context } from '../context.ts';
import { EXPORT_FORMATS } from '../export-formats.ts';
import { FORMAT_NAMES } from '../import/import.ts';
import { SCHEMA_NAMES } from '../schema.ts';
import { bashCompletions } from './bash.ts';
import { fishCompletions } from './fish.ts';
import { type CommandNode, commandTree } from './tree.ts';
import { zshCompletions } from './zsh.ts';

const WRITERS: Readonly<Record<string, (program: CommandNode) => string>> = {
  bash: bashCompletions,
  fish: fishCompletions,
  zsh: zshCompletions,
};

export const SHELLS = Object.keys(WRITERS);

/** @throws E_USAGE for a shell that is not known */
export const printCompletions = async (
  context: Context,
  shell: string,
  program: Command,
): Promise<number> => {
  const write = WRITERS[shell];
  if (write === undefined) {
    throw failure('E_USAGE', {
      fact: `There are completions for ${SHELLS.join(', ')}, none for "${shell}".${suggestion(SHELLS, shell)}`,
      command: 'stallscope completions',
    });
  }
  context.out.write(write(commandTree(program, choices())));
  return 0;
};

const choices = () => {
  const probes = loadCatalogue().map(({ manifest }) => manifest.id);
  return {
    '--probe': probes,
    '--on': [...FINDING_IDS, 'any'],
    'export --format': EXPORT_FORMATS,
    'import --format': FORMAT_NAMES,
    show: probes,
    about: DOCUMENT_NAMES,
    explain: FINDING_IDS,
    schema: SCHEMA_NAMES,
    completions: SHELLS,
  };
};

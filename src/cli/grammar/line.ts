/** What every part of the command line is made of: the line as it was split, flags, and what all commands refuse alike. */
import type { Command } from 'commander';
import { failure } from '../../errors.ts';
import { MOST_HOSTS } from '../../remote/address.ts';
import type { Context } from '../context.ts';
import { readList } from '../options.ts';

/** The command line while it is described. */
export type Line = {
  readonly context: Context;
  /** argv after `--`, or null. */
  readonly command: readonly string[] | null;
  /** Runs what was asked for; its status becomes that of the program. */
  readonly run: (action: Promise<number>) => Promise<void>;
  readonly subcommand: (name: string, description: string, examples: string, isDefault?: boolean) => Command;
};

export type Flags = Record<string, unknown>;

export const HOUR_MS = 3_600_000;
export const MAX_DURATION_MS = 365 * 24 * HOUR_MS;

/** Of an option that may be given more than once. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export const text = (flags: Flags, name: string): string | null =>
  typeof flags[name] === 'string' ? flags[name] : null;

/** `--host`, of commands that can be about another, and what goes with it. */
export const hostOption = (command: Command): Command =>
  command
    .option(
      '--host <name>',
      `another host instead, [user@]name as for ssh, or up to ${MOST_HOSTS}: a,b,c; only bpftrace and sh run there`,
    )
    .option(
      '--push-bpftrace <file>',
      'with --host: copy this bpftrace there, run it, and remove it at the end, whatever ends it',
    );

/** What is asked of the host that a command is about. */
export const hostFlags = (flags: Flags): { readonly host: string | null; readonly push: string | null } => ({
  host: text(flags, 'host'),
  push: text(flags, 'pushBpftrace'),
});

export const list = (flags: Flags, name: string): string[] =>
  readList((flags[name] as string[] | undefined) ?? []);

/** Elsewhere `-` is stdout; a recording is a file that can be read anywhere while it grows. */
export const optionalOutput = (flags: Flags, name: string): string | null => {
  const output = text(flags, 'output');
  if (output !== '-') return output;
  throw failure('E_USAGE', {
    fact: 'A recording is written to a file, not to stdout (-o -): for one called "-", -o ./-; for lines on stdout, stallscope live --json.',
    command: `stallscope ${name}`,
  });
};

/** commander would ask for it before it looks at misspelt options. */
export const requiredOutput = (flags: Flags, name = 'record'): string => {
  const output = optionalOutput(flags, name);
  if (output !== null) return output;
  throw noOutput(name);
};

/** A page is text, and can go to stdout. */
export const requiredPage = (flags: Flags): string => {
  const output = text(flags, 'output');
  if (output !== null) return output;
  throw noOutput('report');
};

const noOutput = (name: string): Error =>
  failure('E_USAGE', {
    fact: `${name} needs a file to write to: --output FILE (-o).`,
    command: `stallscope ${name}`,
  });

export const refuseCommand = (command: readonly string[] | null, name: string): void => {
  if (command === null) return;
  throw failure('E_USAGE', {
    fact: `${name} traces nothing: it takes no command after --.`,
    command: `stallscope ${name}`,
  });
};

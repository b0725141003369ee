/** The command line as data, read off commander: what a shell is to offer at each place. */
import type { Command, Option } from 'commander';

/** What a value is completed with. */
export type Value =
  | { readonly kind: 'none' }
  | { readonly kind: 'file' }
  | { readonly kind: 'directory' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] };

export type OptionNode = {
  /** As it is typed: `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null of a flag without one. */
  readonly value: Value | null;
  readonly repeats: boolean;
};

export type CommandNode = {
  /** The words that lead here, without the program: `probes show`; empty of the program itself. */
  readonly path: string;
  /** The last of them. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** Of its first argument. */
  readonly argument: Value;
  readonly commands: readonly CommandNode[];
};

/** Names that only the product knows, by command or option, or by both where options differ: probes, findings, formats. */
export type Choices = Readonly<Record<string, readonly string[]>>;

/** The program itself first, then every command below it. A default command's options are its parent's too. */
export const commandTree = (program: Command, choices: Choices): CommandNode => nodeOf(program, '', choices);

export const allNodes = (node: CommandNode): CommandNode[] => [node, ...node.commands.flatMap(allNodes)];

const nodeOf = (command: Command, path: string, choices: Choices): CommandNode => {
  const under = command.commands.map((one) => nodeOf(one, `${path} ${one.name()}`.trim(), choices));
  const byDefault = under.find(({ path: name }) => name === defaultPath(command, path));
  const options = [...command.options.map((one) => optionOf(one, path, choices)), HELP];
  const known = new Set(options.flatMap(({ names }) => names));
  return {
    path,
    name: command.name(),
    description: command.description(),
    options: [
      ...options,
      ...(byDefault?.options.filter(({ names }) => names.every((name) => !known.has(name))) ?? []),
    ],
    argument: argumentOf(command, choices),
    commands: under,
  };
};

const HELP: OptionNode = { names: ['-h', '--help'], description: 'help for it', value: null, repeats: false };

/** commander keeps to itself which command is the default one; its name is public in neither type nor method. */
const defaultPath = (command: Command, path: string): string => {
  const name = (command as Command & { readonly _defaultCommandName?: string | null })._defaultCommandName;
  return `${path} ${name ?? ''}`.trim();
};

const optionOf = (option: Option, path: string, choices: Choices): OptionNode => {
  const names = [option.short, option.long].filter((name) => name !== undefined && name !== null);
  const placeholder = /<([^>]+)>/.exec(option.flags)?.[1] ?? null;
  const known = choices[`${path} ${option.long}`] ?? choices[option.long ?? ''];
  return {
    names,
    description: option.description,
    value: placeholder === null ? null : valueNamed(placeholder, option.argChoices ?? known),
    repeats: option.parseArg !== undefined,
  };
};

const argumentOf = (command: Command, choices: Choices): Value => {
  const argument = command.registeredArguments[0];
  return argument === undefined
    ? { kind: 'none' }
    : valueNamed(argument.name(), argument.argChoices ?? choices[command.name()]);
};

const valueNamed = (placeholder: string, choices: readonly string[] | undefined): Value => {
  if (choices !== undefined) return { kind: 'choices', choices };
  if (/^(file|path)s?$/i.test(placeholder)) return { kind: 'file' };
  return /^dir(ectory)?$/i.test(placeholder) ? { kind: 'directory' } : { kind: 'none' };
};

/** Completions for fish 3 and later. */
import { allNodes, type CommandNode, type OptionNode, type Value } from './tree.ts';

export const fishCompletions = (program: CommandNode): string => {
  const nodes = allNodes(program);
  return `# fish completions of stallscope: stallscope completions fish > ~/.config/fish/completions/stallscope.fish
function __stallscope_at
    set -l at ''
    for word in (commandline -opc)[2..]
        test "$word" = --; and return 1
        switch "$at/$word"
${nodes
  .flatMap(({ path, commands }) =>
    commands.map(
      (one) =>
        `            case ${quoted(`${path}/${one.name}`)}\n                set at ${quoted(one.path)}`,
    ),
  )
  .join('\n')}
        end
    end
    test "$at" = "$argv"
end

function __stallscope_command
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    and complete -C (string join ' ' -- (string escape -- $words[(math $at + 1)..]) (commandline -ct))
end

complete -c stallscope -f
complete -c stallscope -n 'contains -- -- (commandline -opc)' -a '(__stallscope_command)'
${nodes.flatMap(linesOf).join('\n')}
`;
};

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const linesOf = ({ path, options, commands, argument }: CommandNode): string[] => {
  const here = `complete -c stallscope -n ${quoted(`__stallscope_at ${path === '' ? "''" : path}`)}`;
  return [
    ...commands.map((one) => `${here} -a ${one.name} -d ${quoted(one.description)}`),
    ...(commands.length === 0 && argument.kind !== 'none' ? [`${here} ${valueText(argument)}`] : []),
    ...options.map((option) => `${here} ${optionText(option)}`),
  ];
};

const optionText = ({ names, description, value }: OptionNode): string => {
  const forms = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const needs = value === null ? '' : ` -r ${valueText(value)}`;
  return `${forms.join(' ')}${needs.trimEnd()} -d ${quoted(description)}`;
};

const valueText = (value: Value): string => {
  switch (value.kind) {
    case 'file':
      return '-F';
    case 'directory':
      return `-a '(__fish_complete_directories)'`;
    case 'choices':
      return `-a ${quoted(value.choices.join(' '))}`;
    case 'none':
      return '';
  }
};

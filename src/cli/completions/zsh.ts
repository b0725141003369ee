/** Completions for zsh, in the form that its function path takes (`_stallscope`). */
import { allNodes, type CommandNode, type OptionNode, type Value } from './tree.ts';

export const zshCompletions = (program: CommandNode): string => {
  const nodes = allNodes(program);
  return `#compdef stallscope
# zsh completions of stallscope: stallscope completions zsh > /usr/local/share/zsh/site-functions/_stallscope
_stallscope() {
  local at='' i first=1
  for ((i = 2; i < CURRENT; i++)); do
    if [[ $words[i] == -- ]]; then
      shift $i words
      (( CURRENT -= i ))
      _normal
      return
    fi
    case "$at/$words[i]" in
${nodes
  .flatMap(({ path, commands }) =>
    commands.map((one) => `      ${quoted(`${path}/${one.name}`)}) at=${quoted(one.path)}; first=$i ;;`),
  )
  .join('\n')}
    esac
  done
  # _arguments takes the first of the words for the command.
  (( first > 1 )) && { shift $((first - 1)) words; (( CURRENT -= first - 1 )); }
  case "$at" in
${nodes.map(nodeCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _stallscope ]]; then _stallscope "$@"; else compdef _stallscope stallscope; fi
`;
};

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const nodeCase = ({ path, options, commands, argument }: CommandNode): string => {
  const first =
    commands.length > 0
      ? `1:command:((${commands.map((one) => `${one.name}\\:${doubled(one.description)}`).join(' ')}))`
      : `*:${argument.kind === 'none' ? ' ' : 'argument'}:${valueText(argument)}`;
  const specs = [...options.flatMap(specsOf), first].map((spec) => `      ${quoted(spec)}`);
  return `    ${quoted(path)}) _arguments -S : \\\n${specs.join(' \\\n')} ;;`;
};

/** Inside (( )) a description is one word in double quotes. */
const doubled = (text: string): string => `"${text.replace(/["\\$`]/g, '').replaceAll(':', '\\:')}"`;

const specsOf = ({ names, description, value, repeats }: OptionNode): string[] => {
  const others = repeats ? '*' : `(${names.join(' ')})`;
  const said = description.replace(/[[\]\\]/g, '').replaceAll(':', ' -');
  return names.map(
    (name) =>
      `${others}${name}[${said}]${value === null ? '' : `:${name.replace(/^-+/, '')}:${valueText(value)}`}`,
  );
};

const valueText = (value: Value): string => {
  switch (value.kind) {
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'choices':
      return `(${value.choices.join(' ')})`;
    case 'none':
      return ' ';
  }
};

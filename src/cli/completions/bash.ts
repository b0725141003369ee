/** Completions for bash 4 and later, without the package bash-completion. */
import { allNodes, type CommandNode, type OptionNode, type Value } from './tree.ts';

export const bashCompletions = (program: CommandNode): string => {
  const nodes = allNodes(program);
  return `# bash completions of stallscope: stallscope completions bash > /etc/bash_completion.d/stallscope
_stallscope_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_stallscope_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_stallscope() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' word i
  COMPREPLY=()
  # bash takes --theme=dark apart at the sign.
  if [[ $cur == '=' ]]; then cur=''
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == -- ]]; then
      if ((i == COMP_CWORD - 1)); then _stallscope_files -c "$cur"; else _stallscope_files -f "$cur"; fi
      return
    fi
    case "$at/$word" in
${nodes
  .flatMap(({ path, commands }) => commands.map((one) => `      '${path}/${one.name}') at='${one.path}' ;;`))
  .join('\n')}
    esac
  done
  case "$at/$prev" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${nodes.map(wordCase).join('\n')}
  esac
}
complete -F _stallscope stallscope
`;
};

const valueCases = ({ path, options }: CommandNode): string[] =>
  options
    .filter((option): option is OptionNode & { value: Value } => option.value !== null)
    .map(({ names, value }) => {
      const patterns = names.map((name) => `'${path}/${name}'`).join('|');
      return `    ${patterns}) ${valueText(value)}; return ;;`;
    });

const wordCase = ({ path, options, commands, argument }: CommandNode): string => {
  const flags = options.flatMap(({ names }) => names).join(' ');
  const words = commands.map((one) => one.name).join(' ');
  const rest = words === '' ? valueText(argument) : `_stallscope_words '${words}' "$cur"`;
  return `    '${path}') if [[ $cur == -* ]]; then _stallscope_words '${flags}' "$cur"; else ${rest}; fi ;;`;
};

const valueText = (value: Value): string => {
  switch (value.kind) {
    case 'file':
      return '_stallscope_files -f "$cur"';
    case 'directory':
      return '_stallscope_files -d "$cur"';
    case 'choices':
      return `_stallscope_words '${value.choices.join(' ')}' "$cur"`;
    case 'none':
      return ':';
  }
};

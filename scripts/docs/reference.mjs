// docs/reference.md: everything that is looked up. Each table is made from what the tool itself goes by.
import { VARIABLES } from './environment.mjs';
import { allCommands } from './help.mjs';
import { otherStatuses, STATUSES } from './statuses.mjs';
import { cell, code, table } from './text.mjs';

export const referencePage = (product) => {
  const commands = allCommands();
  return [
    '# Reference',
    'Made by `npm run docs` from the tool itself: its help, key table, catalogues and manifests. Do not edit it here.',
    'In the terminal: `stallscope COMMAND --help`, `?` on the screen, `stallscope probes show ID`, `man -l docs/stallscope.1`.',
    '## Commands',
    commandTable(commands),
    '## Options',
    'With `-- CMD ARGS…` (`live`, `record`) the probes are attached first, then the command runs and is counted with all its\ndescendants, from its first instruction. Under sudo it runs as the user who called sudo.',
    optionTable(commands),
    '## Examples',
    `\`\`\`sh\n${commands.flatMap(({ examples }) => examples).join('\n')}\n\`\`\``,
    '## Probes',
    'What each number really counts on your kernel: `stallscope probes show ID`.',
    probeTable(product.probes),
    '### What they cost',
    ...product.probes.map(({ id, overhead }) => `**${code(id)}** ${overhead}`),
    '## Metrics',
    "Of processes. The host's own signals stand in every recording's header.",
    metricTable(product.probes),
    '## Keys',
    'The name of a key is what `config.json` calls it (see Settings).',
    keyTable(product),
    '## Signs',
    signTable(product),
    '## Findings',
    table(
      ['Finding', 'What it says', 'Runbook'],
      product.FINDING_TITLES.map(([id, title]) => [code(id), cell(title), `[${id}](runbooks/${id}.md)`]),
    ),
    '## Exit status',
    'Each error with its code and next step: [errors.md](errors.md).',
    statusTable(product.EXIT),
    '## Environment',
    table(
      ['Variable', 'What it does'],
      VARIABLES.map(([names, meaning]) => [names.split(', ').map(code).join(', '), cell(meaning)]),
    ),
    '## Settings',
    `\`$XDG_CONFIG_HOME/stallscope/config.json\`, or \`~/.config/stallscope/config.json\`: \`theme\` (${product.THEME_NAMES.map(code).join(', ')}), \`mouse\`\n(false leaves it to the terminal: without that, Shift and the mouse select text) and \`keys\`, lists of keys by name. What cannot be understood in it ends the command with the reason.`,
    '```json\n{ "theme": "light", "mouse": false, "keys": { "quit": ["q", "Q"], "hold": ["p"] } }\n```',
    'Columns chosen on the screen (`s`) are remembered apart from it, in `$XDG_STATE_HOME/stallscope/columns.json` or\n`~/.local/state/stallscope/columns.json`; what cannot be understood there is left out, and said.',
    '',
  ].join('\n\n');
};

const commandTable = (commands) =>
  table(
    ['Command', 'What it does', 'Usage'],
    commands.map(({ name, description, usage }) => [
      code(`stallscope ${name}`),
      cell(description),
      code(cell(usage)),
    ]),
  );

/** One row for each option that means the same everywhere; what commands say differently has rows of its own. */
const optionTable = (commands) => {
  const rows = new Map();
  for (const { name, options } of commands)
    for (const [flags, meaning] of options) {
      const key = `${flags}\n${meaning}`;
      const row = rows.get(key) ?? { flags, meaning, of: [] };
      row.of.push(name);
      rows.set(key, row);
    }
  return table(
    ['Option', 'Meaning', 'Of'],
    [...rows.values()].map(({ flags, meaning, of }) => [code(cell(flags)), cell(meaning), of.join(', ')]),
  );
};

const probeTable = (probes) =>
  table(
    ['Probe', 'The question', 'Variants, the first that can run is used'],
    probes.map(({ id, question, variants }) => [
      code(id),
      cell(question),
      variants.map((variant) => code(variant.id)).join(', '),
    ]),
  );

const metricTable = (probes) =>
  table(
    ['Metric', 'What it counts', 'Unit'],
    probes.flatMap(({ id, metrics }) =>
      metrics
        .filter(({ internal }) => internal !== true)
        .map(({ name, help, unit, kind }) => [
          code(`${id}.${name}`),
          cell(help),
          kind === 'counter' ? unit : `${unit}, ${kind}`,
        ]),
    ),
  );

const keyTable = ({ KEYS, keyLabel, CONTEXT_TITLES }) =>
  table(
    ['Key', 'Where', 'What it does', 'Name'],
    CONTEXT_TITLES.flatMap(([context, title]) =>
      KEYS.filter(({ where }) => where === context).map(({ id, keys, help }) => [
        keys.map((key) => code(keyLabel(key))).join(' '),
        title.toLowerCase(),
        cell(help),
        code(id),
      ]),
    ),
  );

const signTable = ({ glyphsFor, signsOf }) => {
  const ascii = signsOf(glyphsFor('ascii'));
  return table(
    ['Sign', 'Without UTF-8', 'Meaning'],
    signsOf(glyphsFor('utf8')).map(([sign, meaning], index) => [
      code(sign),
      code(ascii[index][0]),
      cell(meaning),
    ]),
  );
};

const statusTable = (EXIT) => {
  const [ok, ...others] = otherStatuses(EXIT);
  const ours = Object.entries(STATUSES).map(([name, meaning]) => [EXIT[name], `${name}: ${meaning}`]);
  return table(
    ['Status', 'Meaning'],
    [ok, ...ours, ...others].map(([status, meaning]) => [status, cell(meaning)]),
  );
};

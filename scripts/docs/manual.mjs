// docs/stallscope.1: the manual page, from the tool's own help and its key table.
import { VARIABLES } from './environment.mjs';
import { helpOf, partsOf } from './help.mjs';
import { otherStatuses, STATUSES } from './statuses.mjs';

/** As troff wants it: no line may begin with a dot or a quote, and a hyphen is one that can be copied. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');

const verbatim = (text) => ['.nf', roff(text), '.fi'];

const entry = (term, meaning) => ['.TP', `.B ${roff(String(term))}`, roff(meaning.replaceAll('`', ''))];

export const manualPage = ({ EXIT, KEYS, keyLabel, CONTEXT_TITLES, THEME_NAMES }) =>
  [
    '.\\" Made by npm run docs from the program and its key table.',
    '.TH STALLSCOPE 1',
    '.SH NAME',
    'stallscope \\- which process makes this machine stall, and what it makes the kernel do',
    '.SH SYNOPSIS',
    ...verbatim(helpOf()),
    ...partsOf(helpOf()).commands.flatMap((name) => [
      `.SH "STALLSCOPE ${name.toUpperCase()}"`,
      ...verbatim(helpOf(name)),
    ]),
    '.SH KEYS',
    'In brackets the name of each, by which it can be given other keys (see FILES).',
    ...CONTEXT_TITLES.flatMap(([where, title]) => [
      `.SS ${roff(title)}`,
      ...KEYS.filter((binding) => binding.where === where).flatMap(({ id, keys, help }) =>
        entry(keys.map(keyLabel).join(' '), `${help} [${id}]`),
      ),
    ]),
    '.SH FILES',
    '.TP',
    '.I $XDG_CONFIG_HOME/stallscope/config.json\\fR, or \\fI~/.config/stallscope/config.json',
    roff(
      `Settings of the screen: "theme", one of ${THEME_NAMES.join(', ')}; "mouse", false to leave it to the terminal; "keys", lists of keys by name:`,
    ),
    ...verbatim('{ "theme": "light", "mouse": false, "keys": { "quit": ["q", "Q"], "hold": ["p"] } }'),
    '.SH ENVIRONMENT',
    ...VARIABLES.flatMap(([name, meaning]) => entry(name, meaning)),
    '.SH "EXIT STATUS"',
    ...Object.entries(STATUSES).flatMap(([name, meaning]) => entry(EXIT[name], meaning)),
    ...otherStatuses(EXIT).flatMap(([status, meaning]) => entry(status, meaning)),
    '',
  ].join('\n');

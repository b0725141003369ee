// docs/errors.md: the catalogue of errors, by exit status.
import { otherStatuses, STATUSES } from './statuses.mjs';
import { cell, code, table } from './text.mjs';

const facts = (text) => cell(text).replace(/\{([a-zA-Z]+)\}/g, (_, name) => `*${name}*`);

export const errorsPage = ({ ERRORS, EXIT }) => {
  const sections = Object.entries(STATUSES).map(([name, meaning]) => {
    const rows = Object.entries(ERRORS)
      .filter(([, { exit }]) => exit === EXIT[name])
      .map(([id, { what, next }]) => [code(id), facts(what), facts(next)]);
    return `## Exit ${EXIT[name]}: ${name}\n\n${meaning}\n\n${table(['code', 'message', 'next step'], rows)}\n`;
  });
  return [
    '# Errors and exit statuses\n',
    'Made from the catalogue in src/errors.ts by `npm run docs`; a test keeps them the same.\n',
    'Every error is two lines on stderr, after the terminal was restored: what happened with the fact that was seen, and',
    'the next step. Words in *italics* stand for those facts. stdout holds results only.\n',
    ...sections,
    '## Other exit statuses\n',
    table(
      ['status', 'meaning'],
      otherStatuses(EXIT).map(([status, meaning]) => [status, cell(meaning)]),
    ),
    '',
  ].join('\n');
};

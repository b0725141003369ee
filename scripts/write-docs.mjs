// Writes the pages that are made from code: docs/errors.md, the manual page, and the JSON schemas of recordings and of probe.json. Run it
// after a build; with `--check` it writes nothing and fails when a page is not what the code says.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const { ERRORS, EXIT } = await import(new URL('dist/errors.js', root).href);
const { KEYS, keyLabel } = await import(new URL('dist/views/tui/model/keys.js', root).href);
const { THEME_NAMES } = await import(new URL('dist/views/tui/theme.js', root).href);
const { manifestJsonSchema } = await import(new URL('dist/probes/manifest.js', root).href);
const { recordingJsonSchema } = await import(new URL('dist/wire/recording.js', root).href);

/** What each exit status means for a script that reads it. */
const STATUSES = {
  usage: 'The command line asks for something that cannot be. Nothing was started, no file was touched.',
  environment:
    'This host cannot trace as it is. `stallscope doctor` shows every check and the one command that helps.',
  probe: 'bpftrace refused a probe, or a probe folder is wrong. Other probes may well run.',
  recording: 'The file is not a recording that this version can read. It was only read, never changed.',
  bug: 'A fault of ours, printed with its stack.',
};

const OTHERS = [
  [EXIT.ok, 'Fine; also when the reader of our output has closed it (`| head`).'],
  ['status of CMD', '`-- CMD` was given: its own exit status, or 128 + the signal that killed it.'],
  [EXIT.sighup, 'Ended by SIGHUP, in order: the recording has its trailer.'],
  [EXIT.sigint, 'Ended by SIGINT (Ctrl-C), in order.'],
  [EXIT.sigterm, 'Ended by SIGTERM, in order.'],
];

const cell = (text) =>
  text
    .replaceAll('|', '\\|')
    .replaceAll('\n', '<br>')
    .replace(/\{([a-zA-Z]+)\}/g, '*$1*');

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const errorsPage = () => {
  const sections = Object.entries(STATUSES).map(([name, meaning]) => {
    const rows = Object.entries(ERRORS)
      .filter(([, { exit }]) => exit === EXIT[name])
      .map(([code, { what, next }]) => [`\`${code}\``, cell(what), cell(next)]);
    return `## Exit ${EXIT[name]}: ${name}\n\n${meaning}\n\n${table(['code', 'message', 'next step'], rows)}\n`;
  });
  return [
    '# Errors and exit statuses\n',
    'Made from the catalogue in src/errors.ts by `node scripts/write-docs.mjs`; a test keeps them the same.\n',
    'Every error is two lines on stderr, after the terminal was restored: what happened with the fact that was seen, and',
    'the next step. Words in *italics* stand for those facts. stdout holds results only.\n',
    ...sections,
    '## Other exit statuses\n',
    table(['status', 'meaning'], OTHERS),
    '',
  ].join('\n');
};

/** As troff wants it: no line may begin with a dot or a quote, and a hyphen is one that can be copied. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');

const helpOf = (...command) => {
  const launcher = fileURLToPath(new URL('bin/stallscope.js', root));
  const { stdout } = spawnSync(process.execPath, [launcher, ...command, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '100' },
  });
  return stdout.trimEnd();
};

const PLACES = {
  anywhere: 'everywhere',
  table: 'in the table',
  signals: 'in the signals (Tab)',
  page: 'in detail, finding, session and help',
  live: 'live',
  replay: 'in a replay',
  input: 'while typing',
};

const manual = () => {
  const general = helpOf();
  const commands = [
    ...(general.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z]+)/gm),
  ]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  const verbatim = (text) => ['.nf', roff(text), '.fi'];
  return [
    '.\\" Made by scripts/write-docs.mjs from the program and its key table.',
    '.TH STALLSCOPE 1',
    '.SH NAME',
    'stallscope \\- which process makes this machine stall, and what it makes the kernel do',
    '.SH SYNOPSIS',
    ...verbatim(general),
    ...commands.flatMap((name) => [`.SH "STALLSCOPE ${name.toUpperCase()}"`, ...verbatim(helpOf(name))]),
    '.SH KEYS',
    'In brackets the name of each, by which it can be given other keys (see FILES).',
    ...Object.entries(PLACES).flatMap(([where, title]) => [
      `.SS ${roff(title)}`,
      ...KEYS.filter((binding) => binding.where === where).flatMap(({ id, keys, help }) => [
        '.TP',
        `.B ${roff(keys.map(keyLabel).join(' '))}`,
        roff(`${help} [${id}]`),
      ]),
    ]),
    '.SH FILES',
    '.TP',
    '.I $XDG_CONFIG_HOME/stallscope/config.json\\fR, or \\fI~/.config/stallscope/config.json',
    roff(`Settings of the screen: "theme", one of ${THEME_NAMES.join(', ')}; "keys", lists of keys by name:`),
    ...verbatim('{ "theme": "light", "keys": { "quit": ["q", "Q"], "hold": ["p"] } }'),
    '.SH ENVIRONMENT',
    '.TP',
    '.B NO_COLOR',
    'No colours; weight and reversal carry the meaning.',
    '.TP',
    '.B TERM',
    roff('With TERM=dumb the session is told in sentences, as with --plain.'),
    '.TP',
    '.B LC_ALL, LC_CTYPE, LANG',
    roff('Without UTF-8 the screen is drawn in ASCII.'),
    '.SH "EXIT STATUS"',
    ...Object.entries(STATUSES).flatMap(([name, meaning]) => [
      '.TP',
      `.B ${EXIT[name]}`,
      roff(meaning.replaceAll('`', '')),
    ]),
    '',
  ].join('\n');
};

const PAGES = {
  'docs/errors.md': errorsPage(),
  'docs/probe.schema.json': `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`,
  'docs/stallscope.1': manual(),
  'docs/recording.schema.json': `${JSON.stringify(recordingJsonSchema(), null, 2)}\n`,
};

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(PAGES)) {
  const file = new URL(path, root);
  if (!check) {
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(
      `${path} is not current. Write it again: npm run build && node scripts/write-docs.mjs\n`,
    );
    process.exitCode = 1;
  }
}

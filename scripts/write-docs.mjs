// Writes the pages that are made from code: docs/errors.md and the JSON schemas of recordings and of probe.json. Run it
// after a build; with `--check` it writes nothing and fails when a page is not what the code says.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const { ERRORS, EXIT } = await import(new URL('dist/errors.js', root).href);
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

const PAGES = {
  'docs/errors.md': errorsPage(),
  'docs/probe.schema.json': `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`,
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

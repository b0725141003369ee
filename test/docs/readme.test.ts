import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { KEYS, type KeyContext, keyLabel } from '../../src/views/tui/model/keys.ts';
import { blocksOf, codesIn, readDoc, root, rowsOf, sectionOf } from './sections.ts';

const readme = readDoc('README.md');

const helpTexts = new Map<string, { readonly status: number | null; readonly text: string }>();
const help = (command: string): { readonly status: number | null; readonly text: string } => {
  const known = helpTexts.get(command);
  if (known !== undefined) return known;
  const args = [join(root, 'bin/stallscope.js'), ...command.split(' ').filter(Boolean), '--help'];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const asked = { status, text: stdout };
  helpTexts.set(command, asked);
  return asked;
};
/** Names in the `Commands:` part of a help text. */
const subcommandsIn = (text: string): string[] =>
  [...(text.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
const optionsIn = (text: string): string[] =>
  [...text.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm)].flatMap(([, short, long]) => [
    short ?? '',
    long ?? '',
  ]);

const WHERE: Readonly<Record<KeyContext, string>> = {
  anywhere: 'everywhere',
  table: 'table',
  signals: 'signals',
  page: 'detail, finding, session, help',
  live: 'live',
  replay: 'replay',
  input: 'while typing',
};

// It starts the tool for every command: seconds on a quiet machine.
describe('README.md', { timeout: 60_000 }, () => {
  it('has the key table of the screen, row by row', () => {
    const expected = KEYS.map(
      ({ keys, where, help: text }) =>
        `| ${keys.map((key) => `\`${keyLabel(key)}\``).join(' ')} | ${WHERE[where]} | ${text} |`,
    );
    const rows = sectionOf(readme, 'keys')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2);
    expect(rows).toEqual(expected);
  });

  it('names the commands that --help has, and no others', () => {
    const named = rowsOf(sectionOf(readme, 'commands')).map(([command]) => codesIn(command ?? '')[0] ?? '');
    const there = subcommandsIn(help('').text).flatMap((command) => {
      const under = subcommandsIn(help(command).text);
      return under.length === 0 ? [command] : under.map((name) => `${command} ${name}`);
    });
    const commands = named.map((text) => /^stallscope ([a-z]+(?: (?:list|show|check))?)/.exec(text)?.[1]);
    expect(there.length).toBeGreaterThan(0);
    expect([...commands].sort()).toEqual([...there].sort());
    for (const command of there) expect(help(command).status, command).toBe(0);
  });

  it('uses only options that exist, in every example and table', () => {
    const lines = [
      ...blocksOf(readme, 'sh').flatMap((block) => block.split('\n')),
      ...rowsOf(sectionOf(readme, 'commands')).flatMap((row) => codesIn(row.join(' '))),
    ];
    const ours = lines.flatMap(
      (line) => /(?:^|\s)(?:stallscope|bin\/stallscope\.js)( .*)?$/.exec(line)?.[1] ?? [],
    );
    expect(ours.length).toBeGreaterThan(8);
    for (const line of ours) {
      const words = (line.split(/ -- | [#|] /)[0] ?? '').trim().split(/\s+/);
      const first = words[0] ?? '';
      const command =
        first === '' || first.startsWith('-')
          ? 'live'
          : first === 'probes'
            ? words.slice(0, 2).join(' ')
            : first;
      const { status, text } = help(command);
      expect(status, line).toBe(0);
      for (const word of words.filter((one) => /^-/.test(one))) expect(optionsIn(text), line).toContain(word);
    }
  });

  it('lists the options of live, record and replay, and none that is gone', () => {
    const listed = rowsOf(sectionOf(readme, 'options')).flatMap(([option]) =>
      codesIn(option ?? '').flatMap((code) => code.match(/--?[a-z-]+/g) ?? []),
    );
    const there = new Set(['live', 'record', 'replay'].flatMap((command) => optionsIn(help(command).text)));
    for (const odd of ['', '-h', '--help']) there.delete(odd);
    expect([...listed].sort()).toEqual([...there].sort());
  });

  it('has every exit status', () => {
    const statuses = rowsOf(sectionOf(readme, 'exits')).map(([status]) => Number(status));
    expect(statuses.sort()).toEqual(
      Object.values(EXIT)
        .filter((status) => status !== EXIT.remote)
        .sort(),
    );
  });

  it('has a row for every bundled probe', () => {
    const rows = rowsOf(sectionOf(readme, 'probes')).map(([id]) => codesIn(id ?? '')[0]);
    expect([...rows].sort()).toEqual(loadCatalogue().map(({ manifest }) => manifest.id));
  });

  it('quotes the overhead that each probe states', () => {
    const quoted = sectionOf(readme, 'overhead');
    for (const { manifest } of loadCatalogue()) {
      const row = rowsOf(quoted).find(([id]) => codesIn(id ?? '')[0] === manifest.id);
      expect(row, manifest.id).toBeDefined();
      const numbers = (row?.join(' ') ?? '').match(/\d[\d.,]*/g) ?? [];
      for (const number of numbers)
        expect(manifest.overhead, manifest.id).toContain(number.replace(/[.,]$/, ''));
    }
  });

  it('links only to files that exist', () => {
    for (const doc of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/adr/README.md']) {
      const links = [...readDoc(doc).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
        ([, to]) => to ?? '',
      );
      for (const link of links) expect(existsSync(join(root, doc, '..', link)), `${doc}: ${link}`).toBe(true);
    }
  });
});

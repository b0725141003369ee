import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { blocksOf, codesIn, readDoc, root, rowsOf, sectionOf } from './sections.ts';

const readme = readDoc('README.md');

const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const PAGES = ['.', 'docs', 'docs/adr', 'docs/runbooks', 'examples'].flatMap(markdownIn);

/** A chapter of the reference, which another test holds to the tool's own help. */
const referenceRows = (title: string): string[][] =>
  rowsOf(readDoc('docs/reference.md').split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '');

/** Options by command: `live`, …, `probes list`. */
const OPTIONS = new Map(
  referenceRows('Commands').map(([command = '']) => {
    const name = command.replace(/^`stallscope |`$/g, '');
    const own = referenceRows('Options').filter(([, , of = '']) => of.split(', ').includes(name));
    const flags = own.flatMap(([option = '']) => option.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? []);
    return [name, [...flags, '--help', '--version']];
  }),
);

/** The words of a line of shell behind `stallscope`, up to the user's command, a comment or a pipe. */
const wordsBehindStallscope = (line: string): string[] | null => {
  const code = line.split(/(?:^|\s)#/)[0] ?? '';
  const ours = /(?:^|\s)(?:stallscope|bin\/stallscope\.js)( .*)?$/.exec(code.trim());
  return ours === null ? null : ((ours[1] ?? '').split(/ -- | [|;] | …/)[0] ?? '').trim().split(/\s+/);
};

const commandIn = ([first = '', second = '']: readonly string[]): string => {
  if (first === '' || first.startsWith('-')) return 'live';
  return first === 'probes' ? `${first} ${second}` : first;
};

/** What a heading's link is, as the sites that show these pages make it. */
const anchorsIn = (page: string): string[] =>
  [...readDoc(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

describe('README.md', () => {
  it('is short', () => {
    expect(readme.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(1_500);
  });

  it('has a row for every bundled probe', () => {
    const rows = rowsOf(sectionOf(readme, 'probes')).map((row) => codesIn(row[2] ?? '')[0]);
    expect([...rows].sort()).toEqual(loadCatalogue().map(({ manifest }) => manifest.id));
  });
});

describe('pages written by hand', () => {
  it('use only commands and options that exist, in every example', () => {
    const examples = PAGES.flatMap((page) =>
      blocksOf(readDoc(page), 'sh').flatMap((block) =>
        block.split('\n').flatMap((line) => {
          const words = wordsBehindStallscope(line);
          return words === null ? [] : [{ where: `${page}: ${line}`, words }];
        }),
      ),
    );
    expect(examples.length).toBeGreaterThan(20);
    for (const { where, words } of examples) {
      const options = OPTIONS.get(commandIn(words));
      expect(options, where).toBeDefined();
      for (const word of words.filter((one) => /^-[-a-z]/.test(one))) expect(options, where).toContain(word);
    }
  });

  it('link only to files and headings that exist', () => {
    for (const page of PAGES) {
      for (const [, to = '', anchor] of readDoc(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
        const target = to === '' ? page : join(dirname(page), to);
        expect(existsSync(join(root, target)), `${page}: ${to}`).toBe(true);
        if (anchor !== undefined) expect(anchorsIn(target), `${page}: ${to}#${anchor}`).toContain(anchor);
      }
    }
  });
});

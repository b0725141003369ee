/** The words of docs/words.md are kept: those it keeps out are in no source, probe or page. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codesIn, readDoc, root, rowsOf } from './sections.ts';

const section = readDoc('docs/words.md').split('\n## Words kept out\n')[1] ?? '';
const KEPT_OUT = rowsOf(section).flatMap(([words]) => codesIn(words ?? ''));

const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path))
    .map((path) => join(folder, path));

const READ = [
  'README.md',
  'CONTRIBUTING.md',
  ...filesIn('src', /\.tsx?$/),
  ...filesIn('probes', /probe\.json$|\.md$|\.bt$/),
  ...filesIn('docs', /\.md$/).filter((path) => !/^docs\/(adr\/|words\.md$)/.test(path)),
];

/** A word as it stands alone; one with a capital is a name, and stands only as it is written. */
const patternOf = (word: string): RegExp =>
  new RegExp(`(?<![\\w$])${word.replaceAll(' ', '\\s+')}(?![\\w$])`, /[A-Z]/.test(word) ? 'g' : 'gi');

describe('words kept out', () => {
  it('are many, and read from many files', () => {
    expect(KEPT_OUT.length).toBeGreaterThan(15);
    expect(READ.length).toBeGreaterThan(300);
  });

  it.each(KEPT_OUT)('%s', (word) => {
    const pattern = patternOf(word);
    const found = READ.flatMap((path) =>
      readDoc(path)
        .split('\n')
        .flatMap((line, index) => (line.search(pattern) < 0 ? [] : [`${path}:${index + 1}: ${line.trim()}`])),
    );
    expect(found).toEqual([]);
  });
});

/** Parts of our documents that must agree with the code: what stands between `<!-- name -->` and `<!-- /name -->`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const readDoc = (path: string): string => readFileSync(join(root, path), 'utf8');

export const sectionOf = (text: string, name: string): string => {
  const from = text.indexOf(`<!-- ${name} -->`);
  const to = text.indexOf(`<!-- /${name} -->`);
  if (from < 0 || to < from) throw new Error(`there is no section ${name}`);
  return text.slice(from + `<!-- ${name} -->`.length, to).trim();
};

/** Cells of every row but the heading's, trimmed. */
export const rowsOf = (section: string): string[][] => {
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
  const rule = rows.findIndex((row) => row.every((cell) => /^:?-+:?$/.test(cell)));
  return rows.slice(rule + 1);
};

/** What stands in backticks. */
export const codesIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

/** Fenced blocks of one language, in order. */
export const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , body]) => body ?? '');

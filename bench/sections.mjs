// docs/overhead.md is made of sections; one that takes a guest of its own can be measured, and replaced, alone.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './measure.mjs';

const PAGE = join(root, 'docs', 'overhead.md');

/** Measures a section and prints it; with --write it takes the place of the one of that title, or goes to the end. */
export const measureAlone = async (title, measure) => {
  const section = await measure();
  console.log(section.join('\n'));
  if (process.argv.includes('--write'))
    writeFileSync(PAGE, withSection(readFileSync(PAGE, 'utf8'), title, section));
};

const withSection = (text, title, section) => {
  const [before, after = ''] = text.trimEnd().split(`\n${title}\n`);
  const next = after.indexOf('\n## ');
  return `${before.trimEnd()}\n${section.join('\n')}\n${next === -1 ? '' : after.slice(next)}`;
};

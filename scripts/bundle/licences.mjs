// The licences of what is bundled, each whole: they ask to go wherever the code goes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.mjs';

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:\.(?:md|txt|mit))?$/i;

/** Of the packages that these files are of, in order of their names. */
export const licencesOf = (paths) => {
  const folders = [...new Set(paths.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []))];
  return folders.map(licenceOf).sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** Without the ends of lines of other systems. */
export const plainText = (text) => text.replaceAll('\r', '').trim();

const licenceOf = (folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const texts = readdirSync(join(root, folder))
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => plainText(readFileSync(join(root, folder, file), 'utf8')));
  if (typeof license !== 'string') throw new Error(`${name} does not say which licence it has`);
  return { name, version, license, texts };
};

export const licencesText = (licences) => {
  const list = licences.map(({ name, version, license }) => `${name} ${version}: ${license}`);
  const parts = licences.map(({ name, version, license, texts }) => {
    const body =
      texts.length > 0 ? texts.join('\n\n') : `It comes without a text; package.json says: ${license}`;
    return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${body}\n`;
  });
  return `stallscope is licensed under Apache-2.0. Within it are:\n\n${list.join('\n')}\n\n${parts.join('\n')}`;
};

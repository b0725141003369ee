// The tool as one file: its code, its probes, recordings, runbooks, pages, manual page, and the licences of all that.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.mjs';
import { carriedFiles, carriedPaths } from './carried.mjs';
import { licencesOf, licencesText } from './licences.mjs';
import { inAscii, programText } from './program.mjs';

export const BUNDLE = join(root, 'dist', 'stallscope.mjs');
export const LICENCES = 'dist/THIRD-PARTY-LICENSES';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Of both forms; `script` is without what surrounds it. `others`: licences of what else there is around it. */
const bundled = async (others = []) => {
  const { text, inputs } = await programText(version);
  const licences = licencesText([...licencesOf([...inputs, ...carriedPaths()]), ...others]);
  const files = { ...carriedFiles(), [LICENCES]: licences };
  return { script: `${text}\n${carriedText(files)}`, licences };
};

const carriedText = (files) => {
  const entries = Object.entries(files).map(
    ([path, file]) => `${JSON.stringify(path)}: ${inAscii(JSON.stringify(file))},\n`,
  );
  return `function stallscopeFiles() {\nreturn {\n${entries.join('')}};\n}\n`;
};

const MODULE_HEAD = `#!/usr/bin/env node
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const stallscopeWords = [fileURLToPath(import.meta.url)];
`;

const EXECUTABLE_HEAD = `'use strict';
const stallscopeWords = [];
`;

/** As a script that an executable begins with, and the licences of all that is in the executable. */
export const executableScript = async (licenceOfNode) => {
  const { script, licences } = await bundled([licenceOfNode]);
  return { script: `${EXECUTABLE_HEAD}${script}`, licences };
};

/** Writes dist/stallscope.mjs, whole or not at all, and the licences beside it. */
export const writeBundle = async () => {
  const { script, licences } = await bundled();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, LICENCES), licences);
  writeFileSync(`${BUNDLE}.new`, `${MODULE_HEAD}${script}`);
  chmodSync(`${BUNDLE}.new`, 0o755);
  renameSync(`${BUNDLE}.new`, BUNDLE);
};

// The Node that an executable is made of: the one that runs, or that of another architecture, as its project publishes it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { plainText } from '../bundle/licences.mjs';
import { root } from '../root.mjs';

export const ARCHITECTURES = ['x64', 'arm64'];

/** Its path, and its licence as those of what is bundled are described. */
export const nodeFor = (arch) =>
  arch === process.arch ? withLicence(process.execPath) : withLicence(published(arch));

const withLicence = (path) => ({
  path,
  licence: {
    name: 'Node.js',
    version: process.versions.node,
    license: 'MIT',
    texts: [plainText(licenceBeside(path))],
  },
});

/** Where Node's own archive has it, the npm packages of it, and Debian's and NodeSource's. */
const licenceBeside = (path) => {
  const places = ['../LICENSE', '../share/doc/nodejs/LICENSE', '../share/doc/nodejs/copyright'];
  const found = places.map((place) => join(dirname(path), place)).find(existsSync);
  if (found === undefined)
    throw new Error(`the licence of Node is nowhere near ${path}, and has to go with it`);
  return readFileSync(found, 'utf8');
};

/** By npm, which checks what it fetches: the packages hold what nodejs.org publishes. */
const published = (arch) => {
  const cache = join(root, '.cache', 'node');
  const folder = join(cache, `${process.versions.node}-${arch}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const making = mkdtempSync(join(cache, 'fetch-'));
    run('npm', ['pack', '--silent', `node-linux-${arch}@${process.versions.node}`], making);
    run('tar', ['xzf', `node-linux-${arch}-${process.versions.node}.tgz`], making);
    renameSync(join(making, 'package'), folder);
    rmSync(making, { recursive: true });
  }
  return join(folder, 'bin', 'node');
};

const run = (command, args, cwd) => {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
};

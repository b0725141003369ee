// What is built, for scripts and tests that run it: modules in dist/, and the one file that bin/stallscope.js runs. Never what
// is older than the sources it was made of.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { carriedPaths } from './bundle/carried.mjs';
import { root } from './root.mjs';

const modifiedMs = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** A folder counts too: it changes when a file in it goes. */
const newestIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).reduce(
    (newest, entry) => {
      const path = join(entry.parentPath, entry.name);
      const ms = modifiedMs(path);
      return ms > newest.ms ? { path, ms } : newest;
    },
    { path: folder, ms: modifiedMs(folder) },
  );

const newestOf = (path) =>
  existsSync(path) && statSync(path).isDirectory() ? newestIn(path) : { path, ms: modifiedMs(path) };

const MODULES = ['src', 'tsconfig.build.json'];
const FILE = ['src', 'scripts/bundle', 'package.json', 'package-lock.json'];

/** The source that is newer than what is built, as a path in the project, or null when the build is current. */
export const staleBecauseOf = () =>
  newerThan('dist/cli/main.js', MODULES) ?? newerThan('dist/stallscope.mjs', [...FILE, ...carriedPaths()]);

const newerThan = (built, sources) => {
  const builtMs = modifiedMs(join(root, built));
  const newer = sources.map((path) => newestOf(join(root, path))).find(({ ms }) => ms > builtMs);
  return newer === undefined ? null : newer.path.slice(root.length);
};

/** Throws one line that says what to do when the build is not current. */
export const requireBuild = () => {
  const newer = staleBecauseOf();
  if (newer !== null) throw new Error(`dist is older than ${newer}: npm run build`);
};

// What is built, for scripts and tests that run it; never what is older than the sources it was made of.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

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

/** The source that is newer than what is built, as a path in the project, or null when the build is current. */
export const staleBecauseOf = () => {
  const config = join(root, 'tsconfig.build.json');
  const sources = newestIn(join(root, 'src'));
  const newest = modifiedMs(config) > sources.ms ? { path: config, ms: modifiedMs(config) } : sources;
  return modifiedMs(join(root, 'dist', 'cli', 'main.js')) >= newest.ms
    ? null
    : newest.path.slice(root.length);
};

/** Throws one line that says what to do when the build is not current. */
export const requireBuild = () => {
  const newer = staleBecauseOf();
  if (newer !== null) throw new Error(`dist is older than ${newer}: npm run build`);
};

/** The bundled recordings, real ones made by this tool; none before they are made. */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { forLong, HAS_TIME } from './requires.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

export const examples: readonly string[] = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => /\.ndjson(\.gz)?$/.test(name))
  .sort()
  .map((name) => folder + name);

/** So many are gone through where time is short. */
const SHORT = 3;

/** A test of each, by its name. */
export const itForEachExample = (body: (path: string) => void | Promise<void>): void => {
  for (const [index, path] of examples.entries()) {
    const now = HAS_TIME || index < SHORT;
    it.skipIf(!now)(now ? basename(path) : forLong(basename(path)), () => body(path));
  }
};

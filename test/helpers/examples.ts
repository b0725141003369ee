/** The bundled recordings, real ones made by this tool; none before they are made. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

export const examples: readonly string[] = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => /\.ndjson(\.gz)?$/.test(name))
  .sort()
  .map((name) => folder + name);

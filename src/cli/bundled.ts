/** The recordings that come with the tool: examples/<incident>.ndjson[.gz]. Nothing is written beside them. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BUNDLED_FOLDER = fileURLToPath(new URL('../../examples', import.meta.url));

export const isBundled = (file: string): boolean => {
  try {
    return dirname(realpathSync(file)) === realpathSync(BUNDLED_FOLDER);
  } catch {
    return false;
  }
};

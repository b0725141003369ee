/** Assets beside the modules, as a checkout has them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from './assets.ts';

export const folderAssets = (root: string): Assets => {
  const bytes = (path: string): Buffer => readFileSync(join(root, path));
  const text = (path: string): string => bytes(path).toString('utf8');
  return {
    version: String((JSON.parse(text('package.json')) as { version?: unknown }).version),
    names: (folder) => namesIn(join(root, folder)),
    bytes,
    text,
    place: (path) => join(root, path),
  };
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

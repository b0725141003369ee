/**
 * The form in which the tool runs. This is that of a checkout; scripts/bundle puts another module in its place, and nothing
 * else differs between the forms.
 */
import { fileURLToPath } from 'node:url';
import { folderAssets } from './folder.ts';

/** The same distance from src/assets and from dist/assets. */
export const assets = folderAssets(fileURLToPath(new URL('../..', import.meta.url)));

/** With these words Node becomes the process that listens. */
export const listenerWords: readonly string[] = [
  fileURLToPath(new URL('../serve/child.js', import.meta.url)),
];

/**
 * The form in which the tool runs. This is that of a checkout; scripts/bundle puts another module in its place, and nothing
 * else differs between the forms.
 */
import { fileURLToPath } from 'node:url';
import { folderAssets } from './folder.ts';

/** The folder that our code is in, with a slash at its end. The same distance from src/assets and from dist/assets. */
export const home: string = fileURLToPath(new URL('../../', import.meta.url));

export const assets = folderAssets(home);

/** Processes of ours that the tool starts beside itself. */
export const CHILDREN = ['listener', 'pusher', 'guard', 'canary'] as const;
export type Child = (typeof CHILDREN)[number];

/** With these words Node becomes one. */
export const wordsOf = (child: Child): readonly string[] => [
  fileURLToPath(new URL(MODULES[child], import.meta.url)),
];

const MODULES: Readonly<Record<Child, string>> = {
  listener: '../serve/child.js',
  pusher: '../serve/push-child.js',
  guard: '../cli/guard/child.js',
  canary: '../host/canary/child.js',
};

// File systems whose searches take no extent steps of iomap, or take them in a way of their own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { must, tryTo } from '../here.mjs';
import { imageAt, loopMount, unmountLater } from './loop.mjs';

export const btrfs = (root, name = 'btrfs') =>
  loopMount(root, name, { sizeBytes: 512 * 1024 ** 2, make: ['mkfs.btrfs', '-q'] });

export const tmpfs = (root, name = 'tmpfs') => {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  tryTo('tmpfs cannot be mounted here', 'mount', '-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', dir);
  unmountLater(dir);
  return dir;
};

/** Read-only, of what is in `from`; its holes stay holes. */
export const erofs = (root, from, name = 'erofs') => {
  const { image, dir } = imageAt(root, name, 0);
  must('mkfs.erofs', '--quiet', '--chunksize=4096', image, from);
  tryTo('erofs cannot be mounted here', 'mount', '-t', 'erofs', '-o', 'loop,ro', image, dir);
  unmountLater(dir);
  return dir;
};

/** overlayfs whose layers all lie on the file system of `base`; `lower` is where its files are made. */
export const overlay = (base, name = 'overlay') => {
  const [lower, upper, work, dir] = ['lower', 'upper', 'work', name].map((part) => join(base, part));
  for (const part of [lower, upper, work, dir]) mkdirSync(part, { recursive: true });
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  tryTo('overlayfs cannot be mounted here', 'mount', '-t', 'overlay', '-o', layers, 'overlay', dir);
  unmountLater(dir);
  return { lower, dir };
};

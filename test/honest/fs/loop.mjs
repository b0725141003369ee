// A file system of our own on a loop device over a sparse image; unmounted and removed with the trial.

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT, must, tryTo } from '../here.mjs';
import { later } from '../tidy.mjs';

export const unmountLater = (dir) =>
  later(() => {
    // A process that has just been killed may hold the mount a moment longer: the kernel finishes lazily.
    spawnSync('umount', ['--lazy', dir], { env: ENVIRONMENT });
  });

/** An empty image of that size under `root`, and where it will be mounted. */
export const imageAt = (root, name, sizeBytes) => {
  const image = join(root, `${name}.image`);
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, sizeBytes);
  later(() => rmSync(image, { force: true }));
  return { image, dir };
};

/** @param make mkfs and its arguments; the image is appended */
export const loopMount = (root, name, { sizeBytes, make, options = 'loop' }) => {
  const { image, dir } = imageAt(root, name, sizeBytes);
  must(...make, image);
  tryTo(`${make[0]} cannot be mounted here`, 'mount', '-o', options, image, dir);
  unmountLater(dir);
  must('chmod', '1777', dir);
  return dir;
};

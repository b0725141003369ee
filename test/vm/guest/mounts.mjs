// File systems of the trials' own, on loop devices over sparse images, below /mnt. Mounted once, for whoever asks first.
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { prepare } from './work.mjs';

/** `/mnt/TYPE`, made and mounted when it is not there yet. */
export const mounted = (type, bytes) => {
  const directory = `/mnt/${type}`;
  if (existsSync(directory)) return directory;
  const image = `/var/tmp/${type}.img`;
  writeFileSync(image, '');
  truncateSync(image, bytes);
  prepare(`mkfs.${type}`, '-q', image);
  mkdirSync(directory, { recursive: true });
  prepare('mount', '-o', 'loop', image, directory);
  return directory;
};

export const mountedXfs = () => mounted('xfs', 2 * 1024 ** 3);

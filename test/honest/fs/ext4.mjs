// ext4; a file of many extents without holes takes a file system of its own, whose free space was made into holes.
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../here.mjs';
import { loopMount } from './loop.mjs';

const FRAGMENT = fileURLToPath(new URL('../../vm/guest/workloads/fragment-ext4.pl', import.meta.url));
const MIB = 1024 ** 2;

export const ext4 = (root, name = 'ext4', sizeBytes = 512 * MIB) =>
  loopMount(root, name, { sizeBytes, make: ['mkfs.ext4', '-q', '-F', '-b', '4096'] });

export const fragmentExt4 = (file, blocks) => {
  const dir = dirname(file);
  must('perl', FRAGMENT, dir, String(blocks));
  renameSync(join(dir, 'fragmented'), file);
};

/** Room for the holes and for what is appended: less takes less time to fill. */
export const smallExt4 = (root, name = 'ext4') => ext4(root, name, 48 * MIB);

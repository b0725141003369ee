// XFS with reflinks; a file of many extents without holes is made of shared blocks.
import { fileURLToPath } from 'node:url';
import { must } from '../here.mjs';
import { loopMount } from './loop.mjs';

const FRAGMENT = fileURLToPath(new URL('../../helpers/workloads/fragment.pl', import.meta.url));

export const xfs = (root, name = 'xfs') =>
  loopMount(root, name, { sizeBytes: 2 * 1024 ** 3, make: ['mkfs.xfs', '-q', '-m', 'reflink=1'] });

export const fragmentXfs = (file, extents) => must('perl', FRAGMENT, file, String(extents));

/** Room on the disk that a recording leaves to others. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

const USUAL_MIN_FREE_BYTES = 256 * 1024 * 1024;
const MIN_FREE_SHARE = 0.05;

/**
 * How much is free where `path` is, when that is less than must be; null when there is enough.
 * @param minFreeBytes null for a twentieth of the disk, at most 256 MiB
 */
export const scarceBytes = async (path: string, minFreeBytes: number | null): Promise<number | null> => {
  const { bavail, bsize, blocks } = await statfs(dirname(path));
  const least = minFreeBytes ?? Math.min(USUAL_MIN_FREE_BYTES, blocks * bsize * MIN_FREE_SHARE);
  return bavail * bsize >= least ? null : bavail * bsize;
};

/** How large a file of ours may become (`ulimit -f`); null for no limit. */
export const largestFileBytes = (): number | null => {
  try {
    const bytes = Number(/^Max file size +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    return Number.isSafeInteger(bytes) ? bytes : null;
  } catch {
    return null;
  }
};

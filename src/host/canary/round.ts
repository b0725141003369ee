/**
 * One file created, removed and forced to its disk, each step timed.
 *
 * Guarantee: nothing is left behind. The name is taken away right after it was made, before the slow part: what is forced
 * to the disk has no name any more, and is gone when it is closed, or when this process is. Between the two calls only a
 * SIGKILL of this very process can leave an empty file of one known name, which the next round removes. Nothing that was
 * there is opened, followed or written over.
 */
import fs from 'node:fs';

export type RoundTimes = { readonly createUs: number; readonly removeUs: number; readonly syncUs: number };

/** Throws what the system says. */
export const goRound = (directory: string, name: string): RoundTimes => {
  const { O_RDONLY, O_DIRECTORY } = fs.constants;
  // Held only for this round: a file system is not kept from being unmounted.
  const place = fs.openSync(directory, O_RDONLY | O_DIRECTORY);
  try {
    // By way of the open directory: it cannot become another one between the steps.
    return timed(`/proc/self/fd/${place}/${name}`);
  } finally {
    fs.closeSync(place);
  }
};

const timed = (path: string): RoundTimes => {
  const beganUs = nowUs();
  const fd = createNew(path);
  try {
    const createdUs = nowUs();
    fs.unlinkSync(path);
    const removedUs = nowUs();
    fs.writeSync(fd, 'stallscope canary\n');
    fs.fsyncSync(fd);
    return { createUs: createdUs - beganUs, removeUs: removedUs - createdUs, syncUs: nowUs() - removedUs };
  } finally {
    fs.closeSync(fd);
  }
};

const createNew = (path: string): number => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const create = (): number => fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    return create();
  } catch (error) {
    // The name is ours, and nobody can guess it: one of us was killed between two calls.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    fs.unlinkSync(path);
    return create();
  }
};

const nowUs = (): number => Math.round(performance.now() * 1000);

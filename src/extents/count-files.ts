/**
 * Files are counted one after the other, so many a second at most, each within its time. Each is opened here and held, so
 * that what is counted is the file that was found, and not what bears its name by now.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExtentCount } from '../core/file-extents.ts';
import type { LeftOut } from './left-out.ts';
import type { Counted } from './report.ts';
import type { Found } from './walk.ts';

/** Programs that were killed and do not end: beside so many no further are started. */
const MOST_STUCK = 3;

export type CountOptions = {
  readonly perSecond: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Counts the extents of what a path of /proc leads to. Never rejects. */
  readonly count: (link: string) => Promise<ExtentCount>;
  readonly nowMs: () => number;
  readonly progress: (done: number, all: number) => void;
};

export const countFiles = async (
  found: readonly Found[],
  options: CountOptions,
  left: LeftOut,
): Promise<readonly Counted[]> => {
  const { perSecond, signal, nowMs, progress } = options;
  const counted: Counted[] = [];
  let stuck = 0;
  for (const [index, file] of found.entries()) {
    if (signal.aborted) {
      left.add('interrupted before it', file.path, found.length - index);
      break;
    }
    if (stuck >= MOST_STUCK) {
      left.add(`not begun: ${stuck} walks hang in the kernel`, file.path);
      continue;
    }
    const beganMs = performance.now();
    const result = await countOne(file, options);
    if (typeof result === 'string') left.add(result, file.path);
    else {
      if (result.isStuck === true) stuck += 1;
      if (signal.aborted && result.problem !== null) left.add('interrupted before it', file.path);
      else
        counted.push({
          ...result,
          path: file.path,
          identity: `${file.ino} ${file.bornNs}`,
          sizeBytes: file.sizeBytes,
          atMs: nowMs(),
        });
    }
    progress(index + 1, found.length);
    const pauseMs = 1000 / perSecond - (performance.now() - beganMs);
    if (pauseMs > 0 && index < found.length - 1)
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return counted;
};

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;

/** Why it is left out, or what was counted. */
const countOne = async (
  file: Found,
  { count, timeoutMs, signal }: CountOptions,
): Promise<ExtentCount | string> => {
  // A server that does not answer holds an open for as long as it likes.
  const opening = open(file.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  const handle = await Promise.race([opening.catch(codeOf), lateOr(timeoutMs, signal)]);
  if (typeof handle === 'string') {
    void opening.then((late) => late.close()).catch(() => undefined);
    return `cannot be opened: ${handle}`;
  }
  try {
    const { dev, ino } = await handle.stat({ bigint: true });
    if (dev !== file.dev || ino !== file.ino) return 'replaced by another file meanwhile';
    return await count(linkOf(handle));
  } finally {
    await handle.close();
  }
};

const linkOf = ({ fd }: FileHandle): string => `/proc/${process.pid}/fd/${fd}`;

const lateOr = (timeoutMs: number, signal: AbortSignal): Promise<string> =>
  delay(timeoutMs, 'it takes too long', { signal, ref: false }).catch(() => 'interrupted');

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

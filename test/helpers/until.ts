import { setTimeout as delay } from 'node:timers/promises';

/** Until something outside this process is so; time goes on for it also where a test has stopped the clock. */
export const until = async (holds: () => boolean, timeoutMs = 30_000): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${holds}`);
    await delay(5);
  }
};

/** The same with words for what was there instead; how long it took. */
export const waitUntil = async (
  holds: () => boolean,
  limitMs: number,
  what: () => string,
): Promise<number> => {
  const beganMs = performance.now();
  while (!holds()) {
    if (performance.now() - beganMs > limitMs) throw new Error(`after ${limitMs} ms: ${what()}`);
    await delay(20);
  }
  return performance.now() - beganMs;
};

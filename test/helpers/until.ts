import { setTimeout as delay } from 'node:timers/promises';

/** Until something outside this process is so; time goes on for it also where a test has stopped the clock. */
export const until = async (holds: () => boolean, timeoutMs = 5_000): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${holds}`);
    await delay(5);
  }
};

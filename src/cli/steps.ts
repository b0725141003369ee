/**
 * Work that takes long is interruptible at any moment: in stretches of `STRETCH_MS`, between which signals are heard and
 * within which they end us at once. So it must leave nothing half done.
 */
import { setImmediate } from 'node:timers/promises';
import type { Context } from './context.ts';

const STRETCH_MS = 50;

/** Takes one step after the other until one says that there are no more; false when we were asked to end before. */
export const inSteps = async (
  { interruption }: Pick<Context, 'interruption'>,
  step: () => boolean,
): Promise<boolean> => {
  for (;;) {
    // A signal that came meanwhile has its turn first: when nobody listens any more it would be lost.
    await setImmediate();
    if (interruption.reason() !== null) return false;
    const more = interruption.atOnce(() => stretch(step));
    if (!more) return interruption.reason() === null;
  }
};

const stretch = (step: () => boolean): boolean => {
  const endMs = performance.now() + STRETCH_MS;
  let more = step();
  while (more && performance.now() < endMs) more = step();
  return more;
};

/** The same for what waits for others: rejects as an AbortSignal does when we are asked to end before. */
export const unlessInterrupted = <T>(
  { interruption }: Pick<Context, 'interruption'>,
  waited: Promise<T>,
): Promise<T> =>
  Promise.race([
    waited,
    new Promise<never>((_, reject) =>
      interruption.onRequest(() => reject(Object.assign(new Error('asked to end'), { code: 'ABORT_ERR' }))),
    ),
  ]);

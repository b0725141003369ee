/**
 * SIGINT, SIGTERM, SIGHUP (the SSH session that went away) and a closed stdout all mean: finish. The first of them
 * asks for an orderly end; a second SIGINT or SIGTERM, from a user who will not wait, ends at once, and the tracer
 * with us by its parent-death signal.
 */
import { EXIT } from '../errors.ts';
import type { Interruption, Reason } from './context.ts';

export const EXIT_OF: Readonly<Record<Reason, number>> = {
  SIGINT: EXIT.sigint,
  SIGTERM: EXIT.sigterm,
  SIGHUP: EXIT.sighup,
  EPIPE: EXIT.ok,
};

/** Two signals closer than this are one press: a terminal sends Ctrl-C to a whole group, and wrappers pass it on. */
const ONE_PRESS_MS = 250;

export const listenForInterruption = (target: NodeJS.Process): Interruption => {
  const callbacks: ((reason: Reason) => void)[] = [];
  let first: { readonly reason: Reason; readonly atMs: number } | null = null;

  const request = (reason: Reason): void => {
    if (first === null) {
      first = { reason, atMs: performance.now() };
      for (const callback of callbacks.splice(0)) callback(reason);
    } else if (
      performance.now() - first.atMs > ONE_PRESS_MS &&
      (reason === 'SIGINT' || reason === 'SIGTERM')
    ) {
      target.exit(EXIT_OF[reason]);
    }
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) target.on(signal, () => request(signal));
  target.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') request('EPIPE');
  });
  // Nobody is left to report when stderr is closed.
  target.stderr.on('error', () => undefined);

  return {
    reason: () => first?.reason ?? null,
    onRequest: (callback) => {
      if (first !== null) callback(first.reason);
      else callbacks.push(callback);
    },
  };
};

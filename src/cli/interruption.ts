/**
 * SIGINT, SIGTERM, SIGQUIT, SIGHUP (the SSH session that went away) and a lost stdout all mean: finish. The first of them
 * asks for an orderly end; a second signal of a user who will not wait ends at once, and the tracer with us by its
 * parent-death signal. A signal that comes after stdout was lost is a first one: a command of the user's may have gone on.
 */
import { EXIT } from '../errors.ts';
import type { Interruption, Reason } from './context.ts';

export const EXIT_OF: Readonly<Record<Reason, number>> = {
  SIGINT: EXIT.sigint,
  SIGQUIT: EXIT.sigquit,
  SIGTERM: EXIT.sigterm,
  SIGHUP: EXIT.sighup,
  EPIPE: EXIT.ok,
  'output lost': EXIT.output,
};

export const isSignal = (reason: Reason): boolean => reason.startsWith('SIG');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const;

/** Two signals closer than this are one press: a terminal sends Ctrl-C to a whole group, and wrappers pass it on. */
const ONE_PRESS_MS = 250;

export type Listening = Interruption & {
  /** As if a signal had come. */
  request(reason: Reason): void;
};

export const listenForInterruption = (target: NodeJS.Process): Listening => {
  const callbacks: ((reason: Reason) => void)[] = [];
  let first: { readonly reason: Reason; readonly atMs: number } | null = null;

  const request = (reason: Reason): void => {
    if (first === null || (!isSignal(first.reason) && isSignal(reason))) {
      first = { reason, atMs: performance.now() };
      for (const callback of [...callbacks]) callback(reason);
    } else if (isSignal(reason) && reason !== 'SIGHUP' && performance.now() - first.atMs > ONE_PRESS_MS) {
      target.exit(EXIT_OF[reason]);
    }
  };

  const listeners = SIGNALS.map((signal) => [signal, () => request(signal)] as const);
  const listen = (): void => {
    for (const [signal, listener] of listeners) target.on(signal, listener);
  };
  listen();
  // The write that goes beyond a limit on the size of files fails then, and is reported.
  target.on('SIGXFSZ', () => undefined);
  // Nobody is left to report when stderr is closed.
  target.stderr.on('error', () => undefined);

  return {
    request,
    reason: () => first?.reason ?? null,
    onRequest: (callback) => {
      callbacks.push(callback);
      if (first !== null) callback(first.reason);
    },
    atOnce: (work) => {
      // A signal without a listener ends a process, whatever it is at.
      for (const [signal, listener] of listeners) target.off(signal, listener);
      try {
        return work();
      } finally {
        listen();
      }
    },
  };
};

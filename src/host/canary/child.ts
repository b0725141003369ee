/**
 * The process that goes the rounds of a canary: a file system that hangs holds up this one and nobody else. It ends when
 * its parent is gone, or as soon as the kernel lets it.
 */
import type { Order, Outcome } from './canary.ts';
import { goRound } from './round.ts';

// Ctrl-C in a terminal reaches everybody there; a round is never cut in the middle.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));

process.on('message', ({ directory, name }: Order) => {
  process.send?.(outcomeOf(directory, name), () => undefined);
});

const outcomeOf = (directory: string, name: string): Outcome => {
  try {
    return { ...goRound(directory, name), code: null };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { createUs: 0, removeUs: 0, syncUs: 0, code: code ?? message };
  }
};

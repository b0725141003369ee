/**
 * A terminal that is gone must not turn our end into an abort: Node puts the settings of each terminal among descriptors
 * 0 to 2 back when it ends, and dumps core (SIGABRT, status 134) where the terminal refuses. One that has been closed is
 * skipped.
 */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2] as const;

/** To be called while they are still there. */
export const survivesLostTerminal = (target: NodeJS.Process): void => {
  const terminals = STANDARD.filter(isatty);
  target.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
};

/** When a tracer that died is started again: ever more patiently, and for ever. */

const BACKOFF_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
/** A tracer that lived this long earns a fresh start of the back-off. */
const STABLE_MS = 60_000;

export type Restarts = {
  later(reason: string, restart: () => void): void;
  cancel(): void;
  /** Begins anew once it has lived for long. */
  begun(lives: () => boolean): void;
};

export const createRestarts = (onStatus: (text: string) => void): Restarts => {
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    later: (reason, restart) => {
      const waitMs = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 60_000;
      failures += 1;
      onStatus(`${reason}; starting it again in ${waitMs / 1000} s`);
      timer = setTimeout(restart, waitMs);
    },
    cancel: () => clearTimeout(timer),
    begun: (lives) => {
      setTimeout(() => {
        if (lives()) failures = 0;
      }, STABLE_MS).unref();
    },
  };
};

/**
 * The one machine of how a session starts and ends. Whatever comes in whatever order (attached, asked to end, the command's
 * own end): the command is let run at most once, and never after we were asked to end; tracing is stopped exactly once,
 * and always after we were asked to. A running command is asked first: what it does while it ends is still counted.
 */
export type LifeParts = {
  /** null without one. */
  readonly command: {
    /** It becomes what it was held for. */
    release(): void;
    /** Asked to end, for this reason. */
    ask(reason: string): void;
  } | null;
  readonly stopTracing: (reason: string) => void;
  /** Calls back when a command had its time to end. */
  readonly afterPatience: (stop: () => void) => void;
};

export type Life = {
  /** Everything is attached. False when it comes too late: nothing is to begin any more. */
  attached(): boolean;
  /** Only the first reason counts. */
  ask(reason: string): void;
  commandEnded(): void;
};

export const createLife = ({ command, stopTracing, afterPatience }: LifeParts): Life => {
  let phase: 'attaching' | 'running' | 'command asked' | 'stopping' = 'attaching';
  let asked: string | null = null;

  const stop = (reason: string): void => {
    if (phase === 'stopping') return;
    phase = 'stopping';
    stopTracing(reason);
  };

  return {
    attached: () => {
      if (phase !== 'attaching') return false;
      phase = 'running';
      command?.release();
      return true;
    },
    ask: (reason) => {
      if (asked !== null || phase === 'stopping') return;
      asked = reason;
      if (phase !== 'running' || command === null) return stop(reason);
      phase = 'command asked';
      command.ask(reason);
      afterPatience(() => stop(reason));
    },
    commandEnded: () => stop(asked ?? 'command ended'),
  };
};

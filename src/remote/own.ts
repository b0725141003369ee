/** Which processes of the other host are our own work: the reader, the tracer's shells, their guards, and what they start. */
import { createLru } from '../core/lru.ts';

export type Own = {
  /** One that comes and goes. */
  add(pid: number): void;
  has(pid: number): boolean;
  /** A connection was made: its reader, and the reader's guard. */
  reset(pids: readonly number[]): void;
  /** A tracer begins: itself, its shell, the guard of it, and who listens. */
  tracer(pids: readonly number[]): void;
  /** Those that last, but for the tracer: what they cost, with all they start, is what watching costs there. */
  lasting(): readonly number[];
};

const MOST_PASSING = 1_024;

export const createOwn = (): Own => {
  const passing = createLru<number, true>(MOST_PASSING);
  let reader: readonly number[] = [];
  let shells: readonly number[] = [];
  const keep = (pids: readonly number[]): void => {
    for (const pid of pids) passing.set(pid, true);
  };
  return {
    add: (pid) => passing.set(pid, true),
    has: (pid) => passing.get(pid) === true || reader.includes(pid) || shells.includes(pid),
    reset: (pids) => {
      keep(reader);
      reader = pids;
    },
    tracer: (pids) => {
      keep(shells);
      keep(pids);
      shells = pids.slice(1);
    },
    lasting: () => [...reader, ...shells],
  };
};

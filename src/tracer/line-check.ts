/**
 * Compares what the kernel counted, exits or files, with the lines that came of it. bpftrace reads the buffers of its CPUs one
 * after the other, and after a stall it prints several batches at once, ahead of the lines of other CPUs: a count is
 * judged when it has waited, and the last one when the tracer's output is at its end.
 */
/** How long a count waits for its lines, in µs since boot. */
const LINES_US = 2_000_000;

export const createLineCheck = () => {
  let lines = 0;
  let counted = 0;
  let waiting: { readonly counted: number; readonly sinceUs: number } | null = null;
  let reported = 0;
  const judge = (expected: number): number => {
    const missing = Math.max(0, expected - lines - reported);
    reported += missing;
    return missing;
  };
  return {
    seen: (): void => {
      lines += 1;
    },
    /** How many more are missing for certain. */
    missed: (nowCounted: number, nowUs: number): number => {
      counted = nowCounted;
      const ripe = waiting !== null && nowUs - waiting.sinceUs >= LINES_US ? waiting : null;
      if (waiting === null || ripe !== null) waiting = { counted, sinceUs: nowUs };
      return ripe === null ? 0 : judge(ripe.counted);
    },
    /** The same when no line will come any more. */
    missedAtEnd: (): number => judge(counted),
    restart: (): void => {
      lines = 0;
      counted = 0;
      waiting = null;
      reported = 0;
    },
  };
};

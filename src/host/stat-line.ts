/** The one line of /proc/PID/stat, whatever is asked of it. */

/** USER_HZ is 100 on every kernel, whatever its own tick. */
export const MS_PER_TICK = 10;

export type StatLine = {
  readonly comm: string;
  /** Since boot, by the clock of our time namespace. */
  readonly startMs: number;
  /** As printed, by the numbers of proc_pid_stat(5), from 3 on. */
  readonly field: (number: number) => string;
};

/** Of 28 fields at most: what follows nobody asks for. */
const LAST_FIELD = 28;
const START_FIELD = 22;

/** null for a line that is torn before its start time ends. */
export const parseStatLine = (text: string): StatLine | null => {
  const open = text.indexOf('(');
  // comm may hold parentheses and spaces itself: the last one closes it.
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open) return null;
  const fields = text.slice(close + 2).split(' ', LAST_FIELD - 2);
  // The field after it must have begun.
  if (fields.length <= START_FIELD + 1 - 3) return null;
  const field = (number: number): string => fields[number - 3] ?? '';
  const ticks = Number(field(START_FIELD));
  if (!Number.isSafeInteger(ticks)) return null;
  return { comm: text.slice(open + 1, close), startMs: ticks * MS_PER_TICK, field };
};

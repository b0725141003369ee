/** What was found in a session that nobody recorded, and how it could have been kept: one line, when it has ended. */
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Context } from './context.ts';
import { say } from './say.ts';

export type Kept = {
  /** It is in a file, or a part of it. */
  readonly isRecorded: boolean;
  /** There was a screen, with keys. */
  readonly hadKeys: boolean;
};

export const sayUnkept = (context: Context, snapshot: WatchedSnapshot | null, kept: Kept): void => {
  const line = unkeptLine(snapshot, kept);
  if (line !== null) say(context, line);
};

/** null when nothing was found, or it was recorded. */
export const unkeptLine = (
  snapshot: WatchedSnapshot | null,
  { isRecorded, hadKeys }: Kept,
): string | null => {
  const [first, ...others] = snapshot?.insight.findings ?? [];
  if (first === undefined || isRecorded) return null;
  const { title, suspect } = first;
  const who = suspect === null ? '' : `, by ${suspect.comm} (PID ${suspect.pid})`;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const key = hadKeys ? 'press r, then h, before q (what is held in memory is saved too), or ' : '';
  return `found: ${title}${who}${more}. Nothing of it was recorded; to keep it next time, ${key}start with -o FILE.`;
};

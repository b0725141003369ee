/** What the last report of extents said, kept so that the next can say what has grown: JSON, one file, of our own making. */
import { z } from 'zod';

export const EXTENTS_STATE = 'stallscope-extents-state';
/** Files remembered; of more, those seen last. */
export const MAX_REMEMBERED = 50_000;

const stateSchema = z.object({
  format: z.literal(EXTENTS_STATE),
  version: z.literal(1),
  files: z.record(
    z.string().max(8_192),
    z.object({
      identity: z.string().regex(/^\d{1,20} \d{1,20}$/),
      extents: z.int().nonnegative(),
      atMs: z.number().nonnegative(),
    }),
  ),
});

type Remembered = z.infer<typeof stateSchema>['files'];

/** null for a text that is none of ours. */
export const readExtentsState = (text: string): ReadonlyMap<string, Remembered[string]> | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = stateSchema.safeParse(value);
  return parsed.success ? new Map(Object.entries(parsed.data.files)) : null;
};

export const writeExtentsState = (files: ReadonlyMap<string, Remembered[string]>): string => {
  const latest = [...files].sort(([, a], [, b]) => b.atMs - a.atMs).slice(0, MAX_REMEMBERED);
  return `${JSON.stringify({ format: EXTENTS_STATE, version: 1, files: Object.fromEntries(latest) })}\n`;
};

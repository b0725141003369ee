/** Stretches of time that rates are of: each ends with a sample, and none is too short for a rate (rate.ts). */
import { isWholeInterval } from './rate.ts';
import type { HeaderRecord } from './record.ts';

/** The sample that ended it, when, and how long it was. */
export type Stretch = { readonly sample: number; readonly bootUs: number; readonly intervalUs: number };

/**
 * What rates are of from this sample on; null when it came too soon for one. What the first one brings, or one for which no
 * time has passed, has no rate: there is nothing that it could be added to, or it may never end.
 */
export const stretchTo = (
  header: HeaderRecord,
  last: Stretch,
  { sample, bootUs, intervalUs }: Stretch,
): Stretch | null => {
  if (isWholeInterval(intervalUs, header)) return { sample, bootUs, intervalUs };
  return last.sample < 0 || intervalUs <= 0 ? { sample, bootUs, intervalUs: 0 } : null;
};

/** Whether what rates are of ends with the last sample, and is long enough for one. */
export const isOfLast = (
  { sample, intervalUs }: Stretch,
  { samples }: { readonly samples: number },
): boolean => sample === samples - 1 && intervalUs > 0;

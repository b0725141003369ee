/** What is known of one process, and for how long that is good. */
import type { ProcessRecord } from '../core/record.ts';

/** A name can change by exec: soon after the start often, later rarely. Then a glance shows whether it did. */
const YOUNG_US = 10_000_000;
const RECHECK_YOUNG_US = 1_000_000;
const RECHECK_US = 10_000_000;
/** What a glance does not show, another control group or a library loaded late, is looked for after this time. */
const LOOK_AGAIN_US = 60_000_000;
/** A process looked at before this age may still have been loading its program: it is looked at once more. */
const GROWN_US = 1_000_000;

export type Known = {
  readonly startMs: number | null;
  readonly comm: string;
  formerly: readonly string[];
  exitedUs: number | null;
  /** When it was first seen to be gone, though nobody reported. */
  goneUs: number | null;
  readonly wanted: boolean;
  /** It has counted: its name is worth keeping. */
  counts: boolean;
  /** Last glance at it. */
  checkedUs: number;
  /** When all of it was read, and what was running then. */
  readonly readUs: number;
  image: string | null;
  /** What cannot be counted for it, as text to compare: an exec can change it under the same name. */
  readonly uncovered: string;
  /** What was reported of it last; null when only its end was. */
  readonly reported: ProcessRecord | null;
};

/** One that counts, of which nothing else is known than what is given. */
export const knownAt = (
  bootUs: number,
  who: Pick<Known, 'startMs' | 'comm' | 'wanted'> & Partial<Known>,
): Known => ({
  formerly: [],
  exitedUs: null,
  goneUs: null,
  counts: true,
  checkedUs: bootUs,
  readUs: bootUs,
  image: null,
  uncovered: '{}',
  reported: null,
  ...who,
});

/** One without a start time is as old as can be. */
const ageAt = ({ startMs }: Pick<Known, 'startMs'>, bootUs: number): number =>
  startMs === null ? Number.POSITIVE_INFINITY : bootUs - startMs * 1000;

export const isGrown = (who: Pick<Known, 'startMs'>, bootUs: number): boolean =>
  ageAt(who, bootUs) >= GROWN_US;

/** Whether not even a glance is needed. */
export const isFresh = (who: Known, bootUs: number): boolean => {
  const ageUs = who.startMs === null ? 0 : ageAt(who, bootUs);
  if (!isGrown(who, who.readUs) && ageUs >= GROWN_US) return false;
  return who.exitedUs === null && bootUs - who.checkedUs < (ageUs < YOUNG_US ? RECHECK_YOUNG_US : RECHECK_US);
};

/** Whether a glance is enough: it runs what it ran when all of it was read, not long ago. */
export const isUnchanged = (who: Known, image: string | null, bootUs: number): boolean =>
  image !== null && image === who.image && bootUs - who.readUs < LOOK_AGAIN_US;

/** Its PID may be another's by now, which a glance shows: what runs is known by its start. */
export const glanceAgain = (who: Known): void => {
  who.checkedUs = Number.NEGATIVE_INFINITY;
};

/** Nothing of it is taken for granted any more. */
export const doubt = (who: Known): void => {
  glanceAgain(who);
  who.image = null;
};

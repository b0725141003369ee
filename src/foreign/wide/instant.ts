/** Times of rows, in the forms that wide tables have: since 1970, or of a wall clock in a zone that is given, or in none. */

import type { Asked } from '../source.ts';
import { readStamp } from '../stamp.ts';
import { UTC } from '../zone.ts';

/** µs since 1970; null when the clock skipped it; undefined of what is no time. `lastUs` is of the row before. */
export const instantOf = (
  text: string,
  { zone }: Pick<Asked, 'zone'>,
  { notes, lastUs }: { readonly notes: Set<string>; readonly lastUs: number },
): number | null | undefined => {
  const stamp = readStamp(text.replace(/ UTC(?:[+-]0)?$/, 'Z'));
  if (stamp === null) return undefined;
  if (stamp.kind === 'instant') return stamp.realUs;
  notes.add(
    zone === null
      ? 'times are local and name no zone: read as UTC (--timezone for another)'
      : `local times were read as ${zone.name}`,
  );
  const instants = (zone ?? UTC).instants(stamp.localUs);
  return instants.find((us) => us >= lastUs) ?? instants[0] ?? null;
};

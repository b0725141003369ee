/**
 * Times of several hosts on one clock: that of who traced them, by how far the clock of each was found to be ahead of it. A host
 * that traced itself has only its own, which nobody has compared with another.
 */
import { realMsAt } from './clock.ts';
import type { HeaderRecord } from './record.ts';

type Clocks = Pick<HeaderRecord, 'clock' | 'remote'>;

export const commonMsAt = ({ clock, remote }: Clocks, bootUs: number): number =>
  realMsAt(clock, bootUs) - (remote?.aheadMs ?? 0);

export const bootUsAtCommon = ({ clock, remote }: Clocks, commonMs: number): number =>
  Math.round(clock.bootUs + (commonMs + (remote?.aheadMs ?? 0) - clock.realMs) * 1_000);

/** How far the former may be off; null where that was not measured. */
export const clockUnsureMs = ({ remote }: Clocks): number | null => remote?.unsureMs ?? null;

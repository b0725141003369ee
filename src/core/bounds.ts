/** What a session may hold, whatever its stream brings (room.ts). */
/** Processes that live, or ended lately. */
export const MAX_PROCESSES = 65_536;
/** Counts of processes, all together; a part of a count takes the room of `PART_WEIGHT`. */
export const MAX_COUNTS = 500_000;
export const PART_WEIGHT = 4;
/** Command lines, control groups and other text about processes, all together. */
export const MAX_TEXT_CHARS = 16 * 1024 * 1024;
/** Metrics that no header describes: of a recording whose header is damaged. */
export const MAX_UNDESCRIBED = 256;
/** Histories of signals and totals; a metric beyond has counts, but no past. */
export const MAX_HISTORIES = 1_024;
export const MAX_CGROUPS = 1_000;
export const MAX_PROBES = 256;
/** Between two samples. */
export const LONGEST_INTERVAL_MS = 31 * 86_400_000;

export type Held = { counts: number; chars: number; recountedAt: number };

export const createHeld = (): Held => ({ counts: 0, chars: 0, recountedAt: -1 });

/** Records that do not come from the source: marks that somebody sets, files that were asked about. Reported before the next record. */
import type { FilesRecord, MarkRecord } from '../core/record.ts';

export type BesideRecord = MarkRecord | FilesRecord;

export type BesideQueue = {
  add(record: BesideRecord): void;
  /** Those that wait, in order of time. */
  take(): BesideRecord[];
};

export const createBesideQueue = (): BesideQueue => {
  let waiting: BesideRecord[] = [];
  return {
    add: (record) => {
      waiting.push(record);
    },
    take: () => {
      const taken = waiting.sort((a, b) => a.bootUs - b.bootUs);
      waiting = [];
      return taken;
    },
  };
};

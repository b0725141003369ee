/**
 * Writes what was traced before a recorder began, sample by sample, in short stretches between which tracing has its turn, and
 * no faster than the disk takes it. When nothing is left, the stream can be joined before its next record: from there on the
 * session's own state stands for the one that was folded along.
 */
import { setImmediate } from 'node:timers/promises';
import type { HeaderRecord, StreamRecord } from '../../core/record.ts';
import type { WatchedCheckpoint } from '../../insight/checkpoint.ts';
import type { Held } from '../../session/ports.ts';
import type { Recorder } from './recorder.ts';

/** Tracing waits for so long at most. */
const STRETCH_MS = 15;

export type CatchUp = {
  /** Between two samples of the stream: true when everything before is written, and the stream may follow. */
  join(): boolean;
  samples(): number;
  /** It is to end with what is held, not with the session. */
  endWith(reason: string): void;
  /** Writes what is left, then an end in order; resolves when it is on its way to the kernel. */
  finish(): Promise<void>;
};

export type CatchUpOptions = {
  readonly recorder: Recorder;
  readonly held: Held;
  readonly header: HeaderRecord;
  readonly stateNow: () => WatchedCheckpoint[];
};

export const createCatchUp = ({ recorder, held, header, stateNow }: CatchUpOptions): CatchUp => {
  let hasJoined = false;
  let isNear = false;
  let endReason: string | null = null;
  let samples = 0;
  let lastUs = header.clock.bootUs;

  const put = (records: readonly StreamRecord[]): void => {
    for (const record of records) {
      recorder.write(record);
      if (record.type !== 'mark') lastUs = Math.max(lastUs, record.bootUs);
      if (record.type === 'sample') samples += 1;
    }
  };

  /** False when nothing is left. */
  const putNext = (): boolean => {
    const records = held.next();
    if (records !== null) put(records);
    return records !== null;
  };

  const run = async (): Promise<void> => {
    recorder.begin(header, () => (hasJoined ? stateNow() : held.checkpoint()));
    while (recorder.status().problem === null && !hasJoined) {
      const untilMs = performance.now() + STRETCH_MS;
      let isMore = true;
      while (isMore && performance.now() < untilMs) isMore = putNext();
      isNear = !isMore;
      if (isNear) return;
      await setImmediate();
      await recorder.room();
    }
  };
  const running = run();
  // It is reported to whoever waits for the end, and nobody may.
  running.catch(() => undefined);

  return {
    join: () => {
      if (!isNear) return false;
      // What came since: a sample or two.
      while (putNext());
      hasJoined = true;
      return true;
    },
    samples: () => samples,
    endWith: (reason) => {
      endReason = reason;
    },
    finish: async () => {
      await running;
      while (putNext());
      put(held.rest().filter(({ type }) => endReason === null || type !== 'trailer'));
      if (endReason !== null)
        recorder.write({ type: 'trailer', bootUs: lastUs, reason: endReason, samples, records: 0 });
      await recorder.end();
    },
  };
};

/**
 * A recording that is begun and ended while the session goes on. It begins and ends between samples: state and stream meet
 * there. From now on, it starts with the state so far, as a segment does that follows others, so that its totals are those of
 * the whole session; what came before is not in it. With what is held in memory, that is written first, in the background
 * (catch-up.ts), and the stream is joined where it ends.
 */

import type { HeaderRecord } from '../../core/record.ts';
import type { WatchedCheckpoint } from '../../insight/checkpoint.ts';
import type { Held, Sink } from '../../session/ports.ts';
import { type CatchUp, createCatchUp } from './catch-up.ts';
import type { Recorder } from './recorder.ts';

export type SwitchedRecorder = Sink & {
  /** Recording begins with what follows the present sample, or with what is held. */
  start(recorder: Recorder, held?: Held): void;
  /** Ends what runs, in order; resolves when it is on its way to the kernel. */
  stop(reason: string): Promise<void>;
  current(): Recorder | null;
};

export const createSwitchedRecorder = (): SwitchedRecorder => {
  let header: HeaderRecord | null = null;
  let stateNow: (() => WatchedCheckpoint[]) | undefined;
  let recorder: Recorder | null = null;
  let catchUp: CatchUp | null = null;
  let hasBegun = false;
  /** Those that were ended. */
  let closed: Promise<void> = Promise.resolve();
  let isBetweenSamples = true;
  let samples = 0;
  let lastUs = 0;

  const begin = (): void => {
    if (recorder === null || header === null || hasBegun) return;
    if (catchUp === null) recorder.begin(header, stateNow);
    else if (!catchUp.join()) return;
    hasBegun = true;
    samples = catchUp?.samples() ?? 0;
  };

  /** The next one may begin while this one is still being written. */
  const close = (closing: Recorder, last: () => void): Promise<void> => {
    const before = catchUp;
    const wasBegun = hasBegun;
    recorder = null;
    catchUp = null;
    hasBegun = false;
    if (before !== null && !wasBegun) closed = Promise.all([closed, before.finish()]).then(() => undefined);
    else if (wasBegun) {
      last();
      closed = Promise.all([closed, closing.end()]).then(() => undefined);
    } else closing.discard();
    return closed;
  };

  return {
    begin: (first, checkpoint) => {
      header = first;
      stateNow = checkpoint;
      lastUs = first.clock.bootUs;
    },
    write: (record, json) => {
      if (isBetweenSamples) begin();
      if (hasBegun) recorder?.write(record, json);
      if (record.type !== 'mark') lastUs = Math.max(lastUs, record.bootUs);
      isBetweenSamples = record.type === 'sample';
      if (record.type === 'sample') samples += 1;
    },
    end: async () => {
      if (recorder !== null) void close(recorder, () => undefined);
      await closed;
    },
    start: (next, held) => {
      recorder = next;
      hasBegun = false;
      catchUp =
        held === undefined || header === null
          ? null
          : createCatchUp({ recorder: next, held, header, stateNow: stateNow ?? (() => []) });
    },
    stop: async (reason) => {
      const closing = recorder;
      if (closing === null) return;
      const before = catchUp;
      if (before !== null && !hasBegun) before.endWith(reason);
      await close(closing, () =>
        closing.write({ type: 'trailer', bootUs: lastUs, reason, samples, records: 0 }),
      );
    },
    current: () => recorder,
  };
};

/**
 * A recording that is begun and ended while the session goes on. It starts with the state so far, as a segment does that
 * follows others, so that its totals are those of the whole session; what came before it is not in it. It begins and
 * ends between samples: state and stream meet there.
 */

import type { HeaderRecord } from '../../core/record.ts';
import type { WatchedCheckpoint } from '../../insight/checkpoint.ts';
import type { Sink } from '../../session/ports.ts';
import type { Recorder } from './recorder.ts';

export type SwitchedRecorder = Sink & {
  /** Recording begins with what follows the present sample. */
  start(recorder: Recorder): void;
  /** Ends what runs, in order; resolves when it is on its way to the kernel. */
  stop(reason: string): Promise<void>;
  current(): Recorder | null;
};

export const createSwitchedRecorder = (): SwitchedRecorder => {
  let header: HeaderRecord | null = null;
  let stateNow: (() => WatchedCheckpoint[]) | undefined;
  let recorder: Recorder | null = null;
  let hasBegun = false;
  /** Those that were ended. */
  let closed: Promise<void> = Promise.resolve();
  let isBetweenSamples = true;
  let samples = 0;
  let lastUs = 0;

  const begin = (): void => {
    if (recorder === null || header === null || hasBegun) return;
    hasBegun = true;
    samples = 0;
    recorder.begin(header, stateNow);
  };

  /** The next one may begin while this one is still being written. */
  const close = (closing: Recorder): Promise<void> => {
    const wasBegun = hasBegun;
    recorder = null;
    hasBegun = false;
    if (wasBegun) closed = Promise.all([closed, closing.end()]).then(() => undefined);
    else closing.discard();
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
      if (recorder !== null) void close(recorder);
      await closed;
    },
    start: (next) => {
      recorder = next;
      hasBegun = false;
    },
    stop: async (reason) => {
      const closing = recorder;
      if (closing === null) return;
      if (hasBegun) closing.write({ type: 'trailer', bootUs: lastUs, reason, samples, records: 0 });
      await close(closing);
    },
    current: () => recorder,
  };
};

/** A live session without a tracer: the product's own pump, over a source that hands on what it is given. */
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { createMemory } from '../../src/session/memory.ts';
import { playMemory } from '../../src/session/play.ts';
import type { Recording, Sink, Source } from '../../src/session/ports.ts';
import { pump } from '../../src/session/pump.ts';
import { createSnapshotStore } from '../../src/session/store.ts';

export const sourceOf = (header: HeaderRecord, records: AsyncIterable<StreamRecord>): Source => ({
  open: async () => header,
  records: () => records,
  stop: () => undefined,
});

/** Everything in a recording, in order. */
export const recordsIn = (recording: Recording): StreamRecord[] => {
  const numbers = Array.from({ length: recording.samples() }, (_, number) => number);
  return [...numbers.flatMap((number) => recording.recordsOf(number)), ...recording.tail()];
};

export const beginLive = (
  header: HeaderRecord,
  {
    maxBytes,
    sinks = [],
    onSample,
  }: {
    readonly maxBytes?: number;
    readonly sinks?: readonly Sink[];
    readonly onSample?: (snapshot: WatchedSnapshot, record: StreamRecord) => void;
  } = {},
) => {
  const waiting: StreamRecord[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  let drained = (): void => undefined;

  const records = async function* (): AsyncGenerator<StreamRecord> {
    for (;;) {
      for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) yield record;
      drained();
      if (isOver) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  const live = createSnapshotStore();
  const shown = createSnapshotStore();
  const memory = createMemory(maxBytes);
  const playback = playMemory(memory, live, shown);
  const source = sourceOf(header, records());
  const done = pump({ source, sinks, store: live, memory, ...(onSample === undefined ? {} : { onSample }) });
  return {
    live,
    shown,
    memory,
    playback,
    /** Resolves when all of them were folded. */
    take: (...more: readonly StreamRecord[]): Promise<void> => {
      waiting.push(...more);
      const folded = new Promise<void>((resolve) => {
        drained = resolve;
      });
      wake();
      return folded;
    },
    end: (): Promise<WatchedSnapshot> => {
      isOver = true;
      wake();
      return done;
    },
  };
};

/**
 * Writes a session to files as it happens: one record a line, each line handed to the kernel whole and at once, so that
 * a recorder killed at any moment leaves what is readable to its last whole sample. What the lines are is blocks.ts, how
 * they get to the disk disk-queue.ts, in which files segments.ts.
 *
 * The recording is never what the machine dies of, nor what tracing waits for. A disk that is slow costs records, not
 * memory: beyond a bounded queue they are dropped, counted, and the count is written as a loss; counters are cumulative,
 * so the totals heal with the next full sample. Before the disk is full, the recording ends in order. A disk that fails
 * ends the recording, not the session.
 */
import type { Sink } from '../../session/ports.ts';
import { createBlockWriter } from './blocks.ts';
import { createDiskQueue } from './disk-queue.ts';
import type { Owner } from './segment.ts';
import { type Bounds, createSegments } from './segments.ts';
import { largestFileBytes, scarceBytes } from './space.ts';

export type Recorder = Sink & {
  readonly path: string;
  /** Removes a file that will never hold a session, because tracing could not begin. */
  discard(): void;
  /** Resolves when there is room for more: for writers that need not keep up with anything. */
  room(): Promise<void>;
  /** What surrounds this moment stays, whatever the bounds; false when nothing is bounded or too much was kept. */
  keep(): boolean;
  /** What the files hold and what went wrong with them, at any time. */
  status(): {
    readonly bytes: number;
    readonly records: number;
    readonly dropped: number;
    readonly problem: string | null;
    /** How often something was kept. */
    readonly kept: number;
  };
};

export type RecorderOptions = {
  readonly path: string;
  readonly overwrite: boolean;
  /** Who gets the file when root writes it for somebody. */
  readonly owner: Owner | null;
  /** Recorded into segments, of which the oldest go. */
  readonly bounds?: Bounds;
  /** The recording ends when less is free; null for a twentieth of the disk, at most 256 MiB. */
  readonly minFreeBytes?: number | null;
};

/** Kept for an end in order: a trailer, a copy of the header, a seal. */
const END_BYTES = 128 * 1024;

const MAX_QUEUED_BYTES = 32 * 1024 * 1024;

/** Creates the file at once, so that a wrong path is known before tracing begins. Throws a StallscopeError. */
export const createRecorder = (options: RecorderOptions): Recorder => {
  const segments = createSegments(options.path, options.bounds ?? { maxBytes: null, keepMs: null }, options);
  const queue = createDiskQueue(segments, () => lookAtSpace());
  const blocks = createBlockWriter(segments, queue);
  let dropped = 0;
  let spaceProblem: string | null = null;
  const largestBytes = largestFileBytes();

  const lookAtSpace = async (): Promise<void> => {
    if (blocks.isOver()) return;
    const freeBytes = await scarceBytes(options.path, options.minFreeBytes ?? null);
    if (freeBytes === null || segments.dropOldest()) return;
    spaceProblem = `recording stopped: only ${Math.round(freeBytes / 1024 / 1024)} MiB are free on the disk`;
    blocks.finish(spaceProblem);
  };

  /** A write beyond that limit would be torn, and nothing could be written after it. */
  const lookAtLimit = (): void => {
    if (largestBytes === null || segments.current().bytes() + queue.bytes() + END_BYTES < largestBytes)
      return;
    spaceProblem = `recording stopped: a file may have ${largestBytes} bytes here (ulimit -f)`;
    blocks.finish(spaceProblem);
  };

  return {
    path: options.path,
    begin: (header, checkpoint) => {
      segments.begin();
      blocks.begin(header, checkpoint ?? null);
    },
    write: (record, json) => {
      if (queue.problem() !== null || blocks.isOver()) return;
      if (queue.bytes() >= MAX_QUEUED_BYTES) dropped += 1;
      else {
        blocks.write(record, dropped, json);
        if (record.type === 'sample') lookAtLimit();
      }
    },
    end: async () => {
      if (!blocks.isOver()) blocks.seal();
      await queue.end();
    },
    discard: () => {
      queue.stop();
      if (blocks.records() === 0) segments.discard();
      else
        void segments
          .current()
          .close()
          .catch(() => undefined);
    },
    room: () => queue.room(MAX_QUEUED_BYTES / 4),
    keep: () => segments.keep(blocks.lastUs()),
    status: () => ({
      bytes: segments.bytes(),
      records: blocks.records(),
      dropped,
      problem: queue.problem() ?? spaceProblem,
      kept: segments.kept(),
    }),
  };
};

/**
 * Writes a session to files as it happens: one record a line, each line handed to the kernel whole and at once, so that
 * a recorder killed at any moment leaves what is readable to its last whole sample.
 *
 * Lines are grouped into blocks of about `BLOCK_BYTES` or `BLOCK_MS`, each closed by a seal (../wire/seal.ts); the state
 * of the session is repeated at the beginning of a block wherever it takes no more than a share of the file, so that a
 * reader can begin there. What was written is forced to the disk every `SYNC_MS`: that much a power cut may cost.
 *
 * The recording is never what the machine dies of, nor what tracing waits for. A disk that is slow costs records, not
 * memory: beyond a bounded queue they are dropped, counted, and the count is written as a loss; counters are cumulative,
 * so the totals heal with the next full sample. Before the disk is full, the recording ends in order. A disk that fails
 * ends the recording, not the session.
 */

import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { CheckpointRecord } from '../core/checkpoint.ts';
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import type { Sink } from '../session/ports.ts';
import { type Seal, sealLine } from '../wire/seal.ts';
import type { Owner } from './segment.ts';
import { type Bounds, createShelf } from './shelf.ts';

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

const MAX_QUEUED_BYTES = 32 * 1024 * 1024;
const BLOCK_BYTES = 512 * 1024;
const BLOCK_MS = 30_000;
const SYNC_MS = 5_000;
/** A checkpoint, and a copy of the header, are written once so many times their size was written. */
const CHECKPOINT_SPACING = 8;
const HEADER_SPACING = 64;
const USUAL_MIN_FREE_BYTES = 256 * 1024 * 1024;
const MIN_FREE_SHARE = 0.05;

type Step =
  | { readonly kind: 'lines'; readonly text: Buffer }
  | { readonly kind: 'seal'; readonly seal: Seal }
  | { readonly kind: 'next'; readonly nowUs: number };

/** Creates the file at once, so that a wrong path is known before tracing begins. Throws a StallscopeError. */
export const createRecorder = (options: RecorderOptions): Recorder => {
  const bounds = options.bounds ?? { maxBytes: null, keepMs: null };
  const shelf = createShelf(options.path, bounds, options);
  const steps: Step[] = [];
  let queuedBytes = 0;
  let header: HeaderRecord | null = null;
  let stateNow: (() => CheckpointRecord[]) | null = null;
  let records = 0;
  let samples = 0;
  let dropped = 0;
  let unreported = 0;
  let problem: string | null = null;
  let lastUs = 0;
  let segmentBeganUs = 0;
  let block = emptyBlock();
  /** Written since the last of each. */
  let sinceCheckpoint = 0;
  let checkpointBytes = 0;
  let sinceHeader = 0;
  let working: Promise<void> | null = null;
  let syncTimer: NodeJS.Timeout | undefined;
  let syncedAtMs = performance.now();
  let isDirty = false;
  let isOver = false;
  /** Segments that were asked for, and are not there yet: how large the present one is says nothing then. */
  let turns = 0;
  let segmentNumber = 0;
  const session = randomUUID();
  let spaceProblem: string | null = null;

  const line = (value: object): number => {
    const text = Buffer.from(`${JSON.stringify(value)}\n`);
    block.crc = crc32(text, block.crc);
    block.bytes += text.length;
    sinceCheckpoint += text.length;
    sinceHeader += text.length;
    push({ kind: 'lines', text });
    return text.length;
  };

  const push = (step: Step): void => {
    steps.push(step);
    if (step.kind === 'lines') queuedBytes += step.text.length;
    begin(work);
  };

  /** One thing at a time; what was pushed meanwhile comes right after it. */
  const begin = (task: () => Promise<void>): void => {
    working ??= task().finally(() => {
      working = null;
      if (steps.length > 0 && problem === null) begin(work);
    });
  };

  const sealBlock = (): void => {
    if (block.bytes === 0) return;
    const { bytes, crc, fromUs, toUs, samples: held, checkpoint } = block;
    const seal: Seal = { bytes, crc32: crc, textBytes: bytes, fromUs, toUs, samples: held, checkpoint };
    push({ kind: 'lines', text: Buffer.from(sealLine(seal, crc32)) });
    push({ kind: 'seal', seal });
    block = emptyBlock();
  };

  const headerLine = (): void => {
    if (header === null) return;
    sinceHeader = 0;
    const segment =
      bounds.maxBytes === null && bounds.keepMs === null ? {} : { session, segment: segmentNumber };
    line({ ...header, ...segment });
  };

  const isSegmentOver = (): boolean =>
    shelf.isOld(segmentBeganUs, lastUs) || (turns === 0 && shelf.isLarge());

  /** Between a sample and what follows it: a new segment, the state so far, or nothing. */
  const beginBlock = (): void => {
    if (isSegmentOver()) {
      turns += 1;
      push({ kind: 'next', nowUs: lastUs });
      segmentNumber += 1;
      segmentBeganUs = lastUs;
      headerLine();
      sinceCheckpoint = Number.POSITIVE_INFINITY;
    }
    if (stateNow === null || sinceCheckpoint < checkpointBytes * CHECKPOINT_SPACING) return;
    if (sinceHeader > HEADER_SPACING * headerBytes()) headerLine();
    tellState(stateNow());
  };

  const tellState = (parts: readonly CheckpointRecord[]): void => {
    checkpointBytes = 0;
    for (const part of parts) checkpointBytes += line(withDrops(part, dropped));
    sinceCheckpoint = 0;
    block.checkpoint = true;
  };

  const headerBytes = (): number => JSON.stringify(header).length;

  const put = (record: StreamRecord): void => {
    records += 1;
    line(record);
    if (record.type !== 'sample') return;
    samples += 1;
    if (block.samples === 0) block.fromUs = record.bootUs;
    block.samples += 1;
    block.toUs = Math.max(record.bootUs, block.fromUs);
    const isLong = block.bytes >= BLOCK_BYTES || block.toUs - block.fromUs >= BLOCK_MS * 1000;
    if (isLong || isSegmentOver()) sealBlock();
  };

  const write = (record: StreamRecord): void => {
    if (problem !== null || isOver) return;
    if (queuedBytes >= MAX_QUEUED_BYTES) {
      dropped += 1;
      unreported += 1;
      return;
    }
    if (block.bytes === 0) beginBlock();
    if (unreported > 0) {
      put({ type: 'loss', bootUs: record.bootUs, kind: 'recorder-dropped', count: unreported });
      unreported = 0;
    }
    // A mark is set from outside, by another clock: time does not go by it.
    if (record.type !== 'mark') lastUs = Math.max(lastUs, record.bootUs);
    if (record.type === 'trailer') finishWith(record);
    else put(record);
  };

  /** A trailer promises completeness: it counts what these files hold. A copy of the header goes with it. */
  const finishWith = (trailer: Extract<StreamRecord, { type: 'trailer' }>): void => {
    headerLine();
    put({ ...trailer, records: records + 1 });
    sealBlock();
    isOver = true;
  };

  const work = async (): Promise<void> => {
    while (steps.length > 0 && problem === null) {
      const batch = nextBatch(steps);
      try {
        await carryOut(batch);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        // Room can be made where older segments may go; what was to be written is written again.
        if (code === 'ENOSPC' && shelf.dropOldest()) steps.unshift(...batch);
        else problem = `recording stopped: ${code ?? message}`;
      }
      if (problem === null && performance.now() - syncedAtMs >= SYNC_MS) await syncOrMakeRoom();
    }
    if (problem !== null) steps.length = 0;
    if (steps.length === 0) queuedBytes = 0;
    if (isDirty && problem === null) planSync();
  };

  const carryOut = async (batch: readonly Step[]): Promise<void> => {
    const [first] = batch;
    if (first?.kind === 'seal') {
      await shelf.current().closeBlock(first.seal);
      await lookAtSpace();
    } else if (first?.kind === 'next') {
      await shelf.next(first.nowUs);
      turns -= 1;
    } else {
      const text = Buffer.concat(batch.flatMap((step) => (step.kind === 'lines' ? [step.text] : [])));
      await shelf.current().append(text);
      queuedBytes -= text.length;
    }
    isDirty = true;
  };

  /** Some file systems say only now that there was no room; what was appended must not be appended again. */
  const syncOrMakeRoom = async (): Promise<void> => {
    while (problem === null) {
      try {
        await sync();
        return;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'ENOSPC' || !shelf.dropOldest()) problem = `recording stopped: ${code ?? message}`;
      }
    }
  };

  const sync = async (): Promise<void> => {
    clearTimeout(syncTimer);
    syncTimer = undefined;
    isDirty = false;
    syncedAtMs = performance.now();
    await shelf.current().sync();
  };

  /** When nothing more comes for a while, what there is must not wait for it. */
  const planSync = (): void => {
    if (syncTimer !== undefined) return;
    syncTimer = setTimeout(() => {
      syncTimer = undefined;
      if (working === null && isDirty) begin(() => sync().catch(() => undefined));
    }, SYNC_MS);
    syncTimer.unref();
  };

  const lookAtSpace = async (): Promise<void> => {
    if (isOver || header === null) return;
    const { bavail, bsize, blocks } = await statfs(dirname(options.path));
    const least = options.minFreeBytes ?? Math.min(USUAL_MIN_FREE_BYTES, blocks * bsize * MIN_FREE_SHARE);
    if (bavail * bsize >= least || shelf.dropOldest()) return;
    const reason = `recording stopped: only ${Math.round((bavail * bsize) / 1024 / 1024)} MiB are free on the disk`;
    finishWith({ type: 'trailer', bootUs: lastUs, reason, samples, records: 0 });
    spaceProblem = reason;
  };

  return {
    path: options.path,
    begin: (first, checkpoint) => {
      header = first;
      stateNow = checkpoint ?? null;
      lastUs = first.clock.bootUs;
      segmentBeganUs = lastUs;
      shelf.begin();
      records += 1;
      headerLine();
      const parts = stateNow?.() ?? [];
      // What goes on where others have begun starts with what they had.
      if ((parts[0]?.session?.samples ?? 0) > 0) tellState(parts);
    },
    write,
    end: async () => {
      if (!isOver) sealBlock();
      while (working !== null) await working;
      clearTimeout(syncTimer);
      if (problem === null)
        await shelf
          .current()
          .sync()
          .catch(() => undefined);
      await shelf.current().close();
    },
    discard: () => {
      clearTimeout(syncTimer);
      if (records === 0) shelf.discard();
      else
        void shelf
          .current()
          .close()
          .catch(() => undefined);
    },
    room: async () => {
      while (working !== null && queuedBytes > MAX_QUEUED_BYTES / 4) await working;
    },
    keep: () => shelf.keep(lastUs),
    status: () => ({
      bytes: shelf.bytes(),
      records,
      dropped,
      problem: problem ?? spaceProblem,
      kept: shelf.kept(),
    }),
  };
};

const emptyBlock = () => ({ bytes: 0, crc: 0, fromUs: 0, toUs: 0, samples: 0, checkpoint: false });

const MAX_BATCH_BYTES = 1024 * 1024;

/** Lines that wait go out together; everything else by itself. */
const nextBatch = (steps: Step[]): Step[] => {
  let bytes = 0;
  let count = 0;
  for (const step of steps) {
    if (step.kind !== 'lines' || (count > 0 && bytes + step.text.length > MAX_BATCH_BYTES)) break;
    bytes += step.text.length;
    count += 1;
  }
  return steps.splice(0, Math.max(1, count));
};

/** The session does not know what its recorder dropped; whoever begins here must. */
const withDrops = (part: CheckpointRecord, dropped: number): CheckpointRecord =>
  part.session === undefined || dropped === 0
    ? part
    : {
        ...part,
        session: { ...part.session, losses: { ...part.session.losses, 'recorder-dropped': dropped } },
      };

/**
 * The way of a recording to the disk. What is pushed goes out in its order, one thing at a time, and whoever pushes never
 * waits. Lines that wait go out together. What was written is forced to the disk every `SYNC_MS`: that much a power cut
 * may cost. Where the disk is full, older segments make room as long as there are any; a disk that fails is a `problem`,
 * after which nothing is written any more.
 */
import type { Seal } from '../seal.ts';
import type { Segments } from './segments.ts';

const SYNC_MS = 5_000;

export type Step =
  | { readonly kind: 'lines'; readonly text: Buffer }
  | { readonly kind: 'seal'; readonly seal: Seal }
  | { readonly kind: 'next'; readonly nowUs: number };

export type DiskQueue = {
  push(step: Step): void;
  /** Bytes of text that wait. */
  bytes(): number;
  /** A segment was asked for, and is not there yet: how large the present one is says nothing then. */
  isTurning(): boolean;
  /** Why nothing is written any more. */
  problem(): string | null;
  /** Resolves when no more than so many bytes wait. */
  room(bytes: number): Promise<void>;
  /** Resolves when everything is on the disk, and closes the file. */
  end(): Promise<void>;
  /** Nothing is forced to the disk any more. */
  stop(): void;
};

/** @param sealed called when a block is closed, before anything else is written */
export const createDiskQueue = (
  segments: Pick<Segments, 'current' | 'next' | 'dropOldest'>,
  sealed: () => Promise<void>,
): DiskQueue => {
  const steps: Step[] = [];
  let queuedBytes = 0;
  let turns = 0;
  let problem: string | null = null;
  let working: Promise<void> | null = null;
  let syncTimer: NodeJS.Timeout | undefined;
  let syncedAtMs = performance.now();
  let isDirty = false;

  const push = (step: Step): void => {
    steps.push(step);
    if (step.kind === 'lines') queuedBytes += step.text.length;
    if (step.kind === 'next') turns += 1;
    begin(work);
  };

  /** One thing at a time; what was pushed meanwhile comes right after it. */
  const begin = (task: () => Promise<void>): void => {
    working ??= task().finally(() => {
      working = null;
      if (steps.length > 0 && problem === null) begin(work);
    });
  };

  const work = async (): Promise<void> => {
    while (steps.length > 0 && problem === null) {
      const batch = nextBatch(steps);
      // Room can be made where older segments may go; what was to be written is written again.
      if (!(await withRoom(() => carryOut(batch)))) steps.unshift(...batch);
      if (problem === null && performance.now() - syncedAtMs >= SYNC_MS) await syncOrMakeRoom();
    }
    if (problem !== null) steps.length = 0;
    if (steps.length === 0) queuedBytes = 0;
    if (isDirty && problem === null) planSync();
  };

  /** False when the disk was full, and room was made for another try. Whatever else goes wrong is the problem. */
  const withRoom = async (task: () => Promise<void>): Promise<boolean> => {
    try {
      await task();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC' && roomMade()) return false;
      stopFor(error);
    }
    return true;
  };

  /** A disk that fails may not let anything be removed either. */
  const roomMade = (): boolean => {
    try {
      return segments.dropOldest();
    } catch {
      return false;
    }
  };

  /** The first reason is the one that explains those after it. */
  const stopFor = (error: unknown): void => {
    const { code, message } = error as NodeJS.ErrnoException;
    problem ??= `recording stopped: ${code ?? message}`;
  };

  const carryOut = async (batch: readonly Step[]): Promise<void> => {
    const [first] = batch;
    if (first?.kind === 'seal') {
      await segments.current().closeBlock(first.seal);
      await sealed();
    } else if (first?.kind === 'next') {
      await segments.next(first.nowUs);
      turns -= 1;
    } else {
      const text = Buffer.concat(batch.flatMap((step) => (step.kind === 'lines' ? [step.text] : [])));
      await segments.current().append(text);
      queuedBytes -= text.length;
    }
    isDirty = true;
  };

  /** Some file systems say only now that there was no room; what was appended must not be appended again. */
  const syncOrMakeRoom = async (): Promise<void> => {
    while (!(await withRoom(sync)));
  };

  const sync = async (): Promise<void> => {
    clearTimeout(syncTimer);
    syncTimer = undefined;
    isDirty = false;
    syncedAtMs = performance.now();
    await segments.current().sync();
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

  return {
    push,
    bytes: () => queuedBytes,
    isTurning: () => turns > 0,
    problem: () => problem,
    room: async (bytes) => {
      while (working !== null && queuedBytes > bytes) await working;
    },
    end: async () => {
      while (working !== null) await working;
      clearTimeout(syncTimer);
      if (problem === null) await syncOrMakeRoom();
      // A server may say only now that it kept nothing.
      await segments.current().close().catch(stopFor);
    },
    stop: () => clearTimeout(syncTimer),
  };
};

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

/**
 * Records become lines, and lines become blocks of about `BLOCK_BYTES` or `BLOCK_MS`, each closed by a seal
 * (../seal.ts). The state of the session is repeated at the beginning of a block wherever it takes no more than a share
 * of the file, so that a reader can begin there, and copies of the header stand between them. Between two blocks a new
 * segment can begin.
 */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { HeaderRecord, StreamRecord, TrailerRecord } from '../../core/record.ts';
import type { WatchedCheckpoint } from '../../insight/checkpoint.ts';
import { type Seal, sealLine } from '../seal.ts';
import type { DiskQueue } from './disk-queue.ts';
import type { Segments } from './segments.ts';

const BLOCK_BYTES = 512 * 1024;
const BLOCK_MS = 30_000;
/** A checkpoint, and a copy of the header, are written once so many times their size was written. */
const CHECKPOINT_SPACING = 8;
const HEADER_SPACING = 64;

export type BlockWriter = {
  /** `checkpoint` reports, whenever asked, the state after what was written last. */
  begin(header: HeaderRecord, checkpoint: (() => WatchedCheckpoint[]) | null): void;
  /** `dropped` is how many records were not written so far, for want of room in the queue. */
  write(record: StreamRecord, dropped: number, json?: string): void;
  /** An end in order, though the session goes on. */
  finish(reason: string): void;
  /** Closes the block that is open. */
  seal(): void;
  /** A trailer was written: nothing comes after it. */
  isOver(): boolean;
  records(): number;
  /** Time of the stream, µs since boot. */
  lastUs(): number;
};

export const createBlockWriter = (
  segments: Pick<Segments, 'inSegments' | 'isLarge' | 'isOld'>,
  queue: Pick<DiskQueue, 'push' | 'isTurning'>,
): BlockWriter => {
  const session = randomUUID();
  let header: HeaderRecord | null = null;
  let stateNow: (() => WatchedCheckpoint[]) | null = null;
  let records = 0;
  let samples = 0;
  let toldDropped = 0;
  let lastUs = 0;
  let segmentBeganUs = 0;
  let segmentNumber = 0;
  let block = emptyBlock();
  /** Written since the last of each. */
  let sinceCheckpoint = 0;
  let checkpointBytes = 0;
  let sinceHeader = 0;
  let over = false;

  const line = (value: object, json: string = JSON.stringify(value)): number => {
    const text = Buffer.from(`${json}\n`);
    block.crc = crc32(text, block.crc);
    block.bytes += text.length;
    sinceCheckpoint += text.length;
    sinceHeader += text.length;
    queue.push({ kind: 'lines', text });
    return text.length;
  };

  const seal = (): void => {
    if (block.bytes === 0) return;
    const { bytes, crc, fromUs, toUs, samples: held, checkpoint } = block;
    const closing: Seal = { bytes, crc32: crc, textBytes: bytes, fromUs, toUs, samples: held, checkpoint };
    queue.push({ kind: 'lines', text: Buffer.from(sealLine(closing, crc32)) });
    queue.push({ kind: 'seal', seal: closing });
    block = emptyBlock();
  };

  const headerLine = (): void => {
    if (header === null) return;
    sinceHeader = 0;
    line(segments.inSegments ? { ...header, session, segment: segmentNumber } : header);
  };

  const isSegmentOver = (): boolean =>
    segments.isOld(segmentBeganUs, lastUs) || (!queue.isTurning() && segments.isLarge());

  const beginSegment = (): void => {
    queue.push({ kind: 'next', nowUs: lastUs });
    segmentNumber += 1;
    segmentBeganUs = lastUs;
    headerLine();
    sinceCheckpoint = Number.POSITIVE_INFINITY;
  };

  /** Between a sample and what follows it: a new segment, the state so far, or nothing. */
  const beginBlock = (dropped: number): void => {
    if (isSegmentOver()) beginSegment();
    if (stateNow === null || sinceCheckpoint < checkpointBytes * CHECKPOINT_SPACING) return;
    if (sinceHeader > HEADER_SPACING * JSON.stringify(header).length) headerLine();
    emitState(stateNow(), dropped);
  };

  const emitState = (parts: readonly WatchedCheckpoint[], dropped: number): void => {
    checkpointBytes = 0;
    for (const part of parts) checkpointBytes += line(withDrops(part, dropped));
    sinceCheckpoint = 0;
    block.checkpoint = true;
  };

  const put = (record: StreamRecord, json?: string): void => {
    records += 1;
    line(record, json);
    if (record.type !== 'sample') return;
    samples += 1;
    if (block.samples === 0) block.fromUs = record.bootUs;
    block.samples += 1;
    block.toUs = Math.max(record.bootUs, block.fromUs);
    const isLong = block.bytes >= BLOCK_BYTES || block.toUs - block.fromUs >= BLOCK_MS * 1000;
    if (isLong || isSegmentOver()) seal();
  };

  /** A trailer promises completeness: it counts what these files hold. A copy of the header goes with it. */
  const end = (trailer: TrailerRecord): void => {
    headerLine();
    put({ ...trailer, records: records + 1 });
    seal();
    over = true;
  };

  return {
    begin: (first, checkpoint) => {
      header = first;
      stateNow = checkpoint;
      lastUs = first.clock.bootUs;
      segmentBeganUs = lastUs;
      records += 1;
      headerLine();
      const parts = stateNow?.() ?? [];
      // What goes on where others have begun starts with what they had.
      if ((parts[0]?.session?.samples ?? 0) > 0) emitState(parts, 0);
    },
    write: (record, dropped, json) => {
      if (block.bytes === 0) beginBlock(dropped);
      if (dropped > toldDropped)
        put({ type: 'loss', bootUs: record.bootUs, kind: 'recorder-dropped', count: dropped - toldDropped });
      toldDropped = dropped;
      // A mark is set from outside, by another clock: time does not go by it.
      if (record.type !== 'mark') lastUs = Math.max(lastUs, record.bootUs);
      if (record.type === 'trailer') end(record);
      else put(record, json);
    },
    finish: (reason) => end({ type: 'trailer', bootUs: lastUs, reason, samples, records: 0 }),
    seal,
    isOver: () => over,
    records: () => records,
    lastUs: () => lastUs,
  };
};

const emptyBlock = () => ({ bytes: 0, crc: 0, fromUs: 0, toUs: 0, samples: 0, checkpoint: false });

/** The session does not know what its recorder dropped; whoever begins here must. */
const withDrops = (part: WatchedCheckpoint, dropped: number): WatchedCheckpoint =>
  part.session === undefined || dropped === 0
    ? part
    : {
        ...part,
        session: { ...part.session, losses: { ...part.session.losses, 'recorder-dropped': dropped } },
      };

/**
 * The blocks of one file, found from its end, seal by seal, without reading what they hold: some 10 µs for each half
 * megabyte. Where a seal is missing (the file is being written, was cut off, is damaged there, or was written by
 * others) the lines up to the next seal are scanned instead.
 */
import { crc32 } from 'node:zlib';
import {
  GZIP_HEAD,
  PACKED_SEAL_BYTES,
  readPackedSeal,
  readSealLine,
  SEAL_LINE_BYTES,
  SEAL_LINE_START,
  type Seal,
} from '../seal.ts';
import { type Bytes, memoryBytes } from './bytes.ts';
import { layoutOf } from './lines.ts';
import { type Container, containerOf, unpackAsFarAsItGoes } from './unpack.ts';

export type Block = {
  readonly bytes: Bytes;
  readonly container: Container | null;
  /** Where it stands in `bytes`, its seal included. */
  readonly start: number;
  readonly end: number;
  /** null where nobody has sealed the lines. */
  readonly seal: Seal | null;
  /** As the seal says, or as was found. */
  readonly samples: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly checkpoint: boolean;
  /** What is wrong here, and where in the file. */
  readonly trouble: string | null;
  /** Without a newline for so long that it is not even read. */
  readonly endless: boolean;
};

/** More would take too much memory; at the writer's sizes this is half a year in one file. */
export const MAX_BLOCKS = 500_000;
const MAX_BLOCK_BYTES = 32 * 1024 * 1024;
/** Text of packed pieces without a seal, which has to be kept in memory. */
export const MAX_UNSEALED_BYTES = 64 * 1024 * 1024;
const SCAN_BYTES = 512 * 1024;
const MAX_SCAN_BYTES = 32 * 1024 * 1024;
const WINDOW_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const CHECKPOINT_START = '{"type":"checkpoint"';
const HEADER_START = '{"type":"header"';

/** Those from `from` (the end of a sealed block) to the end of the file, in order. */
export const findBlocks = (bytes: Bytes, from = 0, to = bytes.size()): Block[] => {
  const container = containerIn(bytes);
  return container === null ? plainBlocks(bytes, from, to) : packedBlocks(bytes, container, from, to);
};

const OPENING_BRACE = 0x7b;

/** By the first bytes; where they are damaged, by a seal that only a packed recording has. null for text. */
export const containerIn = (bytes: Bytes): Container | null => {
  const head = bytes.read(0, 4);
  const container = containerOf(head);
  if (container !== null || head[0] === OPENING_BRACE) return container;
  const size = bytes.size();
  const from = Math.max(0, size - MAX_BLOCK_BYTES);
  const hasSeal = packedSealAt(bytes, 0, size) !== null || lastPackedSealEnd(bytes, from, size) > from;
  return hasSeal ? 'gzip' : null;
};

type Sealed = { readonly seal: Seal; readonly start: number; readonly end: number };

const plainBlocks = (bytes: Bytes, from: number, to: number): Block[] =>
  walkBack(from, to, {
    sealedAt: (end) => lineSealAt(bytes, from, end),
    lastSealEnd: (end) => lastLineSealEnd(bytes, from, end),
    sealed: (one) => sealedBlock(bytes, null, one),
    unsealed: (start, end) => scan(bytes, start, end),
  });

const packedBlocks = (bytes: Bytes, container: Container, from: number, to: number): Block[] => {
  let roomBytes = MAX_UNSEALED_BYTES;
  return walkBack(from, to, {
    // What others packed with zstd has no seals.
    sealedAt: (end) => (container === 'gzip' ? packedSealAt(bytes, from, end) : null),
    lastSealEnd: (end) => (container === 'gzip' ? lastPackedSealEnd(bytes, from, end) : from),
    sealed: (one) => sealedBlock(bytes, container, one),
    unsealed: (start, end) => {
      const { text, readBytes, why } = unpackAsFarAsItGoes(
        container,
        bytes.read(start, Math.min(end - start, MAX_BLOCK_BYTES)),
        Math.max(1, roomBytes),
      );
      roomBytes -= text.length;
      const blocks = text.length === 0 ? [] : plainBlocks(memoryBytes(text), 0, text.length);
      if (why === null && readBytes === end - start) return blocks;
      const trouble = `bytes ${start + readBytes}-${end}: cannot be unpacked${why === null ? '' : ` (${why})`}`;
      return [...blocks, { ...emptyBlock(bytes, container, start + readBytes, end), trouble }];
    },
  });
};

type Walk = {
  sealedAt(end: number): Sealed | null;
  lastSealEnd(end: number): number;
  sealed(one: Sealed): Block;
  unsealed(start: number, end: number): Block[];
};

const walkBack = (from: number, to: number, walk: Walk): Block[] => {
  const pieces: Block[][] = [];
  let count = 0;
  for (let end = to; end > from; ) {
    const one = walk.sealedAt(end);
    const start = one?.start ?? walk.lastSealEnd(end);
    const piece = one === null ? walk.unsealed(start, end) : [walk.sealed(one)];
    // What follows a seal and is not the end of the file should have had one.
    const misses = one === null && end < to;
    const [first, ...rest] = piece;
    pieces.push(misses && first !== undefined ? [withTrouble(first, start, end), ...rest] : piece);
    count += piece.length;
    if (count > MAX_BLOCKS) throw new RangeError(`more than ${MAX_BLOCKS} blocks`);
    end = start;
  }
  return pieces.reverse().flat();
};

const withTrouble = (block: Block, start: number, end: number): Block => ({
  ...block,
  trouble: block.trouble ?? `bytes ${start}-${end}: the seal is damaged, nothing vouches for these lines`,
});

const sealedBlock = (bytes: Bytes, container: Container | null, { seal, start, end }: Sealed): Block => ({
  ...emptyBlock(bytes, container, start, end),
  seal,
  samples: seal.samples,
  fromUs: seal.fromUs,
  toUs: seal.toUs,
  checkpoint: seal.checkpoint,
});

const emptyBlock = (bytes: Bytes, container: Container | null, start: number, end: number): Block => ({
  bytes,
  container,
  start,
  end,
  seal: null,
  samples: 0,
  fromUs: 0,
  toUs: 0,
  checkpoint: false,
  trouble: null,
  endless: false,
});

const lineSealAt = (bytes: Bytes, from: number, end: number): Sealed | null => {
  const at = Math.max(from, end - SEAL_LINE_BYTES);
  const last = bytes.read(at, end - at);
  if (last.at(-1) !== NEWLINE) return null;
  const begin = last.lastIndexOf(NEWLINE, -2) + 1;
  const seal = readSealLine(last.toString('latin1', begin, last.length - 1), crc32);
  if (seal === null || seal.bytes > MAX_BLOCK_BYTES) return null;
  const start = at + begin - seal.bytes;
  return start < from ? null : { seal, start, end };
};

const lastLineSealEnd = (bytes: Bytes, from: number, end: number): number => {
  const pattern = Buffer.from(`\n${SEAL_LINE_START}`);
  return searchBack(bytes, { from, end }, { pattern, overlap: SEAL_LINE_BYTES }, (found) => {
    const line = bytes.read(found + 1, SEAL_LINE_BYTES);
    const newline = line.indexOf(NEWLINE);
    if (newline < 0) return null;
    const sealEnd = found + 1 + newline + 1;
    return sealEnd < end && lineSealAt(bytes, from, sealEnd) !== null ? sealEnd : null;
  });
};

const packedSealAt = (bytes: Bytes, from: number, end: number): Sealed | null => {
  const length = PACKED_SEAL_BYTES;
  if (end - from < length) return null;
  const seal = readPackedSeal(bytes.read(end - length, length), crc32);
  if (seal === null || seal.bytes > MAX_BLOCK_BYTES || seal.textBytes > MAX_BLOCK_BYTES) return null;
  const start = end - length - seal.bytes;
  return start < from ? null : { seal, start, end };
};

const lastPackedSealEnd = (bytes: Bytes, from: number, end: number): number => {
  const length = PACKED_SEAL_BYTES;
  return searchBack(bytes, { from, end }, { pattern: Buffer.from(GZIP_HEAD), overlap: length }, (found) => {
    const sealEnd = found + length;
    return sealEnd < end && packedSealAt(bytes, from, sealEnd) !== null ? sealEnd : null;
  });
};

/**
 * The last place before `end` where the pattern stands and `accept` says yes; `from` when there is none.
 *
 * @param overlap bytes, from its pattern on, of what is searched for
 */
const searchBack = (
  bytes: Bytes,
  { from, end }: { readonly from: number; readonly end: number },
  { pattern, overlap }: { readonly pattern: Buffer; readonly overlap: number },
  accept: (found: number) => number | null,
): number => {
  for (let top = end; top > from; top -= WINDOW_BYTES) {
    const at = Math.max(from, top - WINDOW_BYTES);
    const window = bytes.read(at, Math.min(end, top + overlap) - at);
    for (let index = window.lastIndexOf(pattern); index >= 0; ) {
      const accepted = accept(at + index);
      if (accepted !== null) return accepted;
      index = index === 0 ? -1 : window.lastIndexOf(pattern, index - 1);
    }
  }
  return from;
};

/** Unsealed lines, cut into pieces after a sample. */
const scan = (bytes: Bytes, from: number, to: number): Block[] => {
  const blocks: Block[] = [];
  for (let start = from; start < to; ) {
    const block = scanOne(bytes, start, to);
    blocks.push(block);
    start = block.end;
  }
  return blocks;
};

const scanOne = (bytes: Bytes, start: number, to: number): Block => {
  for (let length = SCAN_BYTES; ; length *= 4) {
    const text = bytes.read(start, Math.min(length, to - start));
    const isAll = text.length < length || start + text.length >= to;
    const { ends, timesUs } = layoutOf(text);
    const cut = isAll ? text.length : (ends.at(-1) ?? 0);
    if (cut > 0 || isAll) {
      return {
        ...emptyBlock(bytes, null, start, start + Math.max(cut, 1)),
        samples: ends.length,
        fromUs: timesUs[0] ?? 0,
        toUs: timesUs.at(-1) ?? 0,
        checkpoint: beginsWithCheckpoint(text),
      };
    }
    if (length < MAX_SCAN_BYTES) continue;
    const newline = text.lastIndexOf(NEWLINE);
    if (newline >= 0) return emptyBlock(bytes, null, start, start + newline + 1);
    return { ...emptyBlock(bytes, null, start, endOfLine(bytes, start + text.length, to)), endless: true };
  }
};

const endOfLine = (bytes: Bytes, from: number, to: number): number => {
  for (let at = from; at < to; at += WINDOW_BYTES) {
    const newline = bytes.read(at, Math.min(WINDOW_BYTES, to - at)).indexOf(NEWLINE);
    if (newline >= 0) return at + newline + 1;
  }
  return to;
};

/** At its very beginning, or after the header. */
const beginsWithCheckpoint = (text: Buffer): boolean => {
  const begins = (at: number, start: string): boolean =>
    text.toString('latin1', at, at + start.length) === start;
  return (
    begins(0, CHECKPOINT_START) ||
    (begins(0, HEADER_START) && begins(text.indexOf(NEWLINE) + 1, CHECKPOINT_START))
  );
};

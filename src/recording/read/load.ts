/** One block, read and checked. */
import { crc32 } from 'node:zlib';
import type { LossRecord, StreamRecord } from '../../core/record.ts';
import type { WatchedCheckpoint } from '../../insight/checkpoint.ts';
import { decodeRecord } from '../../wire/recording.ts';
import type { Block } from './blocks.ts';
import { forEachLine, type Layout, layoutOf, MAX_LINE_BYTES, parseLine } from './lines.ts';
import { unpackBlock } from './unpack.ts';

export type Loaded = Layout & {
  readonly block: Block;
  /** Empty when it is not to be believed. */
  readonly text: Buffer;
  /** Why not, or what is wrong with it. */
  readonly trouble: string | null;
};

export const loadBlock = (block: Block): Loaded => {
  const { text, trouble } = textOf(block);
  const { ends, timesUs, seqs } = layoutOf(text);
  // A seal is believed about how many there are: numbers must not depend on what was read already.
  const most = block.seal?.samples ?? ends.length;
  return {
    block,
    text,
    trouble,
    ends: ends.slice(0, most),
    timesUs: timesUs.slice(0, most),
    seqs: seqs.slice(0, most),
  };
};

const NOTHING = Buffer.alloc(0);

const textOf = (block: Block): { readonly text: Buffer; readonly trouble: string | null } => {
  const { bytes, start, end, seal, container, endless, trouble } = block;
  if (endless) return { text: NOTHING, trouble: `byte ${start}: a line of ${end - start} bytes` };
  if (seal === null) return { text: container === null ? bytes.read(start, end - start) : NOTHING, trouble };
  const stored = bytes.read(start, seal.bytes);
  const text = container === null ? stored : unpackBlock(container, stored, seal.textBytes);
  if (text !== null && text.length === seal.textBytes && crc32(text) === seal.crc32) return { text, trouble };
  return { text: NOTHING, trouble: `bytes ${start}-${end}: damaged, ${seal.samples} samples are left out` };
};

/** What one group of lines may hold; what is beyond is counted as rejected. */
const MAX_GROUP_RECORDS = 200_000;
/** And so much text: what is made of it takes several times as much memory. */
const MAX_GROUP_BYTES = 24 * 1024 * 1024;
/** Rejected lines reported one by one; the rest of them in one. */
const MAX_REJECTED_REPORTED = 100;

/** From one offset of a block's text to another. */
export type Lines = {
  readonly from: number;
  readonly to: number;
  /** The time of a loss before any record. */
  readonly bootUs: number;
};

/** Appends the records of these lines. */
export const readLines = (
  { text, block }: Loaded,
  { from, to, bootUs }: Lines,
  records: StreamRecord[],
): void => {
  let nowUs = bootUs;
  let reported = 0;
  let unreported = 0;
  let bytes = 0;
  const reject = (kind: LossRecord['kind'], at: number, detail: string): void => {
    reported += 1;
    if (reported > MAX_REJECTED_REPORTED) unreported += 1;
    else
      records.push({
        type: 'loss',
        bootUs: nowUs,
        kind,
        count: 1,
        detail: `byte ${at + placeOf(block)}: ${detail}`,
      });
  };
  const after = forEachLine(text, from, to, (start, end) => {
    if (end - start > MAX_LINE_BYTES) reject('rejected-line', start, `a line of ${end - start + 1} bytes`);
    if (end === start || end - start > MAX_LINE_BYTES) return;
    const decoded = decodeRecord(parseLine(text, start, end));
    if (decoded.kind === 'unknown') reject('unknown-message', start, `type ${decoded.type}`);
    else if (decoded.kind === 'rejected') reject('rejected-line', start, decoded.reason);
    else if (
      decoded.kind === 'record' &&
      decoded.record.type !== 'sample' &&
      (records.length >= MAX_GROUP_RECORDS || bytes >= MAX_GROUP_BYTES)
    )
      reject('rejected-line', start, 'too many records between two samples');
    else if (decoded.kind === 'record') {
      nowUs = decoded.record.bootUs;
      bytes += end - start;
      records.push(decoded.record);
    }
  });
  if (after < to) reject('rejected-line', after, `torn line, ${to - after} bytes`);
  if (unreported > 0)
    records.push({
      type: 'loss',
      bootUs: nowUs,
      kind: 'rejected-line',
      count: unreported,
      detail: 'and more',
    });
};

/** In the file; of a packed block, in its text. */
const placeOf = ({ container, start }: Block): number => (container === null ? start : 0);

/** The state that stands at its beginning; none when it is damaged. */
export const checkpointIn = ({ text }: Loaded): WatchedCheckpoint[] => {
  const parts: WatchedCheckpoint[] = [];
  let over = false;
  for (let at = 0; !over; ) {
    over = true;
    const newline = text.indexOf(0x0a, at);
    if (newline < 0 || newline - at > MAX_LINE_BYTES) break;
    const decoded = decodeRecord(parseLine(text, at, newline));
    if (decoded.kind === 'checkpoint') parts.push(decoded.checkpoint);
    over = decoded.kind !== 'checkpoint' && decoded.kind !== 'frame';
    at = newline + 1;
  }
  return parts;
};

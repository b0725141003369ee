/**
 * The timeline of live tracing, so that the view can be held and stepped back while collecting goes on.
 *
 * Memory is a run of blocks. A block begins with the session before it, serialised, and holds the records that came then, as
 * the recorder writes them; all of it deflated. A moment is shown by reviving the session of its block and folding on to
 * it (cursor.ts), so what is seen in hindsight is what was seen then, to the last digit, as in a replay. The oldest block is
 * dropped when all of them together are larger than MAX_BYTES: memory is bounded whatever happens, and how far back it
 * reaches depends on how much happens. Nothing is revived while the view follows.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import { EFFORT, type Frozen, freeze, type Session } from './session.ts';
import type { ExactAnchor, Timeline } from './timeline.ts';

const MAX_BYTES = 24 * 1024 * 1024;
/** A jump folds at most so many samples; a session is written down as often. */
const BLOCK_SAMPLES = 60;
/** Records wait for so much text before they are deflated. */
const CHUNK_CHARS = 128 * 1024;

export type Memory = Timeline<ExactAnchor> & {
  /** To be called before the first record. */
  begin(session: Session): void;
  /** To be called after a record was folded into `session`; `json` is its text. */
  append(record: StreamRecord, json: string, session: Session): void;
  /** How much it takes. */
  bytes(): number;
  /** How much it may take. */
  mostBytes(): number;
  /** From now on; what is too much goes at once, the oldest first. */
  keepAtMost(bytes: number): void;
};

type Block = {
  /** Number of its first sample. */
  readonly first: number;
  readonly frozen: Frozen;
  readonly chunks: Buffer[];
  pending: string[];
  pendingChars: number;
  /** `bootUs` of its samples. */
  readonly times: number[];
  bytes: number;
};

/** What a block holds, by sample, when it had so many; what stands behind the last sample comes last. */
type Opened = { readonly block: Block; readonly samples: number; readonly groups: readonly StreamRecord[][] };

export const createMemory = (usualBytes: number = MAX_BYTES): Memory => {
  const blocks: Block[] = [];
  let header: HeaderRecord | null = null;
  let maxBytes = usualBytes;
  let bytes = 0;
  let opened: Opened | null = null;

  const grow = (block: Block, by: number): void => {
    block.bytes += by;
    bytes += by;
  };

  const beginBlock = (session: Session): void => {
    const block = blockOn(session);
    grow(block, block.frozen.length);
    blocks.push(block);
    dropOldest();
  };

  const dropOldest = (): void => {
    while (bytes > maxBytes && blocks.length > 1) bytes -= blocks.shift()?.bytes ?? 0;
  };

  const pack = (block: Block): void => {
    if (block.pending.length === 0) return;
    const chunk = deflateRawSync(`${block.pending.join('\n')}\n`, EFFORT);
    block.chunks.push(chunk);
    grow(block, chunk.length - block.pendingChars);
    block.pending = [];
    block.pendingChars = 0;
  };

  const blockAt = (number: number): Block | undefined => blocks.findLast(({ first }) => first <= number);

  const open = (block: Block, number: number): Opened => {
    if (opened?.block === block && number - block.first < opened.samples) return opened;
    opened = { block, samples: block.times.length, groups: groupsIn(block) };
    return opened;
  };

  const first = (): number => blocks[0]?.first ?? 0;
  const samples = (): number => {
    const block = blocks.at(-1);
    return block === undefined ? 0 : block.first + block.times.length;
  };
  const timeOf = (number: number): number => {
    const block = blockAt(number);
    return block?.times[number - block.first] ?? header?.clock.bootUs ?? 0;
  };

  return {
    isExact: true,
    get header() {
      if (header === null) throw new Error('nothing was traced yet');
      return header;
    },
    begin: (session) => {
      header = session.state.header;
      beginBlock(session);
    },
    append: (record, json, session) => {
      const block = blocks.at(-1);
      if (block === undefined) return;
      block.pending.push(json);
      block.pendingChars += json.length;
      grow(block, json.length);
      if (record.type === 'sample') block.times.push(record.bootUs);
      const isFull = block.times.length >= BLOCK_SAMPLES;
      if (isFull || block.pendingChars >= CHUNK_CHARS) pack(block);
      if (isFull) beginBlock(session);
    },
    bytes: () => bytes,
    mostBytes: () => maxBytes,
    keepAtMost: (most) => {
      maxBytes = most;
      dropOldest();
    },
    first,
    samples,
    timeOf,
    startUs: () => timeOf(first()),
    endUs: () => timeOf(samples() - 1),
    sampleAt: (bootUs) => {
      const block = blocks.findLast(({ times }) => (times[0] ?? Number.POSITIVE_INFINITY) <= bootUs);
      if (block === undefined) return first();
      return (
        block.first +
        Math.max(
          0,
          block.times.findLastIndex((time) => time <= bootUs),
        )
      );
    },
    recordsOf: (number) => {
      const block = blockAt(number);
      return block === undefined ? [] : (open(block, number).groups[number - block.first] ?? []);
    },
    tail: () => {
      const block = blocks.at(-1);
      return block === undefined ? [] : (groupsIn(block).at(-1) ?? []);
    },
    anchorAt: (number) => {
      const block = blockAt(number);
      return block === undefined ? null : { sample: block.first, frozen: block.frozen };
    },
    hasAnchor: (number) => blockAt(number)?.first === number,
    // Nothing is missing between two blocks.
    resumesAt: () => false,
    holes: () => [],
    // Every moment is near.
    weightOf: () => 0,
    // They are set into the stream.
    addedMarks: () => [],
  };
};

const blockOn = (session: Session): Block => ({
  first: session.state.samples,
  frozen: freeze(session),
  chunks: [],
  pending: [],
  pendingChars: 0,
  times: [],
  bytes: 0,
});

const groupsIn = ({ chunks, pending }: Block): StreamRecord[][] => {
  const text = chunks.map((chunk) => inflateRawSync(chunk).toString()).join('');
  const lines = [...text.split('\n').filter((line) => line !== ''), ...pending];
  const groups: StreamRecord[][] = [[]];
  for (const line of lines) {
    const record = JSON.parse(line) as StreamRecord;
    groups.at(-1)?.push(record);
    if (record.type === 'sample') groups.push([]);
  }
  return groups;
};

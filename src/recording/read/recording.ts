/**
 * A recording opened for reading: one file, or the segments of one session. Opening looks at the seals of its blocks
 * and reads the header, nothing else; blocks are read when they are asked for, and a few are kept. So neither the time
 * to open it nor memory grows with what it holds, and any moment is as near as any other.
 */
import { createLru } from '../../core/lru.ts';
import type { StreamRecord } from '../../core/record.ts';
import type { Mark } from '../../core/snapshot.ts';
import { failure } from '../../errors.ts';
import type { Recording } from '../../session/ports.ts';
import type { LossyAnchor } from '../../session/timeline.ts';
import { type BlockIndex, blockOf, checkpointBlock, indexOf, upTo, weightAt } from './block-index.ts';
import type { Block } from './blocks.ts';
import type { Bytes } from './bytes.ts';
import { filesOf, openFile } from './files.ts';
import { createGroups } from './groups.ts';
import { createHoles } from './holes.ts';
import { checkpointIn, type Loaded, loadBlock } from './load.ts';
import { appendMark, marksBytes, readMarks } from './marks.ts';
import { openSegments, refreshSegments } from './segments.ts';

/** Read blocks kept: the one shown, those beside it, and one to come back to. */
const KEPT_BLOCKS = 4;

export type OpenOptions = {
  /** It is still being written: a torn end is a line to come. */
  readonly growing?: boolean;
  /** Read this instead of opening the path. */
  readonly bytes?: Bytes;
};

/** Throws a StallscopeError of the E_FILE_ family. */
export const openRecording = (path: string, { growing = false, bytes }: OpenOptions = {}): Recording => {
  const files = bytes === undefined ? openSegments(filesOf(path)) : [openFile(path, bytes)];
  const [first] = files;
  if (first === undefined) throw failure('E_FILE_MISSING', { path });
  const { header } = first;
  let index: BlockIndex = indexOf(files);
  let added = readMarks(path);
  let addedBytes = marksBytes(path);
  const kept = createLru<Block, Loaded>(KEPT_BLOCKS);

  const load = (number: number): Loaded => {
    const block = index.blocks[number] as Block;
    const known = kept.get(block);
    if (known !== undefined) return known;
    const loaded = index.gone.has(block) ? nothingLeft(block) : loadBlock(block);
    kept.set(block, loaded);
    return loaded;
  };

  const holes = createHoles({ header, index: () => index, load });
  const { recordsOf, tail } = createGroups({ files, header, growing, index: () => index, load, holes });

  const timeOf = (number: number): number => {
    const at = blockOf(index, number);
    if (at < 0) return header.clock.bootUs;
    const { timesUs, block } = load(at);
    const local = number - (index.firsts[at] ?? 0);
    // Of a damaged block only the span is known.
    const step = block.samples < 2 ? 0 : (block.toUs - block.fromUs) / (block.samples - 1);
    return timesUs[local] ?? Math.round(block.fromUs + local * step);
  };

  const anchorAt = (number: number): LossyAnchor | null => {
    for (
      let one = upTo(index.checkpoints, (block) => (index.firsts[block] ?? 0) <= number);
      one >= 0;
      one -= 1
    ) {
      const at = index.checkpoints[one] ?? 0;
      const parts = checkpointIn(load(at));
      if (parts.length > 0) return { sample: index.firsts[at] ?? 0, parts };
    }
    return null;
  };

  /** The last checkpoint knows all before it. */
  const ownMarks = (): Mark[] => {
    const checkpoint = anchorAt(index.samples);
    const marks: Mark[] = [...(checkpoint?.parts[0]?.session?.marks ?? [])];
    const note = (records: readonly StreamRecord[]): void => {
      for (const record of records)
        if (record.type === 'mark') marks.push({ bootUs: record.bootUs, text: record.text });
    };
    for (let number = checkpoint?.sample ?? 0; number < index.samples; number += 1) note(recordsOf(number));
    note(tail());
    return marks;
  };

  return {
    header,
    isExact: false,
    first: () => 0,
    samples: () => index.samples,
    startUs: () => header.clock.bootUs,
    timeOf,
    endUs: () => index.blocks.findLast(({ samples }) => samples > 0)?.toUs ?? header.clock.bootUs,
    sampleAt: (bootUs) => {
      const at = upTo(index.withSamples, (block) => (index.blocks[block]?.fromUs ?? 0) <= bootUs);
      const block = index.withSamples[at];
      if (block === undefined) return 0;
      const first = index.firsts[block] ?? 0;
      const count = index.blocks[block]?.samples ?? 0;
      let low = first;
      let high = first + count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (timeOf(middle) <= bootUs) low = middle + 1;
        else high = middle;
      }
      return Math.max(0, low - 1);
    },
    recordsOf,
    tail,
    anchorAt,
    hasAnchor: (number) => checkpointBlock(index, number) >= 0,
    resumesAt: (number) => {
      const at = checkpointBlock(index, number);
      return at === 0 || index.breaks.has(at);
    },
    holes: holes.ofSegments,
    weightOf: (from, to) => weightAt(index, to) - weightAt(index, from),
    addedMarks: () => added,
    ownMarks,
    addMark: (mark) => {
      const problem = appendMark(path, mark);
      added = readMarks(path);
      return problem;
    },
    refresh: () => {
      const marked = marksBytes(path) !== addedBytes;
      if (marked) {
        added = readMarks(path);
        addedBytes = marksBytes(path);
      }
      const grown = refreshSegments(path, files);
      if (grown) {
        index = indexOf(files);
        const known = new Set(index.blocks);
        for (const block of kept.keys()) if (!known.has(block) || index.gone.has(block)) kept.delete(block);
      }
      return grown || marked;
    },
    close: () => {
      for (const file of files) file.bytes.close();
    },
  };
};

/** Numbers and times stay as they were; there is nothing to read. */
const nothingLeft = (block: Block): Loaded => ({
  block,
  text: Buffer.alloc(0),
  trouble: null,
  ends: [],
  timesUs: [],
  seqs: [],
});

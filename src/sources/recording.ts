/**
 * A recording opened for reading: one file, or the segments of one session. Opening looks at the seals of its blocks
 * and reads the header, nothing else; blocks are read when they are asked for, and a few are kept. So neither the time
 * to open it nor memory grows with what it holds, and any moment is as near as any other.
 *
 * What cannot be read becomes a loss record in its place, with its place in the file, and reading goes on. A block
 * whose checksum is wrong is left out whole: its lines might be true, and might not.
 */
import { setImmediate } from 'node:timers/promises';
import type { GapRecord, LossRecord, StreamRecord } from '../core/record.ts';
import type { Mark } from '../core/snapshot.ts';
import { failure } from '../errors.ts';
import type { Checkpoint, Recording, Source } from '../session/ports.ts';
import type { Block } from './recorded/blocks.ts';
import { bytesOf } from './recorded/bytes.ts';
import { filesOf, openFile, type RecordedFile } from './recorded/files.ts';
import { checkpointIn, type Loaded, loadBlock, readLines } from './recorded/load.ts';
import { appendMark, marksBytes, readMarks } from './recorded/marks.ts';
import { openSegments, refreshSegments } from './recorded/segments.ts';

/** Read blocks kept: the one shown, those beside it, and one to come back to. */
const KEPT_BLOCKS = 4;

export type OpenOptions = {
  /** It is still being written: a torn end is a line to come. */
  readonly growing?: boolean;
  /** Read this instead of opening the path. */
  readonly fd?: number;
};

/** Throws a StallscopeError of the E_FILE_ family. */
export const openRecording = (path: string, { growing = false, fd }: OpenOptions = {}): Recording => {
  const files = fd === undefined ? openSegments(filesOf(path)) : [openFile(path, bytesOf(fd))];
  const [first] = files;
  if (first === undefined) throw failure('E_FILE_MISSING', { path });
  const { header } = first;
  let index = indexOf(files);
  let added = readMarks(path);
  let addedBytes = marksBytes(path);
  const kept = new Map<Block, Loaded>();

  const load = (number: number): Loaded => {
    const block = index.blocks[number] as Block;
    const known = kept.get(block);
    kept.delete(block);
    const loaded = known ?? (index.gone.has(block) ? nothingLeft(block) : loadBlock(block));
    kept.set(block, loaded);
    if (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value as Block);
    return loaded;
  };

  const isLast = (number: number): boolean => number === index.blocks.length - 1;

  /** What stands behind the last sample of a block, and all of one without. */
  const leftover = (number: number, records: StreamRecord[]): void => {
    const loaded = load(number);
    noteTrouble(loaded, loaded.ends.length === 0, records);
    const from = loaded.ends.at(-1) ?? 0;
    const to = growing && isLast(number) ? loaded.text.lastIndexOf(0x0a) + 1 : loaded.text.length;
    if (from < to) readLines(loaded, from, to, timeAt(loaded), records);
  };

  const timeAt = ({ block, timesUs }: Loaded): number =>
    timesUs.at(-1) ?? (block.fromUs || header.clock.bootUs);

  const noteTrouble = ({ block, trouble }: Loaded, isFirst: boolean, records: StreamRecord[]): void => {
    if (!isFirst || trouble === null) return;
    records.push(damaged(block, trouble));
  };

  const damaged = (block: Block, detail: string): LossRecord => ({
    type: 'loss',
    bootUs: block.fromUs || header.clock.bootUs,
    kind: 'damaged',
    count: 1,
    detail: block.samples === 0 ? detail : `${detail}, ${spanOf(block)}`,
  });

  const deleted = ({ fromUs, toUs }: Block): GapRecord => ({
    type: 'gap',
    bootUs: toUs,
    fromBootUs: fromUs,
    reason: 'its segment has been deleted since, to stay within the bounds of the recording',
  });

  const spanOf = ({ fromUs, toUs }: Block): string => `${isoAt(fromUs)} to ${isoAt(toUs)}`;

  const isoAt = (bootUs: number): string => {
    const realMs = header.clock.realMs + (bootUs - header.clock.bootUs) / 1000;
    return Math.abs(realMs) < 8.64e15 ? new Date(realMs).toISOString() : `${bootUs} us since boot`;
  };

  /** Lines before the first sample of a block that stand in blocks before it. */
  const before = (number: number, records: StreamRecord[]): void => {
    let from = number;
    while (from > 0 && index.blocks[from - 1]?.samples === 0) from -= 1;
    // Our own blocks end with a sample, but for the last of a file.
    const previous = index.blocks[from - 1];
    if (previous !== undefined && (previous.seal === null || index.begins.has(from)))
      leftover(from - 1, records);
    for (let one = from; one < number; one += 1) leftover(one, records);
    if (number === 0 || from === 0) for (const trouble of headerTroubles()) records.push(trouble);
  };

  const headerTroubles = (): LossRecord[] =>
    files.flatMap(({ headerTrouble }) =>
      headerTrouble === null
        ? []
        : [{ type: 'loss', bootUs: header.clock.bootUs, kind: 'damaged', count: 1, detail: headerTrouble }],
    );

  const recordsOf = (number: number): StreamRecord[] => {
    const records: StreamRecord[] = [];
    const at = blockOf(index, number);
    if (at < 0) return records;
    const local = number - (index.firsts[at] ?? 0);
    if (local === 0) before(at, records);
    const loaded = load(at);
    if (local === 0 && index.gone.has(loaded.block)) records.push(deleted(loaded.block));
    noteTrouble(loaded, local === 0, records);
    const to = loaded.ends[local];
    const from = local === 0 ? 0 : (loaded.ends[local - 1] ?? 0);
    if (to !== undefined) readLines(loaded, from, to, loaded.timesUs[local] ?? loaded.block.fromUs, records);
    return records;
  };

  const tail = (): StreamRecord[] => {
    const records: StreamRecord[] = [];
    const last = index.blocks.findLastIndex(({ samples }) => samples > 0);
    if (last < 0) before(0, records);
    for (let one = Math.max(0, last); one < index.blocks.length; one += 1) leftover(one, records);
    return records;
  };

  const timeOf = (number: number): number => {
    const at = blockOf(index, number);
    if (at < 0) return header.clock.bootUs;
    const { timesUs, block } = load(at);
    const local = number - (index.firsts[at] ?? 0);
    // Of a damaged block only the span is known.
    const step = block.samples < 2 ? 0 : (block.toUs - block.fromUs) / (block.samples - 1);
    return timesUs[local] ?? Math.round(block.fromUs + local * step);
  };

  const checkpointAt = (number: number): Checkpoint | null => {
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
    const checkpoint = checkpointAt(index.samples);
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
    samples: () => index.samples,
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
    checkpointAt,
    hasCheckpoint: (number) => checkpointBlock(index, number) >= 0,
    resumesAt: (number) => {
      const at = checkpointBlock(index, number);
      return at === 0 || index.breaks.has(at);
    },
    weightOf: (from, to) => weightAt(index, to) - weightAt(index, from),
    addedMarks: () => added,
    marks: () => {
      const own = ownMarks();
      const late = added.filter(
        ({ bootUs, text }) => !own.some((mark) => mark.bootUs === bootUs && mark.text === text),
      );
      return [...own, ...late].sort((a, b) => a.bootUs - b.bootUs);
    },
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
      for (const { bytes } of files) bytes.close();
    },
  };
};

/** A recording as a source: every record, as fast as they are taken. */
export const createRecordingSource = (recording: Recording): Source => {
  let stopped = false;
  return {
    open: async () => recording.header,
    records: async function* () {
      for (let number = 0; number < recording.samples() && !stopped; number += 1) {
        yield* recording.recordsOf(number);
        // Reading is synchronous: let signals and the screen have their turn.
        if (number % 64 === 63) await setImmediate();
      }
      if (!stopped) yield* recording.tail();
    },
    stop: () => {
      stopped = true;
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
});

type Index = {
  readonly blocks: readonly Block[];
  /** Number of the first sample of each block. */
  readonly firsts: readonly number[];
  /** Text before each block, as it is packed or not. */
  readonly weights: readonly number[];
  /** Which blocks hold samples, begin with a checkpoint, begin a file, begin a file after one that is missing. */
  readonly withSamples: readonly number[];
  readonly checkpoints: readonly number[];
  readonly begins: ReadonlySet<number>;
  readonly breaks: ReadonlySet<number>;
  /** Those of segments that the recorder has deleted since they were opened. */
  readonly gone: ReadonlySet<Block>;
  readonly samples: number;
};

const indexOf = (files: readonly RecordedFile[]): Index => {
  const blocks: Block[] = [];
  const begins = new Set<number>();
  const breaks = new Set<number>();
  const gone = new Set<Block>();
  for (const [number, file] of files.entries()) {
    begins.add(blocks.length);
    const before = files[number - 1];
    const isNext = file.header.segment === (before?.header.segment ?? Number.NaN) + 1;
    if (before?.header.segment !== undefined && (!isNext || (before.isGone && !file.isGone)))
      breaks.add(blocks.length);
    for (const block of file.blocks) {
      blocks.push(block);
      if (file.isGone) gone.add(block);
    }
  }
  const firsts: number[] = [];
  const weights: number[] = [];
  let samples = 0;
  let weight = 0;
  for (const block of blocks) {
    firsts.push(samples);
    weights.push(weight);
    samples += block.samples;
    weight += block.seal?.textBytes ?? block.end - block.start;
  }
  const numbers = blocks.map((_, number) => number);
  return {
    blocks,
    firsts,
    weights,
    withSamples: numbers.filter((number) => (blocks[number]?.samples ?? 0) > 0),
    checkpoints: numbers.filter((number) => blocks[number]?.checkpoint === true),
    begins,
    breaks,
    gone,
    samples,
  };
};

/** Index of the last element for which `holds`, in a list where it holds for the first ones; -1 for none. */
const upTo = (list: readonly number[], holds: (value: number) => boolean): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

const blockOf = ({ withSamples, firsts, samples }: Index, number: number): number =>
  number < 0 || number >= samples
    ? -1
    : (withSamples[upTo(withSamples, (block) => (firsts[block] ?? 0) <= number)] ?? -1);

const weightAt = (index: Index, number: number): number => {
  const at = blockOf(index, Math.max(0, Math.min(number, index.samples - 1)));
  const block = index.blocks[at];
  if (block === undefined) return 0;
  const share = (number - (index.firsts[at] ?? 0)) / Math.max(1, block.samples);
  return (index.weights[at] ?? 0) + share * (block.seal?.textBytes ?? block.end - block.start);
};

/** The block that begins with sample `number` and a checkpoint; -1 when there is none. */
const checkpointBlock = (index: Index, number: number): number => {
  const at = blockOf(index, number);
  return index.blocks[at]?.checkpoint === true && index.firsts[at] === number ? at : -1;
};

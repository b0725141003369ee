/** Where the samples of a recording stand: its blocks in order, over all of its files, and what each of them holds. */
import type { Block } from './blocks.ts';
import type { RecordedFile } from './files.ts';

export type BlockIndex = {
  readonly blocks: readonly Block[];
  /** Number of the first sample of each block. */
  readonly firsts: readonly number[];
  /** Text before each block, as it is packed or not. */
  readonly weights: readonly number[];
  /** Which blocks hold samples, begin with a checkpoint, begin a file. */
  readonly withSamples: readonly number[];
  readonly checkpoints: readonly number[];
  readonly begins: ReadonlySet<number>;
  /** The first with samples after segments that are missing, and which these are; null where a reader has seen them go. */
  readonly breaks: ReadonlyMap<number, string | null>;
  /** Those of segments that the recorder has deleted since they were opened. */
  readonly gone: ReadonlySet<Block>;
  readonly samples: number;
};

export const indexOf = (files: readonly RecordedFile[]): BlockIndex => {
  const blocks: Block[] = [];
  const begins = new Set<number>();
  const breaks = new Map<number, string | null>();
  const gone = new Set<Block>();
  for (const [number, file] of files.entries()) {
    begins.add(blocks.length);
    const before = files[number - 1];
    const first = blocks.length + file.blocks.findIndex(({ samples: held }) => held > 0);
    const missing = missingBetween(before, file);
    if (first >= blocks.length && missing !== undefined) breaks.set(first, missing);
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

/** undefined where the one follows the other. */
const missingBetween = (before: RecordedFile | undefined, file: RecordedFile): string | null | undefined => {
  const [from, to] = [before?.header.segment, file.header.segment ?? Number.NaN];
  if (from === undefined) return undefined;
  if (to === from + 1) return before?.isGone === true && !file.isGone ? null : undefined;
  if (!(to > from)) return `segment ${to} follows segment ${from}`;
  const [first, last] = [from + 1, to - 1];
  const which = first === last ? `segment ${first} is` : `segments ${first} to ${last} are`;
  return `${which} not there: deleted, or lost`;
};

/** Index of the last element for which `holds`, in a list where it holds for the first ones; -1 for none. */
export const upTo = (list: readonly number[], holds: (value: number) => boolean): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

export const blockOf = ({ withSamples, firsts, samples }: BlockIndex, number: number): number =>
  number < 0 || number >= samples
    ? -1
    : (withSamples[upTo(withSamples, (block) => (firsts[block] ?? 0) <= number)] ?? -1);

export const weightAt = (index: BlockIndex, number: number): number => {
  const at = blockOf(index, Math.max(0, Math.min(number, index.samples - 1)));
  const block = index.blocks[at];
  if (block === undefined) return 0;
  const share = (number - (index.firsts[at] ?? 0)) / Math.max(1, block.samples);
  return (index.weights[at] ?? 0) + share * (block.seal?.textBytes ?? block.end - block.start);
};

/** The block that begins with sample `number` and a checkpoint; -1 when there is none. */
export const checkpointBlock = (index: BlockIndex, number: number): number => {
  const at = blockOf(index, number);
  return index.blocks[at]?.checkpoint === true && index.firsts[at] === number ? at : -1;
};

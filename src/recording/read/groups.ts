/**
 * The records between two samples. What cannot be read becomes a loss record in its place, with its place in the file, and
 * reading goes on. A block whose checksum is wrong is left out whole: its lines might be true, and might not.
 */
import { realMsAt } from '../../core/clock.ts';
import type { GapRecord, HeaderRecord, LossRecord, StreamRecord } from '../../core/record.ts';
import { type BlockIndex, blockOf } from './block-index.ts';
import type { Block } from './blocks.ts';
import type { RecordedFile } from './files.ts';
import type { Holes } from './holes.ts';
import { type Loaded, readLines } from './load.ts';

export type GroupOptions = {
  readonly files: readonly RecordedFile[];
  readonly header: HeaderRecord;
  /** It is still being written: a torn end is a line to come. */
  readonly growing: boolean;
  readonly index: () => BlockIndex;
  readonly load: (block: number) => Loaded;
  readonly holes: Holes;
};

const WHY_MISSING: ReadonlySet<LossRecord['kind']> = new Set([
  'damaged',
  'rejected-line',
  'recorder-dropped',
]);

export type Groups = {
  /** What stands after sample `number - 1`, up to and including sample `number`. */
  recordsOf(number: number): StreamRecord[];
  /** What stands after the last sample. */
  tail(): StreamRecord[];
};

export const createGroups = ({ files, header, growing, index, load, holes }: GroupOptions): Groups => {
  const isLast = (number: number): boolean => number === index().blocks.length - 1;

  /** What stands behind the last sample of a block, and all of one without. */
  const leftover = (number: number, records: StreamRecord[]): void => {
    const loaded = load(number);
    noteTrouble(loaded, loaded.ends.length === 0, records);
    const from = loaded.ends.at(-1) ?? 0;
    const to = growing && isLast(number) ? loaded.text.lastIndexOf(0x0a) + 1 : loaded.text.length;
    if (from < to) readLines(loaded, { from, to, bootUs: timeAt(loaded) }, records);
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
    const realMs = realMsAt(header.clock, bootUs);
    return Math.abs(realMs) < 8.64e15 ? new Date(realMs).toISOString() : `${bootUs} us since boot`;
  };

  /** Lines before the first sample of a block that stand in blocks before it. */
  const before = (number: number, records: StreamRecord[]): void => {
    let from = number;
    while (from > 0 && index().blocks[from - 1]?.samples === 0) from -= 1;
    // Our own blocks end with a sample, but for the last of a file.
    const previous = index().blocks[from - 1];
    if (previous !== undefined && (previous.seal === null || index().begins.has(from)))
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
    const at = blockOf(index(), number);
    if (at < 0) return records;
    const local = number - (index().firsts[at] ?? 0);
    if (local === 0) before(at, records);
    const loaded = load(at);
    if (local === 0 && index().gone.has(loaded.block)) records.push(deleted(loaded.block));
    noteTrouble(loaded, local === 0, records);
    const to = loaded.ends[local];
    const from = local === 0 ? 0 : (loaded.ends[local - 1] ?? 0);
    const bootUs = loaded.timesUs[local] ?? loaded.block.fromUs;
    if (to !== undefined) readLines(loaded, { from, to, bootUs }, records);
    // A sample with a damaged time is read with the next one.
    const isWhole = records.filter(({ type }) => type === 'sample').length === 1;
    const hole = isWhole && !records.some(saysWhy) ? holes.before(at, local) : null;
    return hole === null ? records : [hole, ...records];
  };

  /** What is missing was reported where it went. */
  const saysWhy = (record: StreamRecord): boolean =>
    record.type === 'gap' || (record.type === 'loss' && WHY_MISSING.has(record.kind));

  const tail = (): StreamRecord[] => {
    const records: StreamRecord[] = [];
    const last = index().blocks.findLastIndex(({ samples }) => samples > 0);
    if (last < 0) before(0, records);
    for (let one = Math.max(0, last); one < index().blocks.length; one += 1) leftover(one, records);
    return records;
  };

  return { recordsOf, tail };
};

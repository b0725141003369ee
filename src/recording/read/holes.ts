/**
 * Samples that a recording should hold and does not: a segment that is not there, or samples that vanished inside a file. Each
 * sample has a number and so has each segment, and both must join; where they do not, a gap is reported before what follows.
 *
 * Where the state of the session stands after it (every segment begins with it), what was counted meanwhile is in there: such
 * a gap is missing from the past alone (`unrecorded`), and not from the totals.
 */
import type { GapRecord, HeaderRecord } from '../../core/record.ts';
import type { Hole } from '../../session/timeline.ts';
import type { BlockIndex } from './block-index.ts';
import { checkpointIn, type Loaded } from './load.ts';

/** A state keeps no more gaps. */
const MAX_HOLES = 1_000;

export type Holes = {
  /** What is missing right before the `local`th sample of block `at`; null where nothing is. */
  before(at: number, local: number): GapRecord | null;
  /** Where whole segments are missing, which is known without reading what lies between. */
  ofSegments(): Hole[];
};

export type HolesOptions = {
  readonly header: HeaderRecord;
  readonly index: () => BlockIndex;
  readonly load: (block: number) => Loaded;
};

export const createHoles = ({ header, index, load }: HolesOptions): Holes => {
  const intervalUs = header.intervalMs * 1000;

  const ofSegment = (at: number, reason: string): GapRecord => {
    const { blocks, withSamples } = index();
    const before = blocks[withSamples[withSamples.indexOf(at) - 1] ?? -1];
    return gap(load(at), 0, before?.toUs ?? header.clock.bootUs, reason);
  };

  /** Until the state that follows, or where the interval of the next sample begins. */
  const gap = (loaded: Loaded, local: number, fromUs: number, reason: string): GapRecord => {
    const parts = local === 0 && loaded.block.checkpoint ? checkpointIn(loaded) : [];
    const [first] = parts;
    const counted = first !== undefined && parts.length === first.parts;
    const nextUs = loaded.timesUs[local] ?? loaded.block.fromUs;
    const toUs = Math.max(fromUs, counted ? first.bootUs : nextUs - intervalUs);
    return { type: 'gap', bootUs: toUs, fromBootUs: fromUs, reason, unrecorded: counted ? 'past' : 'counts' };
  };

  /** The sample before; null where it cannot be read, which is reported as damage. */
  const previousOf = (
    at: number,
    local: number,
  ): { readonly seq: number; readonly bootUs: number } | null => {
    const { blocks, withSamples } = index();
    const before = local > 0 ? at : withSamples[withSamples.indexOf(at) - 1];
    // A recording may begin in the middle of a session, with the state so far.
    if (before === undefined) return blocks[at]?.checkpoint ? null : { seq: -1, bootUs: header.clock.bootUs };
    const { seqs, timesUs, block } = load(before);
    const last = local > 0 ? local - 1 : block.samples - 1;
    const [seq, bootUs] = [seqs[last], timesUs[last]];
    return seq === undefined || bootUs === undefined ? null : { seq, bootUs };
  };

  return {
    before: (at, local) => {
      const segments = local === 0 ? index().breaks.get(at) : undefined;
      if (segments !== undefined) return segments === null ? null : ofSegment(at, segments);
      const loaded = load(at);
      const seq = loaded.seqs[local];
      const previous = seq === undefined ? null : previousOf(at, local);
      if (seq === undefined || previous === null || !(seq > previous.seq + 1)) return null;
      const missing = seq - previous.seq - 1;
      const reason = `${missing} ${missing === 1 ? 'sample is' : 'samples are'} missing from the recording`;
      return gap(loaded, local, previous.bootUs, reason);
    },
    ofSegments: () =>
      [...index().breaks]
        .slice(0, MAX_HOLES)
        .flatMap(([at, reason]) =>
          reason === null ? [] : [{ number: index().firsts[at] ?? 0, record: ofSegment(at, reason) }],
        ),
  };
};

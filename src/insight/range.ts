/**
 * Whether a series has left its usual range for good. What is usual is the median of what it was so far, and its spread
 * (interquartile range, and at least a part of the median); a series has left it when means over several blocks of ticks in a row
 * lie beyond it on one side. A burst has ended by then, and what always wanders has a wide range. How far it went is its
 * surprise, in spreads: the same measure that `compare` ranks by (surprise.ts), of one moment that nobody had to name.
 *
 * While it is away nothing is learnt of what is usual, unless it stays so long that this is the new normal.
 */
import { RANGE } from './range-params.ts';
import { quantile } from './statistics.ts';

export type Range = {
  /** Means of blocks that were usual, the oldest first; when full each two become one of twice the length. */
  readonly history: Float64Array;
  held: number;
  /** Blocks that one mean of the history stands for; those that wait to become one, and their sum. */
  blocksEach: number;
  waiting: number;
  waitingSum: number;
  /** Of the current block. */
  ticks: number;
  sum: number;
  /** Of the latest blocks, which are no history yet; the latest last. */
  readonly latest: Float64Array;
  /** The latest values, by tick, to find where it began. */
  readonly values: Float64Array;
  blocks: number;
  /** The least and the most that a block ever was, but for those that would show that it left; a new normal does not make them forgotten. */
  lowest: number;
  highest: number;
  seenBlocks: number;
  /** What is usual, and by how many blocks it will have to be worked out anew. */
  median: number;
  spread: number;
  knownAt: number;
  /** Blocks in a row beyond the range on this side. */
  outBlocks: number;
  side: number;
  away: boolean;
  awayBlocks: number;
  sinceShift: number;
  backBlocks: number;
};

/** `phase` spreads over the ticks what series that begin together have to work out. */
export const createRange = (phase: number): Range => ({
  history: new Float64Array(RANGE.history),
  held: 0,
  blocksEach: 1,
  waiting: 0,
  waitingSum: 0,
  ticks: 0,
  sum: 0,
  latest: new Float64Array(2 * RANGE.holdBlocks),
  values: new Float64Array((RANGE.holdBlocks + 2) * RANGE.mostBlockTicks),
  blocks: 0,
  lowest: Number.POSITIVE_INFINITY,
  highest: Number.NEGATIVE_INFINITY,
  seenBlocks: 0,
  median: 0,
  spread: 0,
  knownAt: RANGE.leastBlocks + (phase % RANGE.phases),
  outBlocks: 0,
  side: 0,
  away: false,
  awayBlocks: 0,
  sinceShift: 0,
  backBlocks: 0,
});

/** The tick that a value is of. */
export type Moment = {
  readonly ticks: number;
  readonly bootUs: number;
  readonly blockTicks: number;
  readonly frozen: boolean;
};

/** One more value. How far the series is away, in spreads; 0 where it is within its range, or it is not known to be for good. */
export const surpriseAt = (range: Range, value: number, moment: Moment): number => {
  range.values[moment.ticks % range.values.length] = value;
  range.sum += value;
  range.ticks += 1;
  if (range.ticks < moment.blockTicks) return 0;
  const mean = range.sum / range.ticks;
  range.sum = 0;
  range.ticks = 0;
  return takeBlock(range, mean, moment);
};

const sideOf = ({ median, spread }: Range, value: number): number => {
  const off = value - median;
  return Math.abs(off) <= RANGE.width * spread ? 0 : Math.sign(off);
};

const takeBlock = (range: Range, mean: number, moment: Moment): number => {
  const { latest } = range;
  const leaving = latest[0] as number;
  latest.copyWithin(0, 1);
  latest[latest.length - 1] = mean;
  range.blocks += 1;
  if (!moment.frozen && range.blocks > RANGE.holdBlocks)
    noteSeen(range, latest[latest.length - 1 - RANGE.holdBlocks] as number);
  const side = range.spread > 0 ? sideOf(range, mean) : 0;
  range.outBlocks = side === 0 ? 0 : side === range.side ? range.outBlocks + 1 : 1;
  range.side = side;
  if (range.away) return stayAway(range, side, moment);
  if (range.outBlocks >= RANGE.holdBlocks) return leave(range);
  // What may be the beginning of something is not learnt before it is known to be over.
  if (!moment.frozen && range.blocks > latest.length) learn(range, leaving);
  return 0;
};

const noteSeen = (range: Range, mean: number): void => {
  range.lowest = Math.min(range.lowest, mean);
  range.highest = Math.max(range.highest, mean);
  range.seenBlocks += 1;
};

const leave = (range: Range): number => {
  // Known a while ago: what is usual may have become wider since.
  workOut(range);
  const surprise = howFar(range);
  if (surprise < RANGE.leastSurprise) {
    range.outBlocks = 0;
    return 0;
  }
  range.away = true;
  range.awayBlocks = 0;
  range.backBlocks = 0;
  return surprise;
};

const howFar = (range: Range): number => farOf(range, range.latest.slice(RANGE.holdBlocks));

const farOf = ({ median, spread }: Range, means: Float64Array): number =>
  spread <= 0 ? 0 : Math.abs(quantile(means.sort(), 0.5) - median) / spread;

/** It was away, and has gone much farther since: that is another shift. */
export const hasJumped = (range: Range): boolean => {
  if (range.sinceShift < range.latest.length) return false;
  return howFar(range) >= RANGE.jump * Math.max(1, farOf(range, range.latest.slice(0, RANGE.holdBlocks)));
};

/** A shift was reported: what its own beginning does is none. */
export const noteShift = (range: Range): void => {
  range.sinceShift = 0;
};

/** For how many ticks its values, the latest first, have been beyond a part of where they are now. */
export const beyondTicks = (range: Range, { ticks }: Pick<Moment, 'ticks'>): number => {
  const { values, median, spread } = range;
  const far = Math.max(RANGE.width, RANGE.begunAt * howFar(range)) * spread;
  for (let back = 0; back < values.length; back += 1) {
    const value = values[(ticks - back + values.length) % values.length] as number;
    if ((value - median) * range.side < far) return back;
  }
  return values.length;
};

const stayAway = (range: Range, side: number, { frozen }: Pick<Moment, 'frozen'>): number => {
  range.awayBlocks += 1;
  range.sinceShift += 1;
  range.backBlocks = side === 0 ? range.backBlocks + 1 : 0;
  if (range.backBlocks >= RANGE.holdBlocks) range.away = false;
  else if (!frozen && range.awayBlocks >= RANGE.settledBlocks) beginAnew(range);
  return range.away ? howFar(range) : 0;
};

/** This is the new normal. */
const beginAnew = (range: Range): void => {
  range.away = false;
  range.held = 0;
  range.blocksEach = 1;
  range.waiting = 0;
  range.waitingSum = 0;
  range.spread = 0;
  range.outBlocks = 0;
  range.knownAt = range.blocks + RANGE.leastBlocks;
};

const learn = (range: Range, mean: number): void => {
  range.waitingSum += mean;
  range.waiting += 1;
  if (range.waiting < range.blocksEach) return;
  if (range.held === range.history.length) halve(range);
  range.history[range.held] = range.waitingSum / range.waiting;
  range.held += 1;
  range.waiting = 0;
  range.waitingSum = 0;
  if (range.blocks < range.knownAt) return;
  workOut(range);
  range.knownAt = range.blocks + Math.max(RANGE.leastBlocks, Math.ceil(range.blocks * RANGE.staleShare));
};

const halve = (range: Range): void => {
  const { history } = range;
  for (let index = 0; index < range.held >> 1; index += 1)
    history[index] = ((history[2 * index] as number) + (history[2 * index + 1] as number)) / 2;
  range.held >>= 1;
  range.blocksEach *= 2;
};

const workOut = (range: Range): void => {
  const sorted = range.history.slice(0, range.held).sort();
  const at = (share: number): number => quantile(sorted, share);
  range.median = at(0.5);
  const usual = Math.max(
    at(0.75) - at(0.25),
    RANGE.shareOfMedian * Math.abs(range.median),
    RANGE.shareOfReach * (at(1) - at(0)),
  );
  // Little was seen of what is usual.
  range.spread = usual * (1 + RANGE.youngBlocks / (range.held * range.blocksEach));
};

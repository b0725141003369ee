/** Processes of another host are read in turns: a round is over when all of them were, and all they waited. */
import { describe, expect, it } from 'vitest';
import { createBlock, type Wanted } from '../../src/remote/block.ts';
import type { Question } from '../../src/remote/question.ts';

const text = (path: string): Question => ({ kind: 'text', path, more: [] });

const PIDS = Array.from({ length: 300 }, (_, index) => index + 1);

/** A host of so many processes, all of which run on. */
const world = (pids: readonly number[] = PIDS) => {
  const block = createBlock(new Map());
  let cpu = 0;
  const fileOf = (path: string): string =>
    `${path}:${path.endsWith('schedstat') ? `0 ${cpu} 0` : `1 (x) R ${cpu}`}\n`;
  /** One block, after everything that is wanted of every process was looked at. */
  const turn = (looked: readonly string[] = []): Wanted => {
    for (const pid of pids) block.look(text(`/proc/${pid}/stat`));
    for (const path of looked) block.look(text(path));
    const wanted = block.next([]);
    cpu += 1;
    const paths = [...wanted.pids.map((pid) => `/proc/${pid}/stat`), ...wanted.texts];
    const clock = `${100 + cpu}.00 1.00\n${pids.join(' ')}\n`;
    expect(block.take(Buffer.from(clock + paths.map(fileOf).join('')), wanted)).toBe((100 + cpu) * 1e6);
    return wanted;
  };
  // The list of those who live comes with the first.
  turn();
  return { block, turn };
};

describe('a round', () => {
  it('is over when each was read, however many blocks that takes', () => {
    const { block, turn } = world();
    const rounds = Array.from({ length: 9 }, () => {
      turn();
      return block.isRound();
    });
    // 128 of 300 at a time.
    expect(rounds).toEqual([false, false, true, false, false, true, false, false, true]);
  });

  it('is over with each block where all are read in one', () => {
    const { block, turn } = world(PIDS.slice(0, 100));
    expect([turn(), turn()].map(() => block.isRound())).toEqual([true, true]);
  });

  it('is not while waits of threads are left for the next block', () => {
    const { block, turn } = world(PIDS.slice(0, 20));
    const waits = Array.from({ length: 300 }, (_, tid) => `/proc/7/task/${tid + 1}/schedstat`);
    expect(turn(waits).texts).toHaveLength(256);
    expect(block.isRound()).toBe(false);
    turn();
    expect(block.isRound()).toBe(true);
  });

  it('asks for waits each time that they are looked at', () => {
    const { turn } = world(PIDS.slice(0, 20));
    const path = '/proc/7/schedstat';
    expect([turn([path]), turn([path]), turn([path])].map(({ texts }) => texts)).toEqual([
      [path],
      [path],
      [path],
    ]);
  });
});

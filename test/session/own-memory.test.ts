/** Over the limit the heap is made dense, then less past is kept; and as much as before once there is room again. */
import { describe, expect, it } from 'vitest';
import { createMemory } from '../../src/session/memory.ts';
import { createOwnMemory, MOST_OWN_BYTES } from '../../src/session/own-memory.ts';
import { createSession, foldInto } from '../../src/session/session.ts';
import { longSession } from '../helpers/long-session.ts';
import { headerOf } from '../helpers/stream.ts';

const MIB = 2 ** 20;
const OVER = MOST_OWN_BYTES + 30 * MIB;
const UNDER = MOST_OWN_BYTES / 2;
/** Samples of one window. */
const WINDOW = 30;

const filled = (mostBytes: number, samples: number) => {
  const session = createSession(headerOf());
  const memory = createMemory(mostBytes);
  memory.begin(session);
  for (const record of longSession(samples)) {
    foldInto(session, record);
    memory.append(record, JSON.stringify(record), session);
  }
  return memory;
};

const watched = (memory: ReturnType<typeof createMemory> | null) => {
  let dense = 0;
  const own = createOwnMemory({ memory, makeDense: () => (dense += 1) });
  return {
    dense: () => dense,
    /** What each window came to. */
    window: (residentBytes: number) =>
      Array.from({ length: WINDOW }, () => own.sampled(residentBytes)).filter((step) => step !== null),
    sampled: own.sampled,
  };
};

describe('own memory', () => {
  it('keeps less past where a dense heap is not enough, the oldest first, and says so', () => {
    const memory = filled(100 * MIB, 300);
    const { window, dense } = watched(memory);
    const [before, end, held] = [memory.startUs(), memory.endUs(), memory.bytes()];
    expect(window(OVER)).toEqual([]);
    expect([dense(), memory.startUs()]).toEqual([1, before]);
    expect(window(OVER)).toEqual([{ heldBytes: OVER, kept: 'less' }]);
    expect(memory.mostBytes()).toBe(Math.max(2 * MIB, held / 2));
    expect([dense(), memory.endUs()]).toEqual([2, end]);
  });

  it('drops blocks at once when it may keep less', () => {
    const memory = filled(100 * MIB, 300);
    const [first, held] = [memory.first(), memory.bytes()];
    memory.keepAtMost(held / 2);
    expect(memory.first()).toBeGreaterThan(first);
    expect(memory.bytes()).toBeLessThanOrEqual(held / 2);
    expect(memory.samples()).toBe(300);
  });

  it('says once that no less can be kept', () => {
    const { window } = watched(filled(2 * MIB, 60));
    const steps = [1, 2, 3, 4].flatMap(() => window(OVER));
    expect(steps).toEqual([{ heldBytes: OVER, kept: 'least' }]);
    expect(watched(null).window(OVER)).toEqual([]);
  });

  it('keeps as much as before when there is room again, and no more', () => {
    const memory = filled(100 * MIB, 60);
    const { window } = watched(memory);
    for (let windows = 0; windows < 4; windows += 1) window(OVER);
    expect(memory.mostBytes()).toBe(2 * MIB);
    const kept = [1, 2, 3, 4, 5, 6, 7, 8].flatMap(() => window(UNDER)).map((step) => step.kept);
    expect(kept).toEqual(Array.from({ length: 6 }, () => 'more'));
    expect(memory.mostBytes()).toBe(100 * MIB);
  });

  it.each([
    [WINDOW / 2 - 1, 0],
    [WINDOW / 2 + 1, 5],
  ])('is judged by what it is half of the time: over in %s samples of a window', (over, timesDense) => {
    const { sampled, dense } = watched(filled(100 * MIB, 60));
    for (let windows = 0; windows < 5; windows += 1)
      for (let sample = 0; sample < WINDOW; sample += 1) sampled(sample < over ? OVER : UNDER);
    expect(dense()).toBe(timesDense);
  });
});

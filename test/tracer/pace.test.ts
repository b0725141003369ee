import { afterEach, describe, expect, it } from 'vitest';
import { createPace, type Pace, type Taken } from '../../src/tracer/pace.ts';
import { until } from '../helpers/until.ts';

const SECOND = 1_000_000;

let pace: Pace | null = null;
afterEach(() => pace?.stop());

/** The interval is so long that no sample is made up meanwhile, unless a test wants one. */
const paceOf = (intervalMs = 60_000) => {
  const now = { bootUs: 1_000 * SECOND };
  const taken: Pick<Taken, 'bootUs' | 'counted'>[] = [];
  const clock = { bootUs: () => now.bootUs, realMs: () => 0 };
  const made = createPace({
    clock,
    intervalMs,
    take: ({ bootUs, counted }) => taken.push({ bootUs, counted }),
    isSilent: () => false,
  });
  pace = made;
  made.begin(now.bootUs);
  const batch = (bootUs: number, final = false): void =>
    made.batch({ bootUs, final, counters: new Map(), exits: 0 });
  return { pace: made, now, taken, batch, times: () => taken.map(({ bootUs }) => bootUs / SECOND) };
};

describe('a batch', () => {
  it('in time is a sample of its own time', () => {
    const { batch, now, times } = paceOf();
    now.bootUs = 1_060.1 * SECOND;
    batch(1_060 * SECOND);
    expect(times()).toEqual([1_060]);
  });

  it('that comes late is of the time of its reading', () => {
    const { batch, now, times, pace } = paceOf();
    now.bootUs = 1_100 * SECOND;
    batch(1_060 * SECOND);
    expect(times()).toEqual([1_100]);
    expect(pace.lastBatchUs()).toBe(1_100 * SECOND);
  });

  it('of several that come late at once, or soon after, only the first is reported, and the last when no more comes', () => {
    const { batch, now, times, pace } = paceOf();
    now.bootUs = 1_200 * SECOND;
    for (const second of [1_060, 1_120]) batch(second * SECOND);
    now.bootUs = 1_201 * SECOND;
    batch(1_201 * SECOND);
    expect(times()).toEqual([1_200]);
    pace.release();
    expect(times()).toEqual([1_200, 1_201]);
    pace.release();
    expect(times()).toEqual([1_200, 1_201]);
  });

  it('half an interval after one that was late takes the place of what was held back', () => {
    const { batch, now, times, pace } = paceOf();
    now.bootUs = 1_200 * SECOND;
    for (const second of [1_060, 1_120]) batch(second * SECOND);
    now.bootUs = 1_240 * SECOND;
    batch(1_240 * SECOND);
    pace.release();
    expect(times()).toEqual([1_200, 1_240]);
  });

  it('of the end is reported however soon it comes', () => {
    const { batch, now, times } = paceOf();
    now.bootUs = 1_200 * SECOND;
    for (const second of [1_060, 1_120]) batch(second * SECOND);
    batch(1_130 * SECOND, true);
    expect(times()).toEqual([1_200, 1_200.000001]);
  });
});

it('begins with a sample that counts as read, and makes one without counts when no batch comes in time', async () => {
  const { now, pace, taken } = paceOf(20);
  pace.first();
  now.bootUs += SECOND;
  await until(() => taken.length > 1);
  pace.stop();
  expect(taken.slice(0, 2)).toEqual([
    { bootUs: 1_000 * SECOND + 1, counted: true },
    { bootUs: 1_001 * SECOND, counted: false },
  ]);
});

it('reports what was held back before it makes one without counts: a tracer that is silent now has said that', async () => {
  const { batch, now, pace, taken } = paceOf(20);
  now.bootUs += SECOND;
  for (const lateUs of [500_000, 400_000]) batch(now.bootUs - lateUs);
  expect(taken).toHaveLength(1);
  now.bootUs += SECOND;
  await until(() => taken.length > 2);
  pace.stop();
  expect(taken.slice(0, 3)).toEqual([
    { bootUs: 1_001 * SECOND, counted: true },
    { bootUs: 1_001 * SECOND + 1, counted: true },
    { bootUs: 1_002 * SECOND, counted: false },
  ]);
});

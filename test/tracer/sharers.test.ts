import { describe, expect, it } from 'vitest';
import { createSharers, type Life } from '../../src/tracer/sharers.ts';

const life = (comm: string, startMs: number, exitedUs: number | null): Life => ({ comm, startMs, exitedUs });
const A = life('a', 100, 1_500_000);
const B = life('b', 1_600, 1_800_000);
const living = life('c', 1_600, null);
const namesIn = (lives: readonly Life[] | undefined) => lives?.map(({ comm }) => comm);

describe('a PID that two processes had within one interval', () => {
  it('is reported with what they counted together, whether the second has ended or lives', () => {
    const ended = createSharers();
    ended.ended(7, A, A);
    ended.ended(7, B, B);
    ended.grew(7, 'm', 160);
    const [sharing] = ended.close(1_000_000, 2_000_000, () => B);
    expect(namesIn(sharing?.lives)).toEqual(['a', 'b']);
    expect(sharing?.amounts).toEqual(new Map([['m', 160]]));
    const lives = createSharers();
    lives.ended(7, A, A);
    lives.grew(7, 'm', 5);
    expect(namesIn(lives.close(1_000_000, 2_000_000, () => living)[0]?.lives)).toEqual(['a', 'c']);
  });

  it('is none when the first had ended before the interval, or counted nothing in it', () => {
    const earlier = createSharers();
    earlier.ended(7, A, A);
    earlier.grew(7, 'm', 5);
    expect(earlier.close(1_550_000, 2_000_000, () => living)).toEqual([]);
    const silent = createSharers();
    silent.ended(7, A, A);
    silent.ended(7, B, B);
    expect(silent.close(1_000_000, 2_000_000, () => B)).toEqual([]);
  });

  it('is reported when a line comes after the maps of its interval, and once', () => {
    const sharers = createSharers();
    sharers.ended(7, A, A);
    sharers.grew(7, 'm', 160);
    expect(sharers.close(1_000_000, 2_000_000, () => A)).toEqual([]);
    expect(namesIn(sharers.ended(7, B, B)?.lives)).toEqual(['a', 'b']);
    expect(sharers.close(2_000_000, 3_000_000, () => B)).toEqual([]);
  });
});

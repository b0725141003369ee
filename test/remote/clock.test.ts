import { describe, expect, it } from 'vitest';
import { createRemoteClock } from '../../src/remote/clock.ts';

const STEP_US = 10_000;

describe('the clock of another host', () => {
  it('is bounded by every exchange, and the true time is always within the bounds', () => {
    const now = { us: 5_000_000 };
    const aheadUs = 123_456_789;
    const clock = createRemoteClock(() => now.us);
    for (let round = 1; round <= 50; round += 1) {
      const askedUs = now.us;
      const readUs = askedUs + ((round * 7_919) % 30_000) + aheadUs;
      now.us += 40_000;
      clock.note({ askedUs, answeredUs: now.us, shownUs: Math.floor(readUs / STEP_US) * STEP_US });
      expect(Math.abs(clock.bootUs() - (now.us + aheadUs))).toBeLessThanOrEqual(clock.unsureUs() + 1);
      now.us += 1_003_000;
    }
    expect(clock.unsureUs()).toBeLessThan(20_000);
  });

  it('follows a clock that leapt, and never goes back itself', () => {
    const now = { us: 1_000_000 };
    const clock = createRemoteClock(() => now.us);
    clock.note({ askedUs: 0, answeredUs: 1_000, shownUs: 50_000_000 });
    const before = clock.bootUs();
    clock.note({ askedUs: 2_000, answeredUs: 3_000, shownUs: 20_000_000 });
    expect(clock.bootUs()).toBeGreaterThanOrEqual(before);
    clock.note({ askedUs: 4_000, answeredUs: 5_000, shownUs: 900_000_000 });
    expect(clock.bootUs()).toBeGreaterThan(900_000_000);
  });

  it('says how far its wall clock is ahead, by the exchange that took least', () => {
    const clock = createRemoteClock();
    clock.noteWall({ fromMs: 1_000, toMs: 1_400, shownMs: 6_200, unsureMs: 0 });
    clock.noteWall({ fromMs: 2_000, toMs: 2_010, shownMs: 7_007, unsureMs: 0 });
    clock.noteWall({ fromMs: 3_000, toMs: 3_010, shownMs: 8_000, unsureMs: 500 });
    expect(clock.wall()).toEqual({ aheadMs: 5_002, unsureMs: 5 });
  });
});

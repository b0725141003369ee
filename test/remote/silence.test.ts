/** How long a host may say nothing, by a clock of the test's. */
import { describe, expect, it } from 'vitest';
import { createSilence } from '../../src/remote/silence.ts';

const START_MS = 1_000;

const silent = () => {
  const clock = { nowMs: START_MS, readerMs: START_MS };
  const silence = createSilence(
    () => clock.readerMs,
    () => clock.nowMs,
  );
  const later = (ms: number): number | null => {
    clock.nowMs += ms;
    return silence.over();
  };
  return { clock, silence, later };
};

describe('a host over one answer, before anything is traced there', () => {
  it('may say nothing for 20 s', () => {
    const { later } = silent();
    expect([later(6_000), later(13_999), later(1)]).toEqual([null, null, 20_000]);
  });

  it('is heard anew with each answer', () => {
    const { clock, silence, later } = silent();
    expect(later(19_999)).toBeNull();
    clock.readerMs = clock.nowMs;
    expect(silence.silentMs()).toBe(0);
    expect([later(19_999), later(1)]).toEqual([null, 20_000]);
  });
});

describe('a host with a tracer', () => {
  it('is given up after 6 s, by when its guard has ended it', () => {
    const { silence, later } = silent();
    silence.began();
    expect([later(5_999), later(1)]).toEqual([null, 6_000]);
  });

  it('is there while the tracer says something, however long the reader is over an answer', () => {
    const { silence, later } = silent();
    silence.began();
    for (let said = 0; said < 10; said += 1) {
      expect(later(5_000)).toBeNull();
      silence.heard();
    }
    expect([later(5_999), later(1)]).toEqual([null, 6_000]);
  });

  it('has 20 s again once all of them have ended', () => {
    const { silence, later } = silent();
    silence.began();
    silence.began();
    silence.ended();
    expect(later(6_000)).toBe(6_000);
    silence.ended();
    expect([silence.over(), later(13_999), later(1)]).toEqual([null, null, 20_000]);
  });
});

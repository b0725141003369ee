import { beforeAll, describe, expect, it } from 'vitest';
import { parseMoment, type Span } from '../../src/screen/format/moment.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

/** 14:00:30 to 14:10:30. */
const span: Span = {
  startUs: 5_000_000,
  endUs: 605_000_000,
  clock: { bootUs: 5_000_000, realMs: Date.UTC(2026, 10, 21, 14, 0, 30) },
};

describe('a moment in words', () => {
  it.each([
    ['14:02', 95_000_000],
    ['14:02:30', 125_000_000],
    ['14:00', 5_000_000],
    ['+90s', 95_000_000],
    ['+1m30s', 95_000_000],
    ['3m ago', 425_000_000],
    ['2026-11-21T14:02:30Z', 125_000_000],
    ['2026-11-21 14:02:30Z', 125_000_000],
  ])('%s', (text, bootUs) => expect(parseMoment(text, span)).toEqual({ bootUs }));

  it.each([
    ['15:00', 'the recording spans 14:00:30 to 14:10:30'],
    ['2h ago', 'the recording spans 14:00:30 to 14:10:30'],
    ['25:00', 'there is no such time of day'],
    ['+soon', '"soon" is not a duration such as 90s or 3m'],
    ['yesterday', 'write it as 14:02, 14:02:30, 3m ago, +90s or an ISO time'],
    ['', 'write it as 14:02, 14:02:30, 3m ago, +90s or an ISO time'],
  ])('%s is refused with the reason', (text, problem) =>
    expect(parseMoment(text, span)).toEqual({ problem }),
  );

  it('finds a time after midnight of a recording that runs over it', () => {
    const night: Span = {
      startUs: 0,
      endUs: 7200e6,
      clock: { bootUs: 0, realMs: Date.UTC(2026, 10, 21, 23, 0, 0) },
    };
    expect(parseMoment('00:30', night)).toEqual({ bootUs: 5400e6 });
  });
});

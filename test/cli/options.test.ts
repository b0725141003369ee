import { describe, expect, it } from 'vitest';
import {
  globMatcher,
  readBudget,
  readDuration,
  readInteger,
  readList,
  readPid,
  readSpeed,
} from '../../src/cli/options.ts';

const HOUR_MS = 3_600_000;
const duration = (value: string): number => readDuration('--interval', value, 100, 24 * HOUR_MS);

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['0.5s', 500],
    ['1.25m', 75_000],
    ['2h', 2 * HOUR_MS],
    ['1d', 24 * HOUR_MS],
    [' 10s ', 10_000],
    ['100ms', 100],
  ])('%j is %d ms', (value, ms) => {
    expect(duration(value)).toBe(ms);
  });

  it.each([
    ['10', 'the unit is missing'],
    ['', 'it is not a number and a unit'],
    ['s', 'it is not a number and a unit'],
    ['-5s', 'it is not a number and a unit'],
    ['1e3s', 'it is not a number and a unit'],
    ['5 s', 'it is not a number and a unit'],
    ['5weeks', 'it is not a number and a unit'],
    ['10s; rm -rf /', 'it is not a number and a unit'],
    ['99ms', 'the minimum is 100 ms'],
    ['0s', 'the minimum is 100 ms'],
    ['2d', 'the maximum is 24 h'],
    [`${'9'.repeat(400)}s`, 'the maximum is 24 h'],
  ])('%j is refused: %s', (value, why) => {
    expect(() => duration(value)).toThrow(
      expect.objectContaining({
        code: 'E_DURATION',
        message: `"${value}" is not a duration for --interval: ${why}.`,
      }),
    );
  });
});

describe('PIDs', () => {
  it.each([
    ['1', 1],
    ['4194304', 4_194_304],
    [' 42 ', 42],
    ['007', 7],
  ])('%j', (value, pid) => {
    expect(readPid(value)).toBe(pid);
  });

  it.each(['0', '-1', '4194305', '1.5', '0x10', 'self', '', '1 2', '1;', '٣', '99999999999'])(
    '%j is refused',
    (value) => {
      expect(() => readPid(value)).toThrow(expect.objectContaining({ code: 'E_NUMBER', exit: 2 }));
    },
  );
});

describe('whole numbers', () => {
  it('within their bounds', () => {
    expect(readInteger('--map-keys', '64', 64, 128)).toBe(64);
    expect(readInteger('--map-keys', '128', 64, 128)).toBe(128);
    for (const value of ['63', '129', '1e2', '', 'many', '-64']) {
      expect(() => readInteger('--map-keys', value, 64, 128)).toThrow(
        'it must be a whole number from 64 to 128',
      );
    }
  });
});

describe('speeds', () => {
  it.each([
    ['1', 1],
    ['0.5', 0.5],
    ['10x', 10],
    ['100000', 100_000],
    ['max', Number.POSITIVE_INFINITY],
  ])('%s', (value, speed) => {
    expect(readSpeed(value)).toBe(speed);
  });

  it.each(['0', '-1', 'fast', '', 'Infinity', 'NaN', '100001', '1e3', 'xx'])('%j is refused', (value) => {
    expect(() => readSpeed(value)).toThrow(expect.objectContaining({ code: 'E_NUMBER' }));
  });
});

it('lists may be joined by commas, repeated, or both', () => {
  expect(readList(['a,b', ' c ', '', ',d,'])).toEqual(['a', 'b', 'c', 'd']);
  expect(readList([])).toEqual([]);
});

describe('patterns of names', () => {
  it.each([
    ['qemu*', 'qemu-system-x86', true],
    ['qemu*', 'my-qemu', false],
    ['*qemu*', 'my-qemu-2', true],
    ['?ash', 'bash', true],
    ['?ash', 'ash', false],
    ['a.b', 'axb', false],
    ['a.b', 'a.b', true],
    ['(sd-pam)', '(sd-pam)', true],
    ['[kworker]', 'k', false],
    ['a+', 'aa', false],
    ['', '', true],
    ['', 'x', false],
    ['*', 'a\nb', true],
    ['a\\b', 'a\\b', true],
    ['^$', 'x', false],
    ['CASE', 'case', false],
  ])('%j on %j: %s', (glob, comm, expected) => {
    expect(globMatcher(glob)(comm)).toBe(expected);
  });

  it('none takes every name', () => {
    expect(globMatcher(null)('anything')).toBe(true);
  });
});

describe('the budget', () => {
  it.each([
    ['2%', 0.02],
    ['0.5 %', 0.005],
    ['100%', 1],
    ['off', null],
  ])('%j is %j', (value, share) => {
    expect(readBudget(value)).toBe(share);
  });

  it.each(['2', '0%', '0.05%', '101%', '-1%', 'none', '', '1e1%'])('%j is refused', (value) => {
    expect(() => readBudget(value)).toThrow(expect.objectContaining({ code: 'E_NUMBER' }));
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ClockReaders, createBootClock, createSystemClock, parseUptime } from '../../src/host/clock.ts';
import { localFiles } from '../../src/host/local-files.ts';
import type { Clock } from '../../src/session/ports.ts';

/** A machine whose time passes as it is read: each look at a clock takes a few µs. */
const machine = (suspendedUs: number) => {
  let monotonicUs = 50_000_003;
  let suspended = suspendedUs;
  const trueUs = () => monotonicUs + suspended;
  const readers: ClockReaders = {
    monotonicUs: () => {
      monotonicUs += 1;
      return monotonicUs;
    },
    uptimeUs: () => {
      monotonicUs += 12;
      return Math.floor(trueUs() / 10_000) * 10_000;
    },
    realMs: () => 1_700_000_000_000 + Math.floor(trueUs() / 1000),
  };
  return {
    readers,
    trueUs,
    run: (us: number) => {
      monotonicUs += us;
    },
    suspend: (us: number) => {
      suspended += us;
    },
  };
};

const systemClock: Clock = createSystemClock(localFiles);

test('fits the session port', () => {
  expect(Math.abs(systemClock.realMs() - Date.now())).toBeLessThan(1000);
});

test.skipIf(process.platform !== 'linux')(
  'this host: in the 10 ms that /proc/uptime shows, each time, and never back',
  () => {
    let lastUs = 0;
    for (let round = 0; round < 500; round += 1) {
      const beforeUs = systemClock.bootUs();
      const uptimeUs = parseUptime(readFileSync('/proc/uptime', 'utf8')) ?? Number.NaN;
      const afterUs = systemClock.bootUs();
      expect(Number.isSafeInteger(beforeUs)).toBe(true);
      expect(beforeUs).toBeGreaterThanOrEqual(lastUs);
      // [before, after] must meet [shown, shown + 10 ms]; 1 ms for a clock fixed at an edge.
      expect(afterUs).toBeGreaterThanOrEqual(uptimeUs - 1000);
      expect(beforeUs).toBeLessThanOrEqual(uptimeUs + 11_000);
      lastUs = afterUs;
    }
  },
);

describe('a machine in slow motion', () => {
  test('never suspended: exactly the monotonic clock', () => {
    const { readers, trueUs } = machine(0);
    const clock = createBootClock(readers);
    for (let round = 0; round < 100; round += 1) expect(clock.bootUs()).toBe(trueUs());
  });

  test('suspended before the start: right to the time of a read', () => {
    const { readers, trueUs, run } = machine(3_600_004_567);
    const clock = createBootClock(readers);
    for (let round = 0; round < 20; round += 1) {
      run(700_000);
      expect(Math.abs(clock.bootUs() - trueUs())).toBeLessThan(30);
    }
  });

  test('suspended while running: right at the first reading after', () => {
    const { readers, trueUs, run, suspend } = machine(0);
    const clock = createBootClock(readers);
    expect(clock.bootUs()).toBe(trueUs());
    run(1000);
    suspend(8_000_321);
    expect(Math.abs(clock.bootUs() - trueUs())).toBeLessThan(30);
    suspend(60_000_000);
    expect(Math.abs(clock.bootUs() - trueUs())).toBeLessThan(30);
  });

  test('a wall clock set back by hand changes nothing', () => {
    const { readers, trueUs } = machine(0);
    let stepMs = 0;
    const clock = createBootClock({ ...readers, realMs: () => readers.realMs() + stepMs });
    clock.bootUs();
    stepMs = -3_600_000;
    expect(clock.bootUs()).toBe(trueUs());
  });

  test('without /proc/uptime: the monotonic clock', () => {
    const { readers, trueUs } = machine(5_000_000);
    const clock = createBootClock({ ...readers, uptimeUs: () => null });
    expect(clock.bootUs()).toBe(trueUs() - 5_000_000);
  });

  test('a frozen /proc/uptime does not hang it', () => {
    const { readers, trueUs } = machine(0);
    const clock = createBootClock({ ...readers, uptimeUs: () => 900_000_000 });
    expect(clock.bootUs()).toBeGreaterThan(trueUs());
  });
});

test('uptime', () => {
  expect(parseUptime('1717.52 3272.44\n')).toBe(1_717_520_000);
  expect(parseUptime('0.09 0.00\n')).toBe(90_000);
  expect(parseUptime('1717.5')).toBeNull();
  expect(parseUptime('')).toBeNull();
});

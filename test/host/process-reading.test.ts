import { describe, expect, test } from 'vitest';
import { localFiles } from '../../src/host/local-files.ts';
import { pageBytesOf, parsePageBytes } from '../../src/host/page-size.ts';
import { createProcessReader, parseCpuWait, parseProcess } from '../../src/host/process-reading.ts';
import { openStatFiles } from '../../src/host/stat-files.ts';

const stat = (name: string, state = 'S'): string =>
  `41 (${name}) ${state} 1 41 41 0 -1 4194304 1234 0 17 0 5 6 70 8 20 0 1 0 9876 1000000 300 18446744073709551615\n`;

describe('what /proc says of a process', () => {
  test('CPU time, faults, memory, and since when', () => {
    expect(parseProcess(stat('a'), '900 300 120 50 0 400 0\n', 4096)).toEqual({
      startMs: 98_760,
      ppid: 1,
      isRunnable: false,
      cpuMs: 110,
      childCpuMs: 780,
      minorFaults: 1234,
      majorFaults: 17,
      memory: { rssBytes: 300 * 4096, anonBytes: 180 * 4096 },
    });
  });

  test('whatever its name holds', () => {
    expect(parseProcess(stat(') S 1 2 (x', 'R'), '9 3 1 5 0 4 0\n', 4096)).toMatchObject({
      minorFaults: 1234,
      isRunnable: true,
    });
  });

  test.each([
    ['a kernel thread or a zombie', '0 0 0 0 0 0 0\n'],
    ['one whose memory may not be read', null],
    ['words', 'a b c\n'],
  ])('%s has no memory, and time all the same', (_name, statm) => {
    expect(parseProcess(stat('kthreadd'), statm, 4096)).toMatchObject({ cpuMs: 110, memory: null });
  });

  test('a torn line says nothing', () => {
    expect(parseProcess(stat('a').slice(0, 60), '9 3 1 5 0 4 0\n', 4096)).toBeNull();
    expect(parseCpuWait('283732 471')).toBeNull();
    expect(parseCpuWait('283732 4710604 2\n')).toBe(4_710_604);
  });

  test('who rests is read once, and again after a while', () => {
    const reads = { stat: 0, statm: 0 };
    const reader = createProcessReader(localFiles, {
      stat: () => {
        reads.stat += 1;
        return stat('a');
      },
      statm: () => {
        reads.statm += 1;
        return `900 ${300 - reads.statm} 120 50 0 400 0\n`;
      },
      once: () => null,
    });
    const seen = Array.from({ length: 12 }, () => reader.read(41)?.memory?.rssBytes);
    expect(reads).toEqual({ stat: 12, statm: 2 });
    expect(new Set(seen)).toEqual(new Set([299 * 4096, 298 * 4096]));
  });

  test.skipIf(process.platform !== 'linux')('this process is what Node says it is', () => {
    const reader = createProcessReader(localFiles, openStatFiles());
    const burnUntilMs = performance.now() + 50;
    while (performance.now() < burnUntilMs);
    const own = reader.read(process.pid);
    const { rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    expect(Math.abs((own?.memory?.rssBytes ?? 0) - rss)).toBeLessThan(32 * 2 ** 20);
    expect(own?.memory?.anonBytes).toBeLessThan(own?.memory?.rssBytes ?? 0);
    expect(own?.minorFaults).toBeGreaterThan(1_000);
    expect(own?.cpuMs).toBeLessThanOrEqual((user + system) / 1000);
    expect(own?.cpuMs).toBeGreaterThan((user + system) / 1000 - 100);
    expect(own?.ppid).toBe(process.ppid);
    expect(reader.cpuWaits(process.pid)?.has(process.pid)).toBe(true);
    expect(reader.read(2 ** 22 + 1)).toBeNull();
    expect(reader.cpuWaits(2 ** 22 + 1)).toBeNull();
  });
});

test('the size of a page is in the auxiliary vector', () => {
  const auxv = Buffer.alloc(48);
  auxv.writeBigUInt64LE(33n, 0);
  auxv.writeBigUInt64LE(6n, 16);
  auxv.writeBigUInt64LE(65_536n, 24);
  expect(parsePageBytes(auxv)).toBe(65_536);
  expect(parsePageBytes(Buffer.alloc(0))).toBeNull();
  expect([4096, 16_384, 65_536]).toContain(pageBytesOf(localFiles));
});

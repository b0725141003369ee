import { describe, expect, test } from 'vitest';
import { pageBytes, parsePageBytes } from '../../src/host/page-size.ts';
import { parseProcessMemory, readProcessMemory } from '../../src/host/process-memory.ts';
import { openStatFiles } from '../../src/host/stat-files.ts';

const stat = (name: string): string =>
  `41 (${name}) S 1 41 41 0 -1 4194304 1234 0 17 0 5 6 0 0 20 0 1 0 9876 1000000 300 18446744073709551615\n`;

describe('what /proc says of a process', () => {
  test('resident, not shared, faults, and since when', () => {
    expect(parseProcessMemory('900 300 120 50 0 400 0\n', stat('a'), 4096)).toEqual({
      startMs: 98_760,
      rssBytes: 300 * 4096,
      anonBytes: 180 * 4096,
      minorFaults: 1234,
      majorFaults: 17,
    });
  });

  test('whatever its name holds', () => {
    expect(parseProcessMemory('9 3 1 5 0 4 0\n', stat(') S 1 2 (x'), 4096)?.minorFaults).toBe(1234);
  });

  test.each([
    ['a kernel thread or a zombie', '0 0 0 0 0 0 0\n', stat('kthreadd')],
    ['a torn stat', '9 3 1 5 0 4 0\n', stat('a').slice(0, 60)],
    ['an empty statm', '', stat('a')],
    ['words', 'a b c\n', stat('a')],
  ])('%s has none', (_name, statm, text) => {
    expect(parseProcessMemory(statm, text, 4096)).toBeNull();
  });

  test.skipIf(process.platform !== 'linux')('this process holds what Node says it holds', () => {
    const files = openStatFiles();
    const own = readProcessMemory(files, process.pid);
    const { rss } = process.memoryUsage();
    expect(Math.abs((own?.rssBytes ?? 0) - rss)).toBeLessThan(32 * 2 ** 20);
    expect(own?.anonBytes).toBeLessThan(own?.rssBytes ?? 0);
    expect(own?.minorFaults).toBeGreaterThan(1_000);
    expect(readProcessMemory(files, 2 ** 22 + 1)).toBeNull();
  });
});

test('the size of a page is in the auxiliary vector', () => {
  const auxv = Buffer.alloc(48);
  auxv.writeBigUInt64LE(33n, 0);
  auxv.writeBigUInt64LE(6n, 16);
  auxv.writeBigUInt64LE(65_536n, 24);
  expect(parsePageBytes(auxv)).toBe(65_536);
  expect(parsePageBytes(Buffer.alloc(0))).toBeNull();
  expect([4096, 16_384, 65_536]).toContain(pageBytes());
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseDevice, parseLookups, readXfsLookups } from '../../src/host/proc/xfs-lookups.ts';

const sys = mkdtempSync(join(tmpdir(), 'xfs-lookups-'));
afterAll(() => rmSync(sys, { recursive: true }));

const put = (path: string, text: string): void => {
  mkdirSync(join(sys, path, '..'), { recursive: true });
  writeFileSync(join(sys, path), text);
};

it('reads each mount by the device number that the kernel has in memory', () => {
  put('fs/xfs/loop1/stats/stats', 'extent_alloc 1 2 3 4\nblk_map 10 2 1 5 1 110 0\nrw 1 0\n');
  put('class/block/loop1/dev', '7:1\n');
  put('fs/xfs/dm-3/stats/stats', 'blk_map 0 0 0 0 0 7 0\n');
  put('class/block/dm-3/dev', '254:3\n');
  put('fs/xfs/gone/stats/stats', 'blk_map 0 0 0 0 0 7 0\n');
  put('fs/xfs/stats/stats', 'blk_map 9 9 9 9 9 9 9\n');
  expect([...readXfsLookups({ sys })].sort()).toEqual([
    [254 * 2 ** 20 + 3, { lookups: 7, changes: 0 }],
    [7 * 2 ** 20 + 1, { lookups: 100, changes: 9 }],
  ]);
  expect(readXfsLookups({ sys: join(sys, 'absent') }).size).toBe(0);
});

it('goes on when the lookups have wrapped and the reads have not', () => {
  expect(parseLookups(`blk_map ${2 ** 32 - 10} 0 0 0 0 5 0\n`)?.lookups).toBe(15);
});

it('takes no torn or foreign line for a number', () => {
  for (const text of ['', 'blk_map 1 2 3', 'blk_map 1 2 3\n', 'blk_mapr 1 2 3 4 5 6 7\n']) {
    expect(parseLookups(text)).toBeNull();
  }
  for (const text of ['', '7', '7:x\n', '7:1:2\n']) expect(parseDevice(text)).toBeNull();
});

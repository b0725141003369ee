import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ExtentCount } from '../../src/core/file-extents.ts';
import { type CountOptions, countFiles } from '../../src/extents/count-files.ts';
import { createLeftOut } from '../../src/extents/left-out.ts';
import type { Found } from '../../src/extents/walk.ts';
import { createLineCount } from '../../src/host/extents.ts';

const folder = mkdtempSync(join(tmpdir(), 'count-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string): Found => {
  const path = join(folder, name);
  writeFileSync(path, name);
  const { dev, ino, birthtimeNs, size } = statSync(path, { bigint: true });
  return { path, dev, ino, bornNs: birthtimeNs, sizeBytes: Number(size) };
};

const whole = (extents: number): ExtentCount => ({
  extents,
  isLeast: false,
  fileSystem: 'xfs',
  problem: null,
});

const optionsOf = (count: CountOptions['count'], signal = new AbortController().signal): CountOptions => ({
  ...{ perSecond: 1_000, timeoutMs: 5_000, signal, count },
  ...{ nowMs: () => 17, progress: () => undefined },
});

describe('files are counted one after the other', () => {
  it('each through a descriptor that is held, and not by its name', async () => {
    const links: string[] = [];
    const left = createLeftOut();
    const count = async (link: string) => {
      links.push(link);
      return whole(7);
    };
    const counted = await countFiles([file('a'), file('b')], optionsOf(count), left);
    expect(counted.map(({ extents, atMs }) => [extents, atMs])).toEqual([
      [7, 17],
      [7, 17],
    ]);
    for (const link of links) expect(link).toMatch(new RegExp(`^/proc/${process.pid}/fd/\\d+$`));
    expect(left.list()).toEqual([]);
  });

  it('one that was replaced, or is gone, is left out', async () => {
    const [first, second, third] = [file('first'), file('second'), file('third')];
    renameSync(second.path, first.path);
    const left = createLeftOut();
    const counted = await countFiles(
      [first, second, third],
      optionsOf(async () => whole(1)),
      left,
    );
    expect(counted.map(({ path }) => path)).toEqual([third.path]);
    expect(left.list().map(({ reason }) => reason)).toEqual([
      'replaced by another file meanwhile',
      'cannot be opened: ENOENT',
    ]);
  });

  it('ends where it is interrupted, and says how many it did not get to', async () => {
    const asked = new AbortController();
    const left = createLeftOut();
    const count = async () => {
      asked.abort();
      return whole(3);
    };
    const counted = await countFiles(['1', '2', '3', '4'].map(file), optionsOf(count, asked.signal), left);
    expect(counted).toHaveLength(1);
    expect(left.list()).toMatchObject([{ reason: 'interrupted before it', count: 3 }]);
  });

  it('begins no more once three walks hang in the kernel', async () => {
    const stuck = {
      ...{ extents: 9, isLeast: true, fileSystem: 'ext4' },
      ...{ problem: 'filefrag took longer than 1s', isStuck: true as const },
    };
    const left = createLeftOut();
    const counted = await countFiles(
      ['5', '6', '7', '8', '9'].map(file),
      optionsOf(async () => stuck),
      left,
    );
    expect(counted).toHaveLength(3);
    expect(left.list()).toMatchObject([{ reason: 'not begun: 3 walks hang in the kernel', count: 2 }]);
  });
});

describe('the rows of filefrag -v', () => {
  const TEXT =
    'Filesystem type is: ef53\nFile size of /proc/9/fd/3 is 12288 (3 blocks of 4096 bytes)\n ext:     logical_offset: flags:\n   0:        0..       0:\n   1:        2..       2: 12: last\n100000:  7:\nx: 3 extents found\n';

  it('are counted in whatever pieces they come', () => {
    for (let size = 1; size <= TEXT.length; size += 1) {
      const lines = createLineCount();
      for (let at = 0; at < TEXT.length; at += size) lines.add(TEXT.slice(at, at + size));
      expect(lines.counted()).toEqual({ extents: 3, head: TEXT });
    }
  });

  it('a row that was cut off is none', () => {
    const lines = createLineCount();
    lines.add('   0:  1..2:\n   1:  3..');
    expect(lines.counted().extents).toBe(1);
  });
});

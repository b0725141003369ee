import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { localFiles } from '../../src/host/local-files.ts';
import { protectFromOomKiller } from '../../src/host/oom.ts';

const dir = mkdtempSync(join(tmpdir(), 'oom-'));
afterAll(() => rmSync(dir, { recursive: true }));

it.each([
  ['0\n', '-500'],
  ['300\n', '-500'],
  ['-499\n', '-500'],
  ['-500\n', '-500\n'],
  ['-1000\n', '-1000\n'],
])('from %j to %j', (before, after) => {
  const path = join(dir, 'oom_score_adj');
  writeFileSync(path, before);
  expect(protectFromOomKiller(localFiles, path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(after);
});

it('goes on where the kernel refuses', () => {
  expect(protectFromOomKiller(localFiles, join(dir, 'absent', 'oom_score_adj'))).toBe(false);
});

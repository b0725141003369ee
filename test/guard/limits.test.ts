/** Limits on a real process, and on a group of a scratch directory that is laid out as the kernel does. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ioIdle, ioniceOf, memoryHigh, whyNoMemoryHigh } from '../../src/guard/acting/limits.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { fakeFiles } from '../helpers/fake-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'limits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GIB = 1024 ** 3;

/** PID 7 in the group of the batch jobs, PID 8 in its root, PID 9 (ours) in a group below `ours`. */
const host = (before: string, ours = '/system.slice/stallscope') => {
  const path = join(folder, 'batch/memory.high');
  mkdirSync(join(folder, 'batch'), { recursive: true });
  writeFileSync(path, `${before}\n`);
  return fakeFiles({
    '/proc/self/mountinfo': `30 23 0:26 / ${folder} rw,nosuid shared:4 - cgroup2 cgroup2 rw\n`,
    [`${folder}/cgroup.controllers`]: 'cpu io memory pids\n',
    [path]: `${before}\n`,
    '/proc/7/cgroup': '0::/batch\n',
    '/proc/8/cgroup': '0::/\n',
    '/proc/9/cgroup': `0::${ours}\n`,
  });
};

const bound = (files: ReturnType<typeof host>, pid: number, bytes = 2 * GIB) =>
  memoryHigh(files, { pid, startMs: 1 }, { session: 9, bytes });

const high = (): string => readFileSync(join(folder, 'batch/memory.high'), 'utf8').trim();

it('bounds the group of the suspect, and says what there was before', async () => {
  expect(await bound(host('max'), 7)).toEqual({ how: 'done', text: 'the group of PID 7; max before' });
  expect(high()).toBe(String(2 * GIB));
  expect(await bound(host(String(4 * GIB)), 7)).toMatchObject({ how: 'done' });
  expect(high()).toBe(String(2 * GIB));
});

it.each([
  ['a bound that is narrower already', host(String(GIB)), 7, /already/],
  ['the root group', host('max'), 8, /root group/],
  ['a group that we are in', host('max', '/batch/inner'), 7, /we are in/],
  ['a process that is gone', host('max'), 77, /cannot be read/],
])('never touches %s', async (_, files, pid, why) => {
  const before = high();
  const outcome = await bound(files, pid);
  expect(outcome.how).toBe('refused');
  expect(outcome.text).toMatch(why);
  expect(high()).toBe(before);
});

it('knows beforehand where there is no such bound', () => {
  expect(whyNoMemoryHigh(host('max'))).toBeNull();
  expect(whyNoMemoryHigh(fakeFiles({ '/proc/self/mountinfo': '' }))).toContain('version 2');
});

it.skipIf(ioniceOf(localFiles) === null || process.getuid?.() !== 0)(
  'puts every thread of a process into the idle class',
  async () => {
    const pid = Number(
      execFileSync('/bin/sh', ['-c', 'sleep 100 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' }),
    );
    try {
      expect(await ioIdle(localFiles, { pid, startMs: 1 }, 5_000)).toMatchObject({ how: 'done' });
      expect(execFileSync('ionice', ['-p', String(pid)], { encoding: 'utf8' }).trim()).toBe('idle');
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    const gone = await ioIdle(localFiles, { pid: 2 ** 22 + 1, startMs: 1 }, 5_000);
    expect(gone).toMatchObject({ how: 'failed', text: expect.stringContaining('has ended') });
  },
);

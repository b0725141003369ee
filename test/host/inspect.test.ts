import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectProcess, parseStack } from '../../src/host/inspect.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { readStartMs } from '../../src/host/process.ts';

let folder = '';
let file = '';
let fd = -1;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inspect-'));
  file = join(folder, 'image\u001b[31m.raw');
  writeFileSync(file, Buffer.alloc(3_000_000, 1));
  fd = openSync(file, 'r');
});
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

describe('what a living process is asked', () => {
  it('names its user, its state and its largest open files, and counts nothing unasked', async () => {
    const found =
      (await inspectProcess(localFiles, process.pid, readStartMs(localFiles, process.pid), false)) ??
      expect.fail('it lives');
    expect(found).toMatchObject({ pid: process.pid, user: userInfo().username, filesProblem: null });
    expect(found.state).toMatch(/^[RS]$/);
    expect(found.kernelStack).toEqual([]);
    const stat = fstatSync(fd);
    expect(found.files.find(({ path }) => path === file)).toEqual({
      path: file,
      sizeBytes: 3_000_000,
      birth: { ino: stat.ino, bornMs: Math.floor(stat.birthtimeMs) },
      extents: null,
      isLeast: false,
      fileSystem: null,
      problem: null,
    });
    const sizes = found.files.map(({ sizeBytes }) => sizeBytes);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes.length).toBeLessThanOrEqual(8);
  });

  it('counts the extents of a file as filefrag lists them, or says why it cannot', async () => {
    const found = (await inspectProcess(localFiles, process.pid, null, true)) ?? expect.fail('it lives');
    const one = found.files.find(({ path }) => path === file) ?? expect.fail('it is open');
    const said = spawnSync('filefrag', ['-v', file], { encoding: 'utf8' }).stdout ?? '';
    if (!said.includes(' ext:')) expect(one.problem).not.toBeNull();
    else
      expect(one).toMatchObject({ extents: said.match(/^ *\d+:/gm)?.length, isLeast: false, problem: null });
  });

  it('is not asked of another process that has its PID now, nor of one that is gone', async () => {
    const startMs = readStartMs(localFiles, process.pid) ?? 0;
    expect(await inspectProcess(localFiles, process.pid, startMs - 10, false)).toBeNull();
    expect(await inspectProcess(localFiles, 2 ** 22 + 1, null, false)).toBeNull();
  });
});

describe('a kernel stack', () => {
  it('is the functions, innermost first', () => {
    const text =
      '[<0>] io_schedule+0x46/0x80\n[<0>] folio_wait_bit_common+0x13d/0x350\n[<0>] do_syscall_64+0x5c/0x90\n';
    expect(parseStack(text)).toEqual(['io_schedule', 'folio_wait_bit_common', 'do_syscall_64']);
    expect(parseStack('')).toEqual([]);
    expect(parseStack('[<ffffffff8109>] a+0x1\n'.repeat(100))).toHaveLength(24);
  });
});

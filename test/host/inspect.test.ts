import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectProcess, parseStack } from '../../src/host/inspect.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { readStartMs } from '../../src/host/process.ts';
import { readThreads } from '../../src/host/threads.ts';
import { fakeFiles } from '../helpers/fake-files.ts';

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
      (await inspectProcess(localFiles, process.pid, readStartMs(localFiles, process.pid), {
        extents: false,
        threads: false,
      })) ?? expect.fail('it lives');
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
    const found =
      (await inspectProcess(localFiles, process.pid, null, { extents: true, threads: false })) ??
      expect.fail('it lives');
    const one = found.files.find(({ path }) => path === file) ?? expect.fail('it is open');
    const said = spawnSync('filefrag', ['-v', file], { encoding: 'utf8' }).stdout ?? '';
    if (!said.includes(' ext:')) expect(one.problem).not.toBeNull();
    else
      expect(one).toMatchObject({ extents: said.match(/^ *\d+:/gm)?.length, isLeast: false, problem: null });
  });

  it('lists its threads when asked to, by their own names, those that are stuck first', async () => {
    const asked = { extents: false, threads: true };
    const { threads } =
      (await inspectProcess(localFiles, process.pid, null, asked)) ?? expect.fail('it lives');
    const tids = readdirSync(`/proc/${process.pid}/task`).map(Number);
    const listed = threads?.threads ?? expect.fail('they were asked for');
    expect(listed.length + (threads?.more ?? 0)).toBe(tids.length);
    for (const { tid, comm } of listed) {
      expect(tids).toContain(tid);
      expect(readFileSync(`/proc/${process.pid}/task/${tid}/comm`, 'utf8').trim()).toBe(comm);
    }
    const order = listed.map(({ state }) => 'DRtTSI'.indexOf(state));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(listed.some(({ cpuMs }) => cpuMs > 0)).toBe(true);
    const unasked = await inspectProcess(localFiles, process.pid, null, { ...asked, threads: false });
    expect(unasked?.threads).toBeNull();
  });

  it('looks at no more threads than it may, and says how many there are', () => {
    const stat = (tid: number, state: string) =>
      `${tid} (w ${tid}) ${state} ${Array.from({ length: 30 }, (_, at) => at).join(' ')} `;
    const tids = Array.from({ length: 300 }, (_, at) => at + 1);
    const files = fakeFiles({
      ...Object.fromEntries(
        tids.map((tid) => [`/proc/1/task/${tid}/stat`, stat(tid, tid === 200 ? 'D' : 'S')]),
      ),
      '/proc/1/task/200/wchan': 'xlog_grant_head_wait',
    });
    const { threads, more, unread } = readThreads(files, 1);
    expect(threads[0]).toMatchObject({
      tid: 200,
      comm: 'w 200',
      state: 'D',
      waitChannel: 'xlog_grant_head_wait',
    });
    expect(threads).toHaveLength(32);
    expect([more, unread]).toEqual([268, 44]);
  });

  it('is not asked of another process that has its PID now, nor of one that is gone', async () => {
    const startMs = readStartMs(localFiles, process.pid) ?? 0;
    expect(
      await inspectProcess(localFiles, process.pid, startMs - 10, { extents: false, threads: false }),
    ).toBeNull();
    expect(
      await inspectProcess(localFiles, 2 ** 22 + 1, null, { extents: false, threads: false }),
    ).toBeNull();
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

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { readImage } from '../../src/host/process.ts';
import { openStatFiles } from '../../src/host/stat-files.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
const start = (script: string): ChildProcess & { pid: number } => {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  started.push(child);
  return child as ChildProcess & { pid: number };
};
/** How many of our descriptors are the stat file of one of these. */
const heldOf = (pids: readonly number[]): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return pids.some((pid) => readlinkSync(`/proc/self/fd/${fd}`) === `/proc/${pid}/stat`);
    } catch {
      return false;
    }
  }).length;

describe.skipIf(process.platform !== 'linux')('the stat files of processes', () => {
  test('are read as they are now, and not of the dead', async () => {
    const files = openStatFiles();
    const child = start('echo begun; read line; exit 0');
    await once(child.stdout as NodeJS.EventEmitter, 'data');
    expect(files.stat(child.pid)).toMatch(new RegExp(`^${child.pid} \\(sh\\) `));
    expect(files.statm(child.pid)).toMatch(/^[1-9]\d* /);
    child.stdin?.end('\n');
    await once(child, 'exit');
    expect(files.stat(child.pid)).toBeNull();
    expect(files.statm(child.pid)).toBeNull();
    expect(files.stat(2 ** 22 + 1)).toBeNull();
  });

  test('are held by no more descriptors than allowed, whoever asks in whatever order', () => {
    const files = openStatFiles(2);
    const children = [start('read x'), start('read x'), start('read x')];
    for (let round = 0; round < 3; round += 1) {
      for (const { pid } of children) expect(files.stat(pid)).toMatch(new RegExp(`^${pid} `));
    }
    expect(heldOf(children.map(({ pid }) => pid))).toBe(2);
  });

  test('stay held where more are read in turns than can be, until nobody reads them any more', () => {
    const files = openStatFiles(2);
    const pids = [start('read x'), start('read x'), start('read x')].map(({ pid }) => pid);
    const [first = 0, second = 0, third = 0] = pids;
    for (let round = 0; round < 5; round += 1) for (const pid of pids) files.stat(pid);
    expect(heldOf([first, second])).toBe(2);
    for (let round = 0; round < 20; round += 1) files.stat(third);
    expect(heldOf([third])).toBe(1);
  });

  test('an exec under the same name is another image, time passing is not', async () => {
    const files = openStatFiles();
    const child = start('echo begun; read line; exec sh -c "echo again; read line"');
    await once(child.stdout as NodeJS.EventEmitter, 'data');
    const image = readImage(files, child.pid);
    expect(image).toMatch(/ sh$/);
    expect(readImage(files, child.pid)).toBe(image);
    child.stdin?.write('\n');
    await once(child.stdout as NodeJS.EventEmitter, 'data');
    // The kernel says addresses only of processes that one may trace: those of one's own user here.
    expect(readImage(files, child.pid)).not.toBe(image);
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../src/host/clock.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { findOrphans, isOwnerGone, OWNER_VARIABLE, ownerMark } from '../../src/host/orphans.ts';
import {
  parseCgroup,
  parseCmdline,
  parseStat,
  parseUid,
  readCostOf,
  readProcess,
  readStartMs,
} from '../../src/host/process.ts';

const systemClock = createSystemClock(localFiles);
const root = mkdtempSync(join(tmpdir(), 'stallscope-process-'));
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SLEEP = '/bin/sleep';

/** A real process whose comm is `name`: the kernel takes it from the file that was executed. */
const sleeper = async (name: string | Buffer, env: Record<string, string> = {}): Promise<number> => {
  const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
  symlinkSync(SLEEP, path);
  // A path of any bytes goes through the shell's quoting, since spawn takes only text.
  const quoted = [...path].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const child = spawn('/bin/bash', ['-c', `exec -a sleep $'${quoted}' 60`], { stdio: 'ignore', env });
  children.push(child);
  await once(child, 'spawn');
  const pid = child.pid ?? -1;
  await expect.poll(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1')).toBe('sleep\x0060\0');
  return pid;
};

describe.skipIf(process.platform !== 'linux')('real processes', () => {
  test('this one', () => {
    const me = readProcess(localFiles, process.pid);
    expect(me).toMatchObject({ pid: process.pid, ppid: process.ppid, uid: process.getuid?.() });
    expect(me?.comm).toBe(readFileSync('/proc/self/comm', 'utf8').trimEnd());
    expect(me?.cmdline).toContain('vitest');
    expect(me?.cgroup).toMatch(/^\//);
    const ageMs = systemClock.bootUs() / 1000 - (me?.startMs ?? 0);
    // Node counts from when it has been loaded, which takes a busy machine a while.
    const loadedMs = ageMs - process.uptime() * 1000;
    expect(loadedMs).toBeGreaterThan(-50);
    expect(loadedMs).toBeLessThan(20_000);
    expect(readStartMs(localFiles, process.pid)).toBe(me?.startMs);
  });

  test.each([
    ['parentheses and what looks like the rest of the line', 'x) R 1 (y) S 2'],
    ['a newline and an escape sequence', 'a\n\x1b[2Jb'],
    ['a multi-byte name cut by the kernel after 15 bytes', 'ééééééééé'],
  ])('%s in the name', async (_, name) => {
    const before = systemClock.bootUs() / 1000;
    const pid = await sleeper(name);
    const facts = readProcess(localFiles, pid);
    expect(facts?.comm).toBe(Buffer.from(name).subarray(0, 15).toString('utf8'));
    expect(facts?.ppid).toBe(process.pid);
    expect(facts?.startMs).toBeGreaterThanOrEqual(before - 20);
    expect(facts?.startMs).toBeLessThanOrEqual(systemClock.bootUs() / 1000);
    expect(facts?.cmdline).toBe('sleep 60');
  });

  test('bytes that are no UTF-8 become replacement characters', async () => {
    const pid = await sleeper(Buffer.from([0x61, 0xff, 0x62]));
    expect(readProcess(localFiles, pid)?.comm).toBe('a\ufffdb');
  });

  test('a long command line is bounded', async () => {
    const child = spawn(SLEEP, ['60', ...Array.from({ length: 3000 }, () => '0.1')], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    await expect.poll(() => readProcess(localFiles, child.pid ?? -1)?.cmdline?.length).toBe(4096);
  });

  test('gone, and never there', () => {
    const { pid } = spawnSync('true');
    expect([readProcess(localFiles, pid), readStartMs(localFiles, pid), readCostOf(localFiles, pid)]).toEqual(
      [null, null, null],
    );
    expect(readProcess(localFiles, -1)).toBeNull();
  });

  test('pid 0 is the swapper', () => {
    expect(readProcess(localFiles, 0)).toMatchObject({ pid: 0, startMs: 0, comm: 'swapper' });
    expect(readStartMs(localFiles, 0)).toBe(0);
  });

  test('a kernel thread has no command line', () => {
    expect(readProcess(localFiles, 2)?.comm === 'kthreadd' ? readProcess(localFiles, 2)?.cmdline : '').toBe(
      '',
    );
  });

  test('cost: CPU time grows by what was burnt, RSS as Node sees it', () => {
    const before = readCostOf(localFiles, process.pid);
    const usedBefore = process.cpuUsage();
    const until = performance.now() + 150;
    while (performance.now() < until);
    const used = process.cpuUsage(usedBefore);
    const after = readCostOf(localFiles, process.pid);
    const cpuMs = (after?.cpuMs ?? 0) - (before?.cpuMs ?? 0);
    expect(Math.abs(cpuMs - (used.user + used.system) / 1000)).toBeLessThanOrEqual(40);
    expect(Math.abs((after?.rssBytes ?? 0) / process.memoryUsage.rss() - 1)).toBeLessThan(0.2);
  });

  test('orphans: a tracer whose owner is gone, and only that', async () => {
    const { pid: dead } = spawnSync('true');
    const myStartMs = readStartMs(localFiles, process.pid) ?? -1;
    const orphan = await sleeper('bpftrace-orphan', { [OWNER_VARIABLE]: ownerMark(dead, 12_340) });
    const reused = await sleeper('bpftrace-reuse', {
      [OWNER_VARIABLE]: ownerMark(process.pid, myStartMs + 10),
    });
    const owned = await sleeper('bpftrace-owned', { [OWNER_VARIABLE]: ownerMark(process.pid, myStartMs) });
    const foreign = await sleeper('bpftrace-other');
    const named = await sleeper('other-name', { [OWNER_VARIABLE]: ownerMark(dead, 12_340) });
    const found = findOrphans(localFiles);
    for (const pid of [orphan, reused]) expect(found).toContain(pid);
    for (const pid of [owned, foreign, named]) expect(found).not.toContain(pid);
  });
});

describe('texts', () => {
  // Fields 3 to 24 in the order of the kernel's Documentation/filesystems/proc.rst.
  const line = (comm: string) =>
    `42 (${comm}) S 7 42 42 0 -1 4194304 100 0 0 0 12 34 0 0 20 0 1 0 987654 1000000 250 18446744073709551615\n`;

  test('stat, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (comm) => {
        expect(parseStat(line(comm))).toEqual({ comm, ppid: 7, startMs: 9_876_540, cpuMs: 460 });
      }),
    );
  });

  test('stat, cut anywhere: whole or nothing', () => {
    const text = line('a (b) c');
    for (let length = 0; length < text.length; length += 1) {
      const facts = parseStat(text.slice(0, length));
      if (facts !== null) expect(facts).toEqual(parseStat(text));
    }
    expect(parseStat(text.slice(0, text.indexOf('987654') + 3))).toBeNull();
  });

  test('uid', () => {
    expect(parseUid('Name:\tsh\nUid:\t1000\t0\t0\t0\n')).toBe(1000);
    expect(parseUid('Name:\tsh\n')).toBeUndefined();
  });

  test('command lines', () => {
    expect(parseCmdline(Buffer.from('sh\0-c\0a b\0\0'))).toBe('sh -c a b');
    expect(parseCmdline(Buffer.from(''))).toBe('');
  });

  test('cgroups: unified, mixed, version 1', () => {
    expect(parseCgroup('0::/system.slice/db.service\n')).toBe('/system.slice/db.service');
    expect(parseCgroup('5:cpu,cpuacct:/docker/abc\n1:name=systemd:/init.scope\n0::/user.slice\n')).toBe(
      '/user.slice',
    );
    expect(parseCgroup('5:cpu:/docker/abc\n4:pids:/\n0::/\n')).toBe('/docker/abc');
    expect(parseCgroup('0::/\n')).toBe('/');
    expect(parseCgroup('0::/a:b:c\n')).toBe('/a:b:c');
    expect(parseCgroup('')).toBeUndefined();
  });

  test('owner marks', () => {
    const environ = (mark: string) => `PATH=/bin\0${OWNER_VARIABLE}=${mark}\0HOME=/\0`;
    const alive = (pid: number) => (pid === 10 ? 500 : null);
    expect(isOwnerGone(environ('10:500'), alive)).toBe(false);
    expect(isOwnerGone(environ('10:490'), alive)).toBe(true);
    expect(isOwnerGone(environ('11:500'), alive)).toBe(true);
    expect(isOwnerGone(environ('nonsense'), alive)).toBe(false);
    expect(isOwnerGone('PATH=/bin\0', alive)).toBe(false);
    expect(isOwnerGone('', alive)).toBe(false);
  });
});

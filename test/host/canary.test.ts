/** The canary on real file systems: one that works, is full, is read-only, hangs, and ways out in the middle. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Canary } from '../../src/host/canary/canary.ts';
import { goRound } from '../../src/host/canary/round.ts';
import { describeWith } from '../helpers/requires.ts';
import { built } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const MODULE = built('host/canary/canary.js');
const { startCanary } = (await import(MODULE)) as typeof import('../../src/host/canary/canary.ts');

let directory = '';
const open: Canary[] = [];
const said: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'canary-'));
  said.length = 0;
});
afterEach(() => {
  for (const canary of open.splice(0)) canary.close();
  rmSync(directory, { recursive: true, force: true });
});

const start = async (where = directory): Promise<Canary> => {
  const canary = await startCanary(where, (text) => said.push(text));
  open.push(canary);
  return canary;
};
const run = (...argv: readonly [string, ...string[]]): void => {
  const [file, ...args] = argv;
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
};

describe('a canary', () => {
  it('times rounds, no more than one a second, and leaves nothing', async () => {
    const canary = await start();
    const first = canary.read();
    expect(first).toMatchObject({ 'canary.rounds': 1, 'canary.failures': 0, 'canary.missed': 0 });
    expect(first['canary.latency_us']).toBe(
      (first['canary.create_us'] ?? 0) + (first['canary.remove_us'] ?? 0) + (first['canary.sync_us'] ?? 0),
    );
    const endMs = performance.now() + 1_500;
    while (performance.now() < endMs) {
      canary.read();
      await delay(20);
    }
    expect(canary.read()['canary.rounds']).toBeLessThanOrEqual(3);
    expect(canary.read()['canary.rounds']).toBeGreaterThanOrEqual(2);
    expect(readdirSync(directory)).toEqual([]);
    expect(said).toEqual([]);
    expect(Object.keys(canary.read()).sort()).toEqual(canary.metrics.map(({ id }) => id).sort());
  });

  it('touches nothing that is there, and removes only what has its own name', () => {
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, 'name'));
    goRound(directory, 'name');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readdirSync(directory)).toEqual(['victim']);
    mkdirSync(join(directory, 'folder'));
    expect(() => goRound(directory, 'folder')).toThrowError(/EISDIR|EPERM/);
  });

  it.each([
    ['that is not there', (at: string) => join(at, 'missing'), 'ENOENT'],
    ['that is a file', (at: string) => join(at, 'file'), 'ENOTDIR'],
  ])('refuses a directory %s', async (_, where, why) => {
    writeFileSync(join(directory, 'file'), '');
    await expect(start(where(directory))).rejects.toMatchObject({
      code: 'E_CANARY',
      message: expect.stringContaining(why),
    });
  });

  it('leaves nothing when whoever started it is killed, in whatever part of a round', async () => {
    const script = `
      const { startCanary } = await import(${JSON.stringify(MODULE)});
      const canary = await startCanary(process.argv[1], () => undefined);
      setInterval(() => canary.read(), 5);
      console.log('flying');`;
    for (let kill = 0; kill < 3; kill += 1) {
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(parent.stdout, 'data');
      await delay(kill * 400);
      const [child] = childrenOf(parent);
      expect(child).toBeGreaterThan(0);
      parent.kill('SIGKILL');
      await until(() => !isRunning(child ?? 0));
      expect(readdirSync(directory)).toEqual([]);
    }
  });
});

const childrenOf = ({ pid }: ChildProcess): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((one) => one !== '')
    .map(Number);

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describeWith(['linux', 'root'], 'a file system that fails', () => {
  let mount = '';
  beforeEach(() => {
    mount = join(directory, 'mount');
    mkdirSync(mount);
  });
  afterEach(() => {
    spawnSync('umount', ['--lazy', mount]);
  });

  it('full, then read-only, then well again: it is said, and counted', async () => {
    run('mount', '-t', 'tmpfs', '-o', 'nr_inodes=1', 'none', mount);
    const canary = await start(mount);
    expect(said).toEqual([`no canary in ${mount}: the file system is full`]);
    expect(canary.read()).toMatchObject({ 'canary.rounds': 0, 'canary.failures': 1 });
    expect(canary.read()['canary.latency_us']).toBeUndefined();
    const next = async (text: string): Promise<void> => {
      await until(() => {
        canary.read();
        return said.at(-1) === text;
      });
    };
    run('mount', '-o', 'remount,ro', mount);
    await next(`no canary in ${mount}: the file system is read-only`);
    run('mount', '-o', 'remount,rw,nr_inodes=10', mount);
    await next(`the canary works again in ${mount}`);
    expect(canary.read()['canary.rounds']).toBe(1);
    // It is not held open: once the round is over, whoever unmounts is not kept from it.
    await until(() => spawnSync('umount', [mount]).status === 0);
  });

  it('hangs: the age of the round is seen, samples come, and nobody waits for it at the end', async () => {
    const image = join(directory, 'image');
    run('truncate', '-s', '64M', image);
    run('mkfs.ext4', '-q', image);
    run('mount', '-o', 'loop', image, mount);
    const canary = await start(mount);
    run('fsfreeze', '-f', mount);
    try {
      // A reading that waited for the disk would not come back before it is well again.
      await until(() => {
        const { 'canary.latency_us': latencyUs = 0, 'canary.missed': missed = 0 } = canary.read();
        return latencyUs > 700_000 && missed > 0;
      });
      const script = `
        const { startCanary } = await import(${JSON.stringify(MODULE)});
        const canary = await startCanary(process.argv[1], () => undefined);
        canary.read();
        canary.close();`;
      // The first round is waited for two seconds, not for ever.
      const other = spawnSync(process.execPath, ['--input-type=module', '-e', script, mount], {
        timeout: 30_000,
      });
      expect(other.status).toBe(0);
    } finally {
      run('fsfreeze', '-u', mount);
    }
    await until(
      () => (canary.read()['canary.latency_us'] ?? 0) < 700_000 && (canary.read()['canary.rounds'] ?? 0) > 1,
    );
    expect(readdirSync(mount)).toEqual(['lost+found']);
    canary.close();
  });
});
